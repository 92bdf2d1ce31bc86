"""Stage `vision.photos`: a folder of photos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field, PrivateAttr

from multisynth.kinds import PHOTO, Kind
from multisynth.sample import Drop, Sample
from multisynth.stage import InputPath, Needs, Source

from .capture.photo import read_photo
from .licences import UNKNOWN

_LARGEST = 2**28  # bytes


class Photos(Source):
    """The photos in a folder and the folders below it, in the order of their paths; hidden files are passed over.

    What is no photo, cannot be read in full or is too small is dropped, with the file's name in the reason. What is
    transparent is laid over white, which `meta` says.
    """

    makes: ClassVar[Kind | None] = PHOTO
    needs: ClassVar[Needs] = Needs(batch_size=8)
    version: ClassVar[int] = 2  # transparent photos lie over white
    _files: list[Path] | None = PrivateAttr(None)

    license: str = Field(
        UNKNOWN, description="SPDX identifier of the photos, which all that is made from them inherits."
    )
    folder: InputPath = Field(description="A folder of photos, or one photo.")
    count: int | None = Field(None, ge=0, description="How many of its files are looked at; by default all.")
    smallest: int = Field(64, ge=1, description="px; a photo with a shorter side is dropped.")

    def count_of(self) -> int:
        """How many files there are, `count` at most."""
        found = len(_files(self.folder))
        return found if self.count is None else min(self.count, found)

    def open(self) -> None:
        """List the folder."""
        self._files = _files(self.folder)

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample | Drop]:
        """One photo an ordinal."""
        assert self._files is not None
        top = self.folder if self.folder.is_dir() else self.folder.parent
        for ordinal in ordinals:
            path = self._files[ordinal]
            name = path.relative_to(top).as_posix()
            try:
                if not path.resolve().is_relative_to(top.resolve()):
                    raise ValueError("leads out of the folder")
                if (size := path.stat().st_size) > _LARGEST:
                    raise ValueError(f"{size} bytes are more than {_LARGEST}")
                photo = read_photo(path.read_bytes())
            except (OSError, ValueError) as error:
                yield Drop(ordinal, f"cannot be read as a photo: {name}: {error}")
                continue
            if min(photo.width, photo.height) < self.smallest:
                yield Drop(ordinal, f"too small: {name}: {photo.width}×{photo.height} px")
                continue
            yield Sample(
                PHOTO,
                ordinal,
                meta={"background": "white"} if photo.transparent else {},
                name=name,
                width=photo.width,
                height=photo.height,
                focal=photo.focal,
                camera=photo.camera,
                image=photo.image,
            )


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return [folder]
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(
        (path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts)),
        key=lambda path: path.relative_to(folder).as_posix(),
    )
