"""Export `bop`: frames of scenes with the poses of their objects (https://bop.felk.cvut.cz, its data set format)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from multisynth.scenes.schema import Scene
from pydantic import Field

from multisynth.errors import BadInput
from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.kinds import EPISODE, FRAME, SCENE, Kind
from multisynth.media import decode_floats, decode_instances
from multisynth.rasters import png
from multisynth.sample import Sample

from ..cameras.viewpoint import Viewpoint
from ..labels.motion import matrices
from .homes import Stands, by_home, poses_at
from .models import MILLIMETRES, Model, resting
from .silhouettes import Silhouettes

DEPTH_SCALE = 0.1
"""mm a step of the 16-bit depth images: they reach 6.55 m, which BOP's own sets do with 0.1 to 1."""


class Bop(Exporter):
    """Write `train_pbr/000000/…` and `models/` as the BOP toolkit reads them.

    A scene or episode is one of BOP's scenes; its rigid bodies are objects, equal ones the same. Masks are of the whole
    silhouette within the image and of what is visible of it, also behind a captured place that the episode was put
    into, whose world is then that of the cameras. Bodies whose parts move against each other, such as robots, have no
    one pose: `left_out.jsonl` names them, and how many pixels of a frame have a depth that 16 bits do not hold, 0 here.
    """

    takes: ClassVar[tuple[Kind, ...]] = (FRAME,)
    reads: ClassVar[tuple[str, ...]] = ("scenes",)

    scenes: str = Field(description="The stage that made the scenes or episodes that the frames are of.")
    depth_scale: float = Field(DEPTH_SCALE, gt=0, le=10, description="mm a step of the depth images.")
    background: tuple[str, ...] = Field(
        ("floor", "ground", "wall", "ceiling", "table"), description="Categories that are no objects."
    )

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write frames and models; returns how many frames there are.

        Raises:
            BadInput: The stage makes no scenes, or a frame is of none of them, lacks depth or instances, or was put
                into a volume without telling where.
        """
        homes = run.table(self.scenes)
        if homes.kind.name not in (SCENE.name, EPISODE.name):
            raise BadInput(f"`{self.scenes}` makes {homes.kind.name}s", "name a stage of scenes or episodes", "scenes")
        models, written = _Models(folder), 0
        with (folder / "left_out.jsonl").open("w", encoding="utf-8") as left_out:
            for number, (home, frames) in enumerate(by_home(samples, homes, run)):
                scene = _Scene(self, home, models, folder / "train_pbr" / f"{number:06d}")
                for name in scene.articulated:
                    said = {"scene": number, "sample": home.id, "body": name, "reason": "its parts move"}
                    left_out.write(json.dumps(said) + "\n")
                for frame in frames:
                    if lost := scene.add(frame):
                        said = {"scene": number, "sample": frame.id, "pixels": lost, "reason": "depth beyond 16 bits"}
                        left_out.write(json.dumps(said) + "\n")
                    written += 1
                scene.close()
        models.close()
        return written


class _Models:
    """The object models of all scenes, numbered from 1 in the order in which they are met."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder / "models", dict[str, int]()
        self._info: dict[str, Any] = {}
        self._folder.mkdir()

    def number(self, model: Model) -> int:
        """Its `obj_id`; a model that is new is written."""
        key = model.key
        if key not in self._numbers:
            number = self._numbers[key] = len(self._numbers) + 1
            (self._folder / f"obj_{number:06d}.ply").write_bytes(model.ply())
            self._info[str(number)] = {**model.info(), "name": model.name, "category": model.category}
        return self._numbers[key]

    def close(self) -> None:
        (self._folder / "models_info.json").write_text(json.dumps(self._info, indent=1), encoding="utf-8")


class _Scene:
    """One folder of BOP's, being written."""

    def __init__(self, options: Bop, home: Sample, models: _Models, folder: Path) -> None:
        self._options, self._home, self._folder = options, home, folder
        scene = Scene.model_validate_json(home["scene"])
        self._silhouettes = Silhouettes(scene)
        self._objects: list[tuple[int, int, np.ndarray | int, np.ndarray]] = []  # instance, obj_id, row or pose, middle
        self.articulated: list[str] = []
        rows = {id(part): row for row, (_, part) in enumerate(scene.moving)}
        for body in scene.bodies:
            if body.category in options.background:
                continue
            model = Model.of(body)
            if model is None:
                self.articulated.append(body.name)
                continue
            row = rows.get(id(body.parts[0]))
            place = resting(body.parts[0]) if row is None else row
            self._objects.append((body.instance, models.number(model), place, model.middle))
        self._tables: dict[str, dict[str, Any]] = {"scene_camera": {}, "scene_gt": {}, "scene_gt_info": {}}
        for part in ("rgb", "depth", "mask", "mask_visib"):
            (folder / part).mkdir(parents=True)

    def add(self, frame: Sample) -> int:
        """Write a frame; returns how many pixels have a depth that its image does not hold."""
        if frame["depth"] is None or frame["instances"] is None:
            raise BadInput(f"frame {frame.id} lacks depth or instances", "add both to its labels")
        if (frame["lens"] or "pinhole") != "pinhole":
            raise BadInput(f"frame {frame.id} has a lens of {frame['lens']}", "film it with a pinhole camera")
        number = len(self._tables["scene_camera"])
        name, poses, stands = f"{number:06d}", poses_at(self._home, frame["time"]), Stands.of(frame)
        depth, instances = decode_floats(frame["depth"]), decode_instances(frame["instances"])
        steps = np.round(depth.astype(np.float64) * (MILLIMETRES / self._options.depth_scale))
        (self._folder / f"rgb/{name}.png").write_bytes(frame["rgb"])
        codes = np.where(steps < 1 << 16, steps, 0).astype(np.uint16)
        (self._folder / f"depth/{name}.png").write_bytes(png(codes, "up"))
        pose = frame["world_to_camera"]
        self._tables["scene_camera"][str(number)] = {
            "cam_K": frame["intrinsics"].ravel().tolist(), "depth_scale": self._options.depth_scale,
            "cam_R_w2c": pose[:3, :3].ravel().tolist(), "cam_t_w2c": (pose[:3, 3] * MILLIMETRES).tolist(),
        }  # fmt: skip
        truth, info = [], []
        parts, view = matrices(poses), Viewpoint(frame["width"], frame["height"], frame["intrinsics"], stands.camera)
        alone = self._silhouettes.of(view, poses)
        for instance, model, place, middle in self._objects:
            if instance in stands.hidden:
                continue
            visible = instances == instance + stands.ids
            whole = alone[instance] | visible  # the frame's own rays may differ in the last bit
            matrix = stands.camera @ (parts[place] if isinstance(place, int) else place)
            shift = (matrix[:3, :3] @ middle + matrix[:3, 3]) * MILLIMETRES
            truth.append({"cam_R_m2c": matrix[:3, :3].ravel().tolist(), "cam_t_m2c": shift.tolist(), "obj_id": model})
            info.append(_info(whole, visible, codes > 0))
            suffix = f"{name}_{len(truth) - 1:06d}.png"
            for part, mask in (("mask", whole), ("mask_visib", visible)):
                (self._folder / part / suffix).write_bytes(png(mask.astype(np.uint8) * 255, "up"))
        self._tables["scene_gt"][str(number)], self._tables["scene_gt_info"][str(number)] = truth, info
        return int(np.count_nonzero((depth > 0) & (codes == 0)))

    def close(self) -> None:
        """Write the tables."""
        for name, table in self._tables.items():
            (self._folder / f"{name}.json").write_text(json.dumps(table), encoding="utf-8")


def _info(whole: np.ndarray, visible: np.ndarray, measured: np.ndarray) -> dict[str, Any]:
    """An object's entry in `scene_gt_info.json`."""
    return {
        "bbox_obj": _bounds(whole), "bbox_visib": _bounds(visible), "px_count_all": int(whole.sum()),
        "px_count_valid": int((whole & measured).sum()), "px_count_visib": int(visible.sum()),
        "visib_fract": float(visible.sum() / max(whole.sum(), 1)),
    }  # fmt: skip


def _bounds(mask: np.ndarray) -> list[int]:
    """x, y, width, height; -1 where the mask is empty, as in BOP."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return [-1, -1, -1, -1]
    return [int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1]
