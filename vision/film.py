"""Stage `vision.film`: an episode as a video."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from multisynth.scenes.render.renderer import Renderer
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Scene
from pydantic import Field

from multisynth.kinds import CLIP, EPISODE, Kind
from multisynth.media import encode_video
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs

from .cameras import NoCamera, choose


class Film(Map):
    """Film an episode with one of its scene's cameras: frame k shows the episode's step k."""

    takes: ClassVar[tuple[Kind, ...]] = (EPISODE,)
    makes: ClassVar[Kind | None] = CLIP
    needs: ClassVar[Needs] = Needs(batch_size=2)

    camera: str | None = Field(None, description="Name of a camera of the scene; by default its first.")
    width: int | None = Field(None, ge=16, le=3840, multiple_of=2, description="px; by default the camera's own.")
    height: int | None = Field(None, ge=16, le=2160, multiple_of=2, description="px; by default the camera's own.")
    quality: float = Field(20, ge=1, le=40, description="Constant rate factor of H.264; 18 to 23 looks lossless.")

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
                video=encode_video((renderer.view(pose).rgb for pose in poses), episode["rate"], self.quality),
            )
