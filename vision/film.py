"""Stage `vision.film`: an episode as a video."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from multisynth.scenes.render.renderer import Renderer
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Scene
from pydantic import Field

from multisynth.depth_video import DepthVideo
from multisynth.kinds import CLIP, EPISODE, Kind
from multisynth.media import encode_video
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs

from .cameras.scene import NoCamera, choose


class Film(Map):
    """Film an episode with one of its scene's cameras: frame k shows the episode's step k."""

    takes: ClassVar[tuple[Kind, ...]] = (EPISODE,)
    makes: ClassVar[Kind | None] = CLIP
    needs: ClassVar[Needs] = Needs(batch_size=2)
    version: ClassVar[int] = 2  # meshes have their textures

    camera: str | None = Field(None, description="Name of a camera of the scene; by default its first.")
    width: int | None = Field(None, ge=16, le=3840, multiple_of=2, description="px; by default the camera's own.")
    height: int | None = Field(None, ge=16, le=2160, multiple_of=2, description="px; by default the camera's own.")
    quality: float = Field(20, ge=1, le=40, description="Constant rate factor of H.264; 18 to 23 looks lossless.")
    depth: bool = Field(False, description="Whether the clip has depth as well, in steps of 1 mm up to 65.535 m.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """One clip an episode."""
        for episode in samples:
            scene = Scene.model_validate_json(episode["scene"])
            try:
                camera = choose(scene, self.camera, self.width, self.height)
            except NoCamera as reason:
                yield Drop(episode, str(reason))
                continue
            if camera.width % 2 or camera.height % 2:
                yield Drop(episode, f"H.264 wants an even size: {camera.width}×{camera.height}")
                continue
            poses = episode["poses"]
            if not len(poses) or len(poses) != len(episode["times"]):
                yield Drop(episode, f"poses and times do not match: {len(poses)}, {len(episode['times'])}")
                continue
            renderer = Renderer(World(scene), camera)
            depth = DepthVideo(episode["rate"]) if self.depth else None
            video = encode_video(_frames(renderer, poses, depth), episode["rate"], self.quality)
            yield episode.child(
                CLIP,
                meta={"camera": camera.name},
                width=camera.width,
                height=camera.height,
                intrinsics=camera.intrinsics,
                world_to_camera=camera.world_to_camera,
                task=episode["task"],
                instruction=episode["instruction"],
                success=episode["success"],
                scene=episode["scene"],
                times=episode["times"],
                poses=poses,
                events=episode["events"],
                fps=episode["rate"],
                video=video,
                depth=None if depth is None else depth.finish(),
            )


def _frames(renderer: Renderer, poses: np.ndarray, depth: DepthVideo | None) -> Iterator[np.ndarray]:
    """The picture at each step, whose depth goes into the other video on the way. Each [H, W, 3] uint8"""
    for pose in poses:
        view = renderer.view(pose)
        if depth is not None:
            depth.add(view.hits.depth.reshape(view.rgb.shape[:2]))
        yield view.rgb
