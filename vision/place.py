"""What can be filmed: a scene or a volume with all that paths, renderers and labels must know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Scene

from multisynth.errors import BadInput
from multisynth.sample import Sample

from .cameras.subject import Subject
from .labels.things import Things
from .render.buffers import Renderer

Method = Literal["auto", "rays", "paths", "splats", "nerf"]
PLACES = 8
"""That a worker keeps ready."""


@dataclass(frozen=True, eq=False)
class Place:
    """Something to film."""

    id: str  # of the sample that it is
    subject: Subject
    renderer: Renderer
    things: Sequence[Things]
    poses: np.ndarray | None  # [B, 7] of its moving parts; None where nothing moves
    metric: bool  # whether its lengths are metres
    license: str  # SPDX expression

    @classmethod
    def of(cls, sample: Sample, method: Method = "auto", median: bool = True) -> Place:
        """A sample of kind `scene` or `volume`, ready to be filmed.

        Args:
            sample: With media.
            method: What renders it: of a scene rays or path tracing; a volume renders only as what it is.
            median: Whether splats give median depth, which takes as long again on a GPU.

        Raises:
            BadInput: It cannot be rendered, or not so.
        """
        return _scene(sample, method) if sample.kind.name == "scene" else _volume(sample, method, median)

    def moments(self, count: int) -> np.ndarray | None:
        """Its poses, for as many viewpoints. [V, B, 7]"""
        return None if self.poses is None else np.broadcast_to(self.poses, (count, *self.poses.shape))


def _scene(sample: Sample, method: Method) -> Place:
    from .cameras.solids import Solids
    from .labels.bodies import Bodies

    if method not in ("auto", "rays", "paths"):
        raise BadInput(f"a scene has no {method}", "give renderer: rays, or paths", "renderer")
    scene = Scene.model_validate_json(sample["scene"])
    poses = sample["poses"] if len(sample["poses"]) else None
    world = World(scene)
    return Place(
        sample.id, Solids(scene, poses).subject(), _renderer(world, method), (Bodies(world),), poses, metric=True,
        license=sample["license"],
    )  # fmt: skip


def _renderer(world: World, method: Method) -> Renderer:
    if method == "paths":
        from .render.mitsuba import PathTracer

        return PathTracer(world)
    from .render.rays import RayRenderer

    return RayRenderer(world)


def _volume(sample: Sample, method: Method, median: bool) -> Place:
    own = "nerf" if sample["method"] == "nerfacto" else "splats"
    if method not in ("auto", own):
        raise BadInput(f"a volume of {own} has no {method}", f"give renderer: {own}, or auto", "renderer")
    subject = Subject(
        sample["bounds"], sample["up"], views=sample["view_poses"].reshape(-1, 4, 4),
        fov=_fov(sample["view_intrinsics"], sample["view_sizes"]),
    )  # fmt: skip
    if own == "nerf":
        from .reconstruct.nerfacto_field import Nerf
        from .render.nerf import NerfRenderer

        return Place(
            sample.id, subject, NerfRenderer(Nerf.loads(sample["data"])), (), None, sample["metric"], sample["license"]
        )
    from .labels.clusters import Clusters
    from .render.splats import SplatRenderer
    from .splats.ply import decode_ply

    gaussians = decode_ply(sample["data"])
    if sample["instances"] is not None:
        gaussians = replace(gaussians, instances=sample["instances"])
    things = Clusters(gaussians, sample["names"] or (), sample["categories"] or (), sample["up"])
    return Place(
        sample.id,
        subject,
        SplatRenderer(gaussians, median=median),
        (things,),
        None,
        sample["metric"],
        sample["license"],
    )


def _fov(intrinsics: np.ndarray, sizes: np.ndarray) -> float | None:
    """Median vertical field of view of the training views, degrees. [V, 3, 3], [V, 2]"""
    if not len(sizes):
        return None
    return float(np.degrees(np.median(2 * np.arctan(sizes[:, 1] / 2 / intrinsics.reshape(-1, 3, 3)[:, 1, 1]))))
