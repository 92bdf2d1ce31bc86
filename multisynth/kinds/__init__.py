"""What a sample may be: one Arrow schema a kind, with unit and shape for every column.

Conventions: SI units; world right-handed, z up; camera axes as in OpenCV (x right, y down, z forward);
`world_to_camera` maps homogeneous world points into camera axes; quaternions are w, x, y, z; pixels count from the
top left corner of the image, so the centre of the first pixel is (0.5, 0.5). Instance id 0 is the background.
"""

from __future__ import annotations

from collections.abc import Mapping

from multisynth.errors import BadInput, nearest
from multisynth.kinds.column import Column, decode, encode, tensor
from multisynth.kinds.kind import COMMON, Kind
from multisynth.kinds.language import DEBATE, DOCUMENT, MODEL, PREFERENCE, PROBLEM, REASONING, TREE
from multisynth.kinds.motion import EPISODE, EVENT, POLICY
from multisynth.kinds.pictures import CAPTION, CLIP, FRAME, PHOTO, SCENE, VIEW, VOLUME

__all__ = [
    "CAPTION", "CLIP", "COMMON", "DEBATE", "DOCUMENT", "EPISODE", "EVENT", "FRAME", "KINDS", "MODEL", "PHOTO", "POLICY",
    "PREFERENCE", "PROBLEM", "REASONING", "SCENE", "TREE", "VIEW", "VOLUME", "Column", "Kind", "decode", "encode",
    "kind", "tensor",
]  # fmt: skip

KINDS: Mapping[str, Kind] = {k.name: k for k in (
    DOCUMENT, PROBLEM, REASONING, PREFERENCE, TREE, DEBATE, MODEL, EPISODE, PHOTO, VIEW, SCENE, VOLUME, FRAME, CLIP,
    CAPTION, POLICY,
)}  # fmt: skip


def kind(name: str) -> Kind:
    """The kind of that name.

    Raises:
        BadInput: There is none.
    """
    if name not in KINDS:
        raise BadInput(f"no kind is called `{name}`", nearest(name, list(KINDS)))
    return KINDS[name]
