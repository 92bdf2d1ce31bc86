"""Meshes out of users' files, kept under names that say what is in them: `sha256:` and the digest.

A scene names a mesh so that it means the same on every machine. A file of the user's is read once, bounded and checked,
and what it holds is written to the user's cache as tensors alone; whoever draws the scene reads that.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from multisynth.errors import BadInput

if TYPE_CHECKING:
    from multisynth.scenes.meshes import Mesh

PREFIX = "sha256:"
LARGEST = 2**30  # bytes


def folder() -> Path:
    """Where they are kept."""
    import platformdirs

    return Path(platformdirs.user_cache_path("multisynth")) / "meshes"


def keep(mesh: Mesh) -> str:
    """Keep a mesh; returns its name, the same for the same mesh everywhere."""
    from safetensors.numpy import save

    arrays = {
        "vertices": mesh.vertices.astype("<f8"), "faces": mesh.faces.astype("<i4"),
        "colours": mesh.colours.astype("<f8"), "normals": mesh.normals.astype("<f8"),
    }  # fmt: skip
    if mesh.images is not None and mesh.uv is not None:
        arrays |= {"images": mesh.images.astype("<i2"), "uv": mesh.uv.astype("<f8")}
        arrays |= {f"texture{n:05d}": texture.astype("<f4") for n, texture in enumerate(mesh.textures)}
    content = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    digest = hashlib.sha256(content).hexdigest()
    path = folder() / f"{digest}.safetensors"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")  # several workers may keep the same mesh at once
        part.write_bytes(content)
        part.replace(path)
    return PREFIX + digest


def kept(name: str) -> Mesh:
    """The mesh of a name that `keep` gave.

    Raises:
        BadInput: This machine does not have it, or its file was changed.
    """
    from multisynth.scenes.meshes import Mesh
    from safetensors.numpy import load

    digest = name.removeprefix(PREFIX)
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise BadInput(f"`{name}` names no mesh", f"`{PREFIX}` stands before 64 hexadecimal digits")
    path = folder() / f"{digest}.safetensors"
    if not path.is_file():
        raise BadInput(
            f"mesh `{name[:19]}…` of a user's file is not on this machine",
            f"copy {path.name} into {path.parent} from the machine that ran `vision.scene`, or run that stage here",
        )
    if path.stat().st_size > LARGEST:
        raise BadInput(f"{path} has {path.stat().st_size} bytes, more than {LARGEST}", "use a smaller mesh")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise BadInput(f"{path} is not what its name says", "delete it, and run `vision.scene` again")
    arrays = load(content)
    for array in arrays.values():
        array.setflags(write=False)
    textures = tuple(arrays[key] for key in sorted(arrays) if key.startswith("texture"))
    return Mesh(
        arrays["vertices"], arrays["faces"], arrays["colours"], arrays["normals"], arrays.get("images"),
        arrays.get("uv"), textures,
    )  # fmt: skip
