"""Models behind an OpenAI-compatible endpoint, as recipes name them."""

from __future__ import annotations

import hashlib
import json

from pydantic import BaseModel, ConfigDict, Field

from multisynth.artifact import Artifact
from multisynth.serving.models import Model


class Endpoint(BaseModel):
    """A model behind an endpoint that speaks OpenAI's chat completions (vLLM's server, llama.cpp, hosted ones)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https?://", description="Base, as in `http://localhost:8000/v1`.")
    name: str = Field(min_length=1, description="What the endpoint calls the model.")
    key: str = Field(
        "", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$|^$", description="Environment variable that holds the API key."
    )

    def resolve(self) -> Model:
        """The model; its weights are nobody's to hash, so its name and address stand for it."""
        whole = hashlib.sha256(json.dumps([self.url, self.name]).encode()).hexdigest()
        return Model(self.name, None, Artifact(f"sha256:{whole}", "endpoint", f"{self.name} at {self.url}"), "", self)
