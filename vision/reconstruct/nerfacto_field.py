"""A trained nerfacto as data: what its networks are like, their weights, and where it lies in the world."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from multisynth.errors import BadInput

FORMAT = "multisynth nerfacto 1"

_Levels = Annotated[int, Field(ge=1, le=32)]
_Resolution = Annotated[int, Field(ge=2, le=1 << 16)]
_Log2 = Annotated[int, Field(ge=4, le=24)]
_Width = Annotated[int, Field(ge=1, le=1024)]
_Samples = Annotated[int, Field(ge=2, le=4096)]


class Proposal(BaseModel):
    """A small density field that says where along a ray samples pay."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    levels: _Levels = 5
    base_resolution: _Resolution = 16
    max_resolution: _Resolution = 128
    log2_table: _Log2 = 17
    hidden: _Width = 16


class Architecture(BaseModel):
    """The networks of nerfacto (Tancik et al., Nerfstudio, 2023), by default as `ns-train nerfacto` has them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    levels: _Levels = 16
    base_resolution: _Resolution = 16
    max_resolution: _Resolution = 2048
    log2_table: _Log2 = 19
    features: Annotated[int, Field(ge=1, le=8)] = 2
    hidden: _Width = 64
    hidden_colour: _Width = 64
    appearance: Annotated[int, Field(ge=0, le=1024)] = 0
    images: Annotated[int, Field(ge=1, le=1 << 20)] = 1
    mean_appearance: bool = True
    initial_density: Annotated[float, Field(gt=0, le=1e3)] = 0.01
    proposals: Annotated[tuple[Proposal, ...], Field(min_length=1, max_length=4)] = (
        Proposal(max_resolution=128),
        Proposal(max_resolution=256),
    )
    proposal_samples: Annotated[tuple[_Samples, ...], Field(min_length=1, max_length=4)] = (256, 96)
    samples: _Samples = 48
    uniform: bool = False
    near: Annotated[float, Field(gt=0, le=1e3)] = 0.05
    far: Annotated[float, Field(gt=0, le=1e6)] = 1000.0
    contracted: bool = True
    box: Annotated[float, Field(gt=0, le=1e4)] = 1.0
    background: Literal["last_sample", "random", "black", "white"] = "last_sample"

    def parameters(self) -> int:
        """How many numbers its hash tables hold."""
        own = self.levels * self.features << self.log2_table
        return own + sum(2 * each.levels << each.log2_table for each in self.proposals)


@dataclass(frozen=True, eq=False)
class Nerf:
    """A nerfacto and where it lies. Its own coordinates, in which most of what matters is within -1 to 1, are `x'`:
    `x' = world_to_field · x`, a turn, a shift and one scale."""

    architecture: Architecture
    weights: Mapping[str, np.ndarray]  # float32, by their names in nerfstudio's model, without `_model.`
    world_to_field: np.ndarray  # [4, 4] float64

    @property
    def scale(self) -> float:
        """Lengths in the field for one in the world."""
        return float(np.cbrt(np.linalg.det(self.world_to_field[:3, :3])))

    def dumps(self) -> bytes:
        """As safetensors, with the rest as JSON in its metadata; nothing in it can run."""
        from safetensors.numpy import save

        about = {
            "format": FORMAT,
            "architecture": self.architecture.model_dump(mode="json"),
            "world_to_field": self.world_to_field.tolist(),
        }
        tensors = {name: np.ascontiguousarray(value) for name, value in self.weights.items()}
        return save(tensors, {"about": json.dumps(about)})  # one key: safetensors writes several in any order

    @classmethod
    def loads(cls, data: bytes, where: str = "") -> Nerf:
        """Read what `dumps` wrote.

        Raises:
            BadInput: The bytes are something else.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        remedy = "give what `Nerf.dumps` wrote"
        try:
            weights = load(data)
            length = int.from_bytes(data[:8], "little")
            about = json.loads(json.loads(data[8 : 8 + length]).get("__metadata__", {}).get("about", "{}"))
        except (SafetensorError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise BadInput(f"no safetensors: {error}", remedy, where) from None
        if not isinstance(about, dict) or about.get("format") != FORMAT:
            raise BadInput("these safetensors hold no nerfacto", remedy, where)
        try:
            architecture = Architecture.model_validate(about["architecture"])
            matrix = similarity(about["world_to_field"])
        except (KeyError, TypeError, ValidationError, ValueError) as error:
            raise BadInput(f"what the nerfacto says of itself is broken: {error}", remedy, where) from None
        if any(value.dtype != np.float32 for value in weights.values()):
            raise BadInput("the weights of the nerfacto are not all float32", remedy, where)
        return cls(architecture, weights, matrix)


def turn(matrix: np.ndarray) -> np.ndarray:
    """The rotation of a similarity. [4, 4] → [3, 3]"""
    rotation: np.ndarray = matrix[:3, :3] / np.cbrt(np.linalg.det(matrix[:3, :3]))
    return rotation


def similarity(values: object) -> np.ndarray:
    """A turn, a shift and one scale, checked. [3, 4] or [4, 4] → [4, 4] float64

    Raises:
        ValueError: It is something else.
    """
    given = np.asarray(values, np.float64)
    if given.shape not in ((3, 4), (4, 4)) or not np.isfinite(given).all():
        raise ValueError(f"a transform is [3, 4] or [4, 4] numbers, not {given.shape}")
    matrix = np.eye(4)
    matrix[:3] = given[:3]
    square = matrix[:3, :3] @ matrix[:3, :3].T
    scale = np.trace(square) / 3
    if scale <= 0 or np.abs(square / scale - np.eye(3)).max() > 1e-3 or np.linalg.det(matrix[:3, :3]) <= 0:
        raise ValueError("a transform into a field turns, shifts and scales alike along all axes")
    return matrix
