"""Stage `vision.scene`: scenes to film, built by rule or around a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from multisynth.scenes import guests
from multisynth.scenes.room import room
from multisynth.scenes.schema import Body, Scene
from multisynth.scenes.tabletop import tabletop
from multisynth.scenes.urdf import Robot
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from multisynth.artifact import Artifact
from multisynth.kinds import SCENE, Kind
from multisynth.sample import Drop, Sample
from multisynth.stage import InputPath, Needs, Source

from .licences import UNKNOWN


class _What(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tabletop(_What):
    """Things on a table in a room; every ordinal draws another."""

    kind: Literal["tabletop"] = Field("tabletop", description="Things on a table.")
    things: tuple[Annotated[int, Field(ge=1, le=60)], Annotated[int, Field(ge=1, le=60)]] = Field(
        (5, 14), description="How many lie there, from least to most; fewer where the table is full."
    )

    @model_validator(mode="after")
    def _rising(self) -> Tabletop:
        if self.things[0] > self.things[1]:
            raise ValueError(f"things: {self.things[0]} is above {self.things[1]}")
        return self


class Room(_What):
    """A furnished room; every ordinal draws another."""

    kind: Literal["room"] = Field("room", description="A furnished room.")
    pieces: tuple[Annotated[int, Field(ge=1, le=30)], Annotated[int, Field(ge=1, le=30)]] = Field(
        (5, 9), description="Pieces of furniture, from least to most; fewer where the room is full."
    )

    @model_validator(mode="after")
    def _rising(self) -> Room:
        if self.pieces[0] > self.pieces[1]:
            raise ValueError(f"pieces: {self.pieces[0]} is above {self.pieces[1]}")
        return self


class MeshFile(_What):
    """What a mesh file holds, each object a body; ordinals draw light, floor and cameras."""

    kind: Literal["mesh"] = Field("mesh", description="What a mesh file holds.")
    path: InputPath = Field(description="A .obj, .ply, .stl, .glb, .gltf or .off file.")
    up: Literal["y", "z"] | None = Field(None, description="Its axis that points up; by default y for glTF, else z.")
    scale: float = Field(1.0, gt=0, le=1e6, description="Metres that its unit of length is.")
    category: str | None = Field(
        None, min_length=1, max_length=64, description="Class of everything in it; by default by each object's name."
    )
    floor: bool = Field(True, description="Whether it stands on a floor.")


class RobotFile(_What):
    """A robot; ordinals draw its joints within their limits, light, floor and cameras."""

    kind: Literal["urdf"] = Field("urdf", description="A robot with drawn joints.")
    path: InputPath | Annotated[str, Field(pattern=r"^[A-Za-z_]\w*:.+\.urdf$")] = Field(
        description="A URDF file, or `package:path.urdf` of an installed package.",
        examples=["pybullet_data:kuka_iiwa/model.urdf"],
    )
    category: str = Field("robot", min_length=1, max_length=64, description="Its class.")


What = Annotated[Tabletop | Room | MeshFile | RobotFile, Field(discriminator="kind")]


class Scenes(Source):
    """Make scenes: tables and rooms drawn by ordinal, a mesh file, or a robot with drawn joints."""

    makes: ClassVar[Kind | None] = SCENE
    extent: ClassVar[str] = "scenes"
    needs: ClassVar[Needs] = Needs(batch_size=16)

    license: str = Field(
        "", description="SPDX identifier; by default CC0-1.0 of what is drawn by rule, and LicenseRef-unknown of files."
    )
    scenes: int = Field(1, ge=1, description="How many scenes.")
    what: What = Field(Tabletop(), description="What is in them, by `kind`: tabletop, room, mesh or urdf.")

    _guest: tuple[Body, ...] | Robot | None = PrivateAttr(None)

    def artifacts(self) -> Sequence[Artifact]:
        """The meshes out of a user's file, as they are kept."""
        guest, what = self._read(), self.what
        if guest is None:
            return ()
        shapes = (
            [shape for link in guest.links.values() for shape in link]
            if isinstance(guest, Robot)
            else [shape for body in guest for part in body.parts for shape in part.shapes]
        )
        names = sorted({shape.mesh for shape in shapes if shape.mesh})
        digest = hashlib.sha256("\n".join(names).encode()).hexdigest()
        assert isinstance(what, MeshFile | RobotFile)
        return (Artifact(f"sha256:{digest}", "mesh", Path(what.path).name),)

    def open(self) -> None:
        """Read the file and keep its meshes in this machine's cache, so that whoever films them here finds them."""
        self._guest = self._read()

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample | Drop]:
        """One scene an ordinal; nothing in it moves."""
        for ordinal in ordinals:
            scene = self._scene(self.rng(ordinal, "scene"))
            yield Sample(
                SCENE, ordinal, license=self.license or self._usual(),
                meta={"builder": self.what.kind, "bodies": len(scene.bodies)},
                scene=scene.model_dump_json(), poses=np.zeros((0, 7), np.float32),
            )  # fmt: skip

    def _usual(self) -> str:
        return UNKNOWN if isinstance(self.what, MeshFile | RobotFile) else "CC0-1.0"

    def _read(self) -> tuple[Body, ...] | Robot | None:
        what = self.what
        if isinstance(what, MeshFile):
            return guests.objects(what.path, what.up, what.scale, what.category)
        return guests.robot_of(what.path) if isinstance(what, RobotFile) else None

    def _scene(self, rng: np.random.Generator) -> Scene:
        what, guest = self.what, self._guest
        if isinstance(what, Tabletop):
            return tabletop(rng, *what.things)
        if isinstance(what, Room):
            return room(rng, *what.pieces)
        if isinstance(guest, Robot):
            guest = guests.posed(guest, rng, what.category or "robot")
        assert guest is not None
        return guests.around(guest, guests.extent(guest), rng, what.floor if isinstance(what, MeshFile) else True)
