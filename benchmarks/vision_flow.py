"""Flow and occlusion against rays that share nothing with them, on episodes of a robot among objects.

    python -m benchmarks.vision_flow

The truth comes from Open3D alone: a ray through each pixel meets a triangle, the triangle moves with its shape, its
point is projected by K; it is hidden if a second ray, from the other camera to the moved point, meets something before
it, or if it leaves the image. Prints JSON: error of the flow in px, share of pixels whose occlusion is right, and among
the pixels inside the other image how many hidden ones are found (recall) and how many found are hidden (precision).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import numpy as np
from multisynth.scenes.meshes import triangles
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Camera, Scene
from multisynth.sim.rollout import Rollout
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.labels.flow import flow
from multisynth.vision.render.rays import RayRenderer

from benchmarks.machine import machine
from multisynth.testing import run_stage

STEP, CLOSE = 5, 1e-3
"""Steps of an episode between two images; m of a metre by which a ray may fall short of its point."""
MOTIONS = {"objects": (0.0, STEP), "camera": (0.05, 0), "both": (0.05, STEP), "both, far": (0.4, 4 * STEP)}
"""How far the camera goes sideways, m, and how many steps later it looks."""


class Truth:
    """The triangles of a scene at some poses."""

    def __init__(self, scene: Scene, poses: np.ndarray) -> None:
        import open3d

        self.places = World(scene).place(poses)  # [S, 4, 4]
        self._scene: Any = open3d.t.geometry.RaycastingScene(nthreads=1)
        shapes = [shape for body in scene.bodies for part in body.parts for shape in part.shapes]
        for shape, place in zip(shapes, self.places, strict=True):
            mesh = triangles(shape)
            vertices = mesh.vertices @ place[:3, :3].T + place[:3, 3]
            self._scene.add_triangles(
                open3d.core.Tensor(vertices.astype(np.float32)), open3d.core.Tensor(mesh.faces.astype(np.uint32))
            )

    def cast(self, origin: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far along each direction, inf for nothing, and which shape. [3], [N, 3] → [N], [N]"""
        import open3d

        rays = np.concatenate([np.broadcast_to(origin, directions.shape), directions], 1).astype(np.float32)
        answer = self._scene.cast_rays(open3d.core.Tensor(rays), nthreads=1)
        return answer["t_hit"].numpy().astype(np.float64), answer["geometry_ids"].numpy().astype(np.int64)


def compare(scene: Scene, cameras: tuple[Camera, Camera], poses: tuple[np.ndarray, np.ndarray]) -> dict[str, float]:
    """Figures of the flow from one camera and moment to another."""
    views = [Viewpoint(c.width, c.height, c.intrinsics, c.world_to_camera) for c in cameras]
    seen = list(RayRenderer(scene).render(views, np.array(poses)))
    flow(views[0], seen[0], views[1], seen[1], *poses)  # compiles, the first time
    started = time.process_time()
    found = flow(views[0], seen[0], views[1], seen[1], *poses)
    seconds = time.process_time() - started

    here, there = (Truth(scene, moment) for moment in poses)
    v, u = np.mgrid[: cameras[0].height, : cameras[0].width].reshape(2, -1) + 0.5
    pixels = np.stack([u, v, np.ones_like(u)], -1)
    directions = pixels @ np.linalg.inv(cameras[0].intrinsics).T @ cameras[0].world_to_camera[:3, :3]
    far, shape = here.cast(views[0].centre, directions)
    met = np.isfinite(far)
    points = views[0].centre + far[met, None] * directions[met]
    moved = (there.places @ np.linalg.inv(here.places))[shape[met]]
    points = np.einsum("nij,nj->ni", moved[:, :3, :3], points) + moved[:, :3, 3]
    own = points @ cameras[1].world_to_camera[:3, :3].T + cameras[1].world_to_camera[:3, 3]
    places = own @ cameras[1].intrinsics.T
    places = places[:, :2] / places[:, 2:]
    inside = (own[:, 2] > 0) & (places >= 0).all(1) & (places < [cameras[1].width, cameras[1].height]).all(1)
    reach, _ = there.cast(views[1].centre, points - views[1].centre)
    hidden = ~inside | (reach < 1 - CLOSE)

    error = np.linalg.norm(found.flow.reshape(-1, 2)[met] - (places - pixels[met, :2]), axis=1)
    said = found.hidden.ravel()[met]
    both, claimed, blocked = (int((inside & some).sum()) for some in (said & hidden, said, hidden))
    return {
        "flow_mean_px": round(float(np.linalg.norm(places - pixels[met, :2], axis=1).mean()), 2),
        "error_median_px": float(f"{np.median(error):.2g}"),
        "error_99_px": float(f"{np.quantile(error, 0.99):.2g}"),
        "hidden_share": round(float(hidden.mean()), 4),
        "hidden_right": round(float((said == hidden).mean()), 5),
        "hidden_inside_recall": round(both / max(blocked, 1), 4),
        "hidden_inside_precision": round(both / max(claimed, 1), 4),
        "cpu_ms": round(1000 * seconds, 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=480)
    options = parser.parse_args()
    stage = Rollout(episodes=3, tasks=("push", "topple", "stack"), width=options.width, height=options.height)
    cases = []
    for episode in run_stage(stage).samples:
        scene = Scene.model_validate_json(episode["scene"])
        camera, poses = scene.cameras[0], episode["poses"]
        start = len(poses) // 3
        right = camera.world_to_camera[0, :3]
        for name, (aside, steps) in MOTIONS.items():
            shifted = tuple((np.array(camera.position) + aside * right).tolist())
            other = camera.model_copy(update={"position": shifted})
            moments = poses[start], poses[min(start + steps, len(poses) - 1)]
            cases.append({"task": episode["task"], "moves": name, **compare(scene, (camera, other), moments)})
    print(json.dumps({
        "benchmark": "vision_flow", "command": " ".join(["python", "-m", "benchmarks.vision_flow", *sys.argv[1:]]),
        **machine("open3d", "numba", "numpy"), "width": options.width, "height": options.height,
        "worst_error_median_px": max(case["error_median_px"] for case in cases),
        "worst_hidden_right": min(case["hidden_right"] for case in cases), "cases": cases,
    }, indent=2))  # fmt: skip


if __name__ == "__main__":
    main()
