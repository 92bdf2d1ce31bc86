"""How a shutter opens: row after row, and for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..render.buffers import Buffers, Renderer
from .viewpoint import Viewpoint

Look = Callable[[float], Viewpoint]
"""A camera at a time, s, as `Shot.at`."""
Poses = Callable[[float], np.ndarray]
"""The moving parts at a time, s: x, y, z, w, x, y, z. [B, 7]"""
BANDS = 16
"""Rows that one exposure of a rolling shutter serves by default; 1 is exact."""


class Shutter(BaseModel):
    """When the rows of a frame are exposed.

    A frame's time is the middle of the exposure of its middle row. Row r of H is exposed for `exposure` seconds about
    `readout` · ((r + 0.5) / H - 0.5) after it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    readout: float = Field(
        0.0, ge=0, le=1, description="Seconds from the first row to the last, top to bottom; 0 is a global shutter."
    )
    exposure: float = Field(0.0, ge=0, le=1, description="Seconds that a row is exposed; 0 is an instant.")
    samples: int = Field(8, ge=1, le=1024, description="Instants that an exposure is the mean of.")
    rows: int = Field(BANDS, ge=1, le=4096, description="Rows that are read out at once; 1 is exact.")

    def film(
        self, renderer: Renderer, look: Look, times: Sequence[float], poses: Poses | None = None
    ) -> Iterator[Buffers]:
        """Frames through this shutter.

        The radiance is the mean over the exposure, and so is the opacity. Everything else (depth, normals, ids) is
        that of the instant in the middle of each row's own exposure, so that labels belong to one moment.

        Args:
            renderer: What films each instant; it is asked for bands of rows.
            look: The camera.
            times: Of the frames, s.
            poses: Of the moving parts; None where nothing moves.
        """
        for time in times:
            viewpoint = look(time)
            bands = self._bands(viewpoint.height)
            middles = [time + self.readout * ((first + end) / 2 / viewpoint.height - 0.5) for first, end in bands]
            moments = [middle + shift for middle in middles for shift in self._shifts]
            rows = [band for band in bands for _ in self._shifts]
            asked = [look(moment).rows(*band) for moment, band in zip(moments, rows, strict=True)]
            where = None if poses is None else np.stack([poses(moment) for moment in moments])
            seen = iter(renderer.render(asked, where))
            yield _stacked([_mean([next(seen) for _ in self._shifts]) for _ in bands])

    @property
    def _shifts(self) -> np.ndarray:
        """Instants of an exposure, s from its middle, the middle among them."""
        if not self.exposure:
            return np.zeros(1)
        count = self.samples | 1  # an odd number has a middle
        return self.exposure * ((np.arange(count) + 0.5) / count - 0.5)

    def _bands(self, height: int) -> list[tuple[int, int]]:
        return list(pairwise([*range(0, height, self.rows if self.readout else height), height]))


def _mean(instants: list[Buffers]) -> Buffers:
    """The mean light, and all else of the instant in the middle."""
    middle = instants[len(instants) // 2]
    if len(instants) == 1:
        return middle
    radiance = np.stack([instant.radiance for instant in instants]).mean(0, dtype=np.float32)
    opacity = np.stack([instant.opacity for instant in instants]).mean(0, dtype=np.float32)
    return replace(middle, radiance=radiance, opacity=opacity)


def _stacked(bands: list[Buffers]) -> Buffers:
    """One image of bands of rows, from top to bottom."""
    if len(bands) == 1:
        return bands[0]
    return Buffers(**{field.name: _joined([getattr(band, field.name) for band in bands]) for field in fields(Buffers)})


def _joined(pieces: list[Any]) -> Any:
    if any(piece is None for piece in pieces):
        return None
    if isinstance(pieces[0], bool):
        return pieces[0]
    if isinstance(pieces[0], dict):
        return {key: _joined([piece[key] for piece in pieces]) for key in pieces[0]}
    return np.concatenate(pieces)
