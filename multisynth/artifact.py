"""Big things that samples are made from or with: model weights, splats, an index.

An artifact is named by its content, so that the same weights are the same node of the lineage wherever they lie.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Artifact:
    """One artifact.

    Args:
        id: ``sha256:`` and the digest of its content.
        kind: What it is: ``model``, ``splats``, ``index``.
        name: What people call it.
        license: SPDX identifier, or empty where it is not known.
        parents: Ids of the samples and artifacts that it was made from.
    """

    id: str
    kind: str
    name: str
    license: str = ""
    parents: tuple[str, ...] = ()

    @classmethod
    def of(cls, path: Path, kind: str, name: str = "", license: str = "", parents: Iterable[str] = ()) -> Artifact:
        """The artifact that a file or a folder is."""
        return cls(f"sha256:{digest(path)}", kind, name or path.name, license, tuple(parents))


def digest(path: Path) -> str:
    """SHA-256 of a file, or of a folder's relative file names and contents in order."""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    if not path.is_dir():
        return _file_digest(path, _edition(path))
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.relative_to(path).as_posix()}\0{_file_digest(file, _edition(file))}\n".encode())
    return whole.hexdigest()


def _edition(path: Path) -> tuple[int, ...]:
    """What changes with a file's content; the time of its last change of state is one that no program can set back."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


@lru_cache(maxsize=4096)
def _file_digest(path: Path, edition: tuple[int, ...]) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
