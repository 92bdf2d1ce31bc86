"""The Python modules of a repository."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from multisynth.kinds import DOCUMENT
from multisynth.sample import Drop, Sample
from multisynth.stage import InputPath, Source

_LEFT_OUT = {"tests", "test", "docs", "build", "dist", "node_modules", "site-packages", "__pycache__"}


class Modules(Source):
    """The modules below a folder, in the order of their paths; one document each.

    `source` is the path from the folder, as the module is imported from there. Tests, builds and hidden folders are
    left out, links are not followed, and a file that is no text or too big is dropped.
    """

    extent: ClassVar[str] = "modules"
    makes = DOCUMENT

    repository: InputPath = Field(description="The folder that holds the packages.")
    modules: int | None = Field(None, ge=1, le=1_000_000, description="How many of its modules; by default all.")
    largest: int = Field(100_000, ge=1, le=10_000_000, description="Bytes that a module may have.")
    license: str = Field("NOASSERTION", description="SPDX identifier of the repository, given to what is made of it.")

    def count_of(self) -> int:
        """How many modules there are: those asked for, or all of the folder."""
        have = len(self._found())
        return have if self.modules is None else min(have, self.modules)

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample | Drop]:
        """Read the modules of these ordinals."""
        found = self._found()
        for ordinal in ordinals:
            path = found[ordinal]
            with path.open("rb") as file:
                content = file.read(self.largest + 1)
            if len(content) > self.largest:
                yield Drop(ordinal, f"too big: over {self.largest} bytes")
                continue
            try:
                text = content.decode("utf-8")
            except UnicodeDecodeError as error:
                yield Drop(ordinal, f"no text: byte {error.start}")
                continue
            source = path.relative_to(self.repository).as_posix()
            yield Sample(DOCUMENT, ordinal, license=self.license, text=text, source=source)

    def _found(self) -> list[Path]:
        found: list[Path] = []
        for folder, folders, files in os.walk(self.repository):
            folders[:] = sorted(name for name in folders if name.isidentifier() and name not in _LEFT_OUT)
            for name in sorted(files):
                path = Path(folder, name)
                if path.suffix == ".py" and path.stem.isidentifier() and path.is_file() and not path.is_symlink():
                    found.append(path)
        return found
