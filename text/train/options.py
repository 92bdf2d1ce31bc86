"""Options that trainings of language models share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Fresh(BaseModel):
    """A small Llama with random weights that reads bytes, or the tokens of its teacher."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layers: int = Field(4, ge=1, le=64, description="Of attention and feed-forward network.")
    width: int = Field(128, ge=32, le=8192, description="Of the hidden states; 32 or more for each head.")
    heads: int = Field(4, ge=1, le=128, description="Of attention.")
    context: int = Field(512, ge=16, le=32768, description="Tokens that it can read and write together.")

    @model_validator(mode="after")
    def _heads_fit(self) -> Fresh:
        if self.width % self.heads or self.width // self.heads not in (32, 64, 96, 128):
            raise ValueError(
                f"width {self.width} over {self.heads} heads is {self.width / self.heads:g} a head, "
                "and engines serve heads of 32, 64, 96 and 128"
            )
        return self


class Lora(BaseModel):
    """Low-rank adapters (Hu et al. 2022, arXiv 2106.09685) by peft, merged into the weights at the end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank: int = Field(16, ge=1, le=1024, description="Of the update of each matrix.")
    alpha: float = Field(32, gt=0, description="The update is scaled by alpha over rank.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of the adapters' inputs that is left out at random.")
    targets: tuple[str, ...] = Field(
        (), description="Names of the matrices that get one, such as `q_proj`; every linear one but the head if empty."
    )
