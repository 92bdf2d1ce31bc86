"""Splat files of any format: `.ply`, `.spz`, `.splat`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from multisynth.errors import BadInput

from .gaussians import Gaussians
from .ply import decode_ply, encode_ply
from .splat import clipped_by_splat, decode_splat, encode_splat
from .spz import clipped_by_spz, decode_spz, encode_spz

DECODERS: dict[str, Callable[[bytes], Gaussians]] = {".ply": decode_ply, ".spz": decode_spz, ".splat": decode_splat}
ENCODERS: dict[str, Callable[[Gaussians], bytes]] = {".ply": encode_ply, ".spz": encode_spz, ".splat": encode_splat}
CLIPPED: dict[str, Callable[[Gaussians], dict[str, int]]] = {".spz": clipped_by_spz, ".splat": clipped_by_splat}
"""Of formats that have not room for every number: how many Gaussians lose by it, by what of them."""
_LARGEST = 2**33  # bytes


def read_splats(path: Path) -> Gaussians:
    """Gaussians of a splat file; the ending of its name says its format.

    Raises:
        BadInput: Another ending, a file that cannot be read, or one that is not what its name says.
    """
    decode = DECODERS.get(path.suffix.lower())
    if decode is None:
        raise BadInput(f"`{path.name}` is no splat file by its name", f"give one of {', '.join(DECODERS)}", str(path))
    try:
        if (size := path.stat().st_size) > _LARGEST:
            raise ValueError(f"{size} bytes are more than {_LARGEST}")
        return decode(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot be read as splats: {error}", "export the splats again", str(path)) from error
