"""Casts rays at a scene with Open3D, for tests that hold it against what physics has."""

import numpy as np
import open3d as o3d
from multisynth.scenes import Scene
from multisynth.scenes.meshes import triangles
from multisynth.scenes.poses import transform


def caster(scene: Scene, poses: np.ndarray) -> tuple[o3d.t.geometry.RaycastingScene, list[str]]:
    """The scene as it stands, and the body that each geometry belongs to."""
    casting, names = o3d.t.geometry.RaycastingScene(), []
    moving = {(body.name, part.name): n for n, (body, part) in enumerate(scene.moving)}
    for body in scene.bodies:
        for part in body.parts:
            pose = poses[moving[body.name, part.name]] if part.moves else np.array([*part.position, *part.quaternion])
            for shape in part.shapes:
                placed = transform(pose[:3], pose[3:]) @ transform(shape.position, shape.quaternion)
                mesh = triangles(shape)
                points = mesh.vertices @ placed[:3, :3].T + placed[:3, 3]
                casting.add_triangles(
                    o3d.core.Tensor(points.astype(np.float32)), o3d.core.Tensor(mesh.faces.astype(np.uint32))
                )
                names.append(body.name)
    return casting, names


def cast(scene: Scene, poses: np.ndarray, origins: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances along unit directions, inf for none, and names of the bodies hit. [..., 3] → [...]"""
    casting, names = caster(scene, poses)
    rays = np.concatenate([np.broadcast_to(origins, directions.shape), directions], -1).astype(np.float32)
    hit = casting.cast_rays(o3d.core.Tensor(rays))
    ids = hit["geometry_ids"].numpy().astype(np.int64)
    return hit["t_hit"].numpy(), np.array([*names, ""])[np.where(ids < len(names), ids, len(names))]
