"""What a sample may be: one Arrow schema a kind, with unit and shape for every column.

Conventions: SI units; world right-handed, z up; camera axes as in OpenCV (x right, y down, z forward);
`world_to_camera` maps homogeneous world points into camera axes; quaternions are w, x, y, z; pixels count from the
top left corner of the image, so the centre of the first pixel is (0.5, 0.5). Instance id 0 is the background.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from multisynth.errors import BadInput, nearest

BLOB = {"lance-encoding:blob": "true"}


def tensor(dtype: pa.DataType, *shape: str | int) -> pa.DataType:
    """Nested lists that hold a tensor; a number is a fixed length, a letter varies from sample to sample."""
    for size in reversed(shape):
        dtype = pa.list_(dtype, size) if isinstance(size, int) else pa.list_(dtype)
    return dtype


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type, what it holds, and whether it is media (read only when asked for)."""

    type: pa.DataType
    doc: str
    media: bool = False
    optional: bool = False

    @cached_property
    def is_tensor(self) -> bool:
        """Whether it holds a tensor: nested lists of numbers."""
        return (
            _is_list(self.type) and not pa.types.is_nested(_leaf(self.type)) and pa.types.is_primitive(_leaf(self.type))
        )


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of sample.

    Args:
        name: As written in the `kind` column.
        columns: What it holds besides the columns that every sample has.
        text: The column that text stages read, if it has one.
        image: The column that image stages read, if it has one.

    Raises:
        ValueError: A column has the name of one that every sample has.
    """

    name: str
    columns: Mapping[str, Column]
    text: str | None = None
    image: str | None = None

    def __post_init__(self) -> None:
        if taken := COMMON.keys() & self.columns.keys():
            raise ValueError(f"kind `{self.name}`: every sample has a column `{min(taken)}` already")

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns of its tables: those that every sample has, then its own."""
        return pa.schema(
            [
                pa.field(name, column.type, metadata={**(BLOB if column.media else {}), "doc": column.doc})
                for name, column in {**COMMON, **self.columns}.items()
            ]
        )

    @cached_property
    def media(self) -> tuple[str, ...]:
        """Names of the columns that are read only when asked for."""
        return tuple(name for name, column in self.columns.items() if column.media)

    def __reduce__(self) -> Any:
        return (kind, (self.name,)) if self.name in KINDS else super().__reduce__()


def encode(column: Column, values: Sequence[Any]) -> pa.Array:
    """Python values, or for a tensor column numpy arrays or nested lists, as one Arrow array; None is null.

    Numbers may become wider, an integer may become a float, and a float of 64 bits may be rounded to 32.

    Raises:
        ValueError: A value does not have the column's type or shape, or would have to be cut to fit it: a float or NaN
            for an integer, a number out of range, a string for a number.
    """
    try:
        if column.is_tensor:
            return _encode_tensors(column.type, values)
        _refuse_silent_casts(column.type, values)
        return pa.array(values, column.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise ValueError(f"{error} ({column.type})") from None


def decode(column: Column, value: pa.Scalar) -> Any:
    """One cell as Python, a tensor as a numpy array of the shape it was stored with."""
    if not column.is_tensor:
        return value.as_py()
    if not value.is_valid:
        return None
    values, shape = value.values, [len(value.values)]
    while _is_list(values.type):
        flat = values.flatten()
        fixed = pa.types.is_fixed_size_list(values.type)
        shape.append(values.type.list_size if fixed else len(flat) // max(len(values), 1))
        values = flat
    return values.to_numpy(zero_copy_only=False).reshape(shape)


def _is_list(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_list(dtype) or pa.types.is_fixed_size_list(dtype))


def _leaf(dtype: pa.DataType) -> pa.DataType:
    while _is_list(dtype):
        dtype = dtype.value_type
    return dtype


def _refuse_silent_casts(dtype: pa.DataType, values: Sequence[Any]) -> None:
    """Arrow cuts 1.5 to 1, makes 1e300 infinite and takes a string for bytes without a word."""
    wrong: Any
    if pa.types.is_integer(dtype):
        wrong = next((value for value in values if isinstance(value, float | np.floating)), None)
    elif pa.types.is_float32(dtype):
        most = float(np.finfo(np.float32).max)
        numbers = (float(value) for value in values if isinstance(value, float | np.floating))
        wrong = next((number for number in numbers if most < abs(number) < np.inf), None)
    elif pa.types.is_large_binary(dtype) or pa.types.is_binary(dtype):
        wrong = next((value for value in values if isinstance(value, str)), None)
    else:
        return
    if wrong is not None:
        raise ValueError(f"{wrong!r} does not fit {dtype}")


def _encode_tensors(dtype: pa.DataType, values: Sequence[Any]) -> pa.Array:
    levels, leaf = [], dtype
    while _is_list(leaf):
        levels.append(leaf)
        leaf = leaf.value_type
    arrays = [None if value is None else _as_tensor(levels, leaf, value) for value in values]
    present = [array for array in arrays if array is not None]
    if len(present) < len(arrays) or not arrays:
        return pa.array([None if array is None else array.tolist() for array in arrays], dtype)
    flat = pa.array(np.concatenate([array.ravel() for array in present]), leaf)
    for depth, level in reversed(list(enumerate(levels))):
        if pa.types.is_fixed_size_list(level):
            flat = pa.FixedSizeListArray.from_arrays(flat, type=level)
        else:
            lengths = np.concatenate(
                [np.full(int(np.prod(array.shape[:depth])), array.shape[depth], np.int64) for array in present]
            )
            offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
            flat = pa.ListArray.from_arrays(pa.array(offsets), flat, type=level)
    return flat


def _as_tensor(levels: list[pa.DataType], leaf: pa.DataType, value: Any) -> np.ndarray:
    """One value as an array of the column's shape and type; each by itself, so that its neighbours do not matter."""
    target = np.dtype(leaf.to_pandas_dtype())
    array = np.asarray(value)
    if array.size == 0 and not isinstance(value, np.ndarray):  # an empty list says neither type nor inner sizes
        rest = [level.list_size if pa.types.is_fixed_size_list(level) else 0 for level in levels[array.ndim :]]
        array = np.zeros((*array.shape, *rest), target)
    fits = array.ndim == len(levels) and all(
        not pa.types.is_fixed_size_list(level) or size == level.list_size
        for size, level in zip(array.shape, levels, strict=True)
    )
    if not fits:
        raise ValueError(f"a tensor of shape {array.shape} does not fit {levels[0]}")
    if array.dtype == target:
        return array
    if array.dtype.kind not in {"f": "fiub", "i": "iub", "u": "iub", "b": "b"}.get(target.kind, target.kind):
        raise ValueError(f"a tensor of {array.dtype} does not fit {levels[0]}")
    if target.kind in "iu" and array.size and array.dtype.kind != "b":
        limits = np.iinfo(target)
        if array.min() < limits.min or array.max() > limits.max:
            raise ValueError(f"a tensor of {array.min()} to {array.max()} does not fit {levels[0]}")
    try:
        with np.errstate(over="raise"):
            return array.astype(target)
    except FloatingPointError:
        raise ValueError(f"a number too large for {target} does not fit {levels[0]}") from None


COMMON: Mapping[str, Column] = {
    "id": Column(pa.string(), "hash of stage fingerprint, parents and ordinal; 32 hexadecimal digits"),
    "kind": Column(pa.string(), "name of the kind"),
    "parents": Column(
        pa.list_(pa.string()), "ids of the samples and artifacts it was made from; its origin comes first"
    ),
    "origin": Column(
        pa.string(), "the input it was made from, as the ledger names it: a parent's id, or a source's ordinal"
    ),
    "ordinal": Column(pa.int32(), "0, 1, … among the samples that the stage made from that origin"),
    "stage": Column(pa.string(), "name of the stage in the recipe"),
    "seed": Column(pa.uint64(), "seeds every draw that went into it"),
    "weight": Column(pa.float32(), "training weight, 1 unless a stage says otherwise"),
    "license": Column(pa.string(), "SPDX identifier"),
    "content_hash": Column(pa.string(), "BLAKE3, 128 bits, of its own columns; equal content, equal hash"),
    "meta": Column(pa.string(), "whatever stages measured, as a JSON object"),
}

EVENT = pa.struct(
    [
        ("id", pa.string()),  # e0, e1, … in the order of time
        ("time", pa.float64()),  # s from the start of the episode
        ("kind", pa.string()),  # contact | impact | fall | success | …
        ("bodies", pa.list_(pa.string())),  # names; the one that acts comes first
        ("impulse", pa.float64()),  # N·s, of the contact's normal force
        ("speed", pa.float64()),  # m/s, relative along the normal just before contact; of the body itself for a fall
        ("position", pa.list_(pa.float64(), 3)),  # m, world
    ]
)

BOX = pa.struct(
    [
        ("instance", pa.uint16()),  # id in the instance image
        ("name", pa.string()),  # name of the body
        ("category", pa.string()),  # class of the body
        ("x", pa.float32()),  # px, left edge
        ("y", pa.float32()),  # px, top edge
        ("width", pa.float32()),  # px
        ("height", pa.float32()),  # px
        ("visible", pa.float32()),  # visible pixels over the pixels it would have alone, 0 to 1
        ("full", pa.list_(pa.float32(), 4)),  # px: x, y, width, height with nothing in front and no edge of the image
    ]
)

BOX_3D = pa.struct(
    [
        ("instance", pa.uint16()),  # id in the instance image
        ("name", pa.string()),  # name of the body
        ("category", pa.string()),  # class of the body
        ("centre", pa.list_(pa.float64(), 3)),  # m, world
        ("quaternion", pa.list_(pa.float64(), 4)),  # w, x, y, z: the box's axes in the world
        ("size", pa.list_(pa.float64(), 3)),  # m, full edges along its axes
    ]
)

TRACK = pa.struct(
    [
        ("point", pa.int32()),  # the same number in every frame of the path or episode
        ("x", pa.float32()),  # px; may lie outside the image
        ("y", pa.float32()),  # px
        ("depth", pa.float32()),  # m, z-depth; negative behind the camera
        ("visible", pa.bool_()),  # inside the image with nothing in front
    ]
)

SENTENCE = pa.struct(
    [
        ("layer", pa.string()),  # frame | summary | causal
        ("start", pa.float64()),  # s
        ("end", pa.float64()),  # s
        ("text", pa.string()),
        ("events", pa.list_(pa.string())),  # ids of the events it stands on
    ]
)

_CAMERA = {
    "width": Column(pa.int32(), "px"),
    "height": Column(pa.int32(), "px"),
    "intrinsics": Column(tensor(pa.float64(), 3, 3), "pinhole matrix K, px"),
    "world_to_camera": Column(tensor(pa.float64(), 4, 4), "OpenCV axes, m"),
}

_LENS = {
    "lens": Column(pa.string(), "pinhole | opencv | fisheye; pinhole where it is null", optional=True),
    "distortion": Column(
        tensor(pa.float64(), "K"), "opencv: k1, k2, p1, p2, k3 …; fisheye: k1 to k4, as OpenCV has them", optional=True
    ),
}

_MOTION = {
    "task": Column(pa.string(), "name of the task"),
    "instruction": Column(pa.string(), "what the robot was told to do, in a sentence"),
    "success": Column(pa.bool_(), "whether the task was achieved"),
    "scene": Column(pa.string(), "multisynth.scenes.Scene as JSON: bodies, shapes, colours, lights"),
    "times": Column(tensor(pa.float64(), "T"), "s from the start, one a step"),
    "poses": Column(
        tensor(pa.float32(), "T", "B", 7), "x, y, z in m and w, x, y, z of the scene's B moving parts, in its order"
    ),
    "events": Column(pa.list_(EVENT), "what happened, in the order of time; null where nobody watched", optional=True),
}

DOCUMENT = Kind(
    "document",
    {
        "text": Column(pa.string(), "plain text"),
        "source": Column(pa.string(), "where it came from", optional=True),
    },
    text="text",
)

_PROBLEM: Mapping[str, Column] = {
    "question": Column(pa.string(), "as put to the model"),
    "answer": Column(pa.string(), "gold answer; empty where there is none to compare with"),
    "domain": Column(pa.string(), "subject and difficulty, for stratification"),
    "verifier": Column(pa.string(), "who judges an answer: a name of `multisynth.text.verifiers`", optional=True),
    "check": Column(pa.string(), "what that verifier needs besides the gold answer, JSON", optional=True),
}

PROBLEM = Kind("problem", _PROBLEM, text="question")

REASONING = Kind(
    "reasoning",
    {
        **_PROBLEM,
        "completion": Column(pa.string(), "what the model wrote"),
        "attempt": Column(pa.int32(), "0, 1, … among the attempts at one problem"),
        "model": Column(pa.string(), "name of the model"),
        "token_ids": Column(tensor(pa.int32(), "N"), "tokens of the completion, for audits of its watermark"),
        "steps": Column(pa.list_(pa.string()), "of the completion, which is their concatenation", optional=True),
        "values": Column(
            tensor(pa.float64(), "S"), "of the state after each step: expected reward, 0 to 1", optional=True
        ),
    },
    text="completion",
)

MESSAGE = pa.struct(
    [
        ("role", pa.string()),  # system | user | assistant
        ("content", pa.string()),
    ]
)

PREFERENCE = Kind(
    "preference",
    {
        "prompt": Column(pa.list_(MESSAGE), "the conversation up to the answer"),
        "chosen": Column(pa.string(), "the better answer"),
        "rejected": Column(pa.string(), "the worse one"),
        "domain": Column(pa.string(), "subject and difficulty, for stratification"),
        "margin": Column(pa.float64(), "by how much chosen is better, on the scale of `judge`"),
        "judge": Column(pa.string(), "who prefers it: a model's name, `verifier`, `search`"),
        "model": Column(pa.string(), "name of the model that wrote both"),
    },
    text="chosen",
)

NODE = pa.struct(
    [
        ("parent", pa.int32()),  # place in the list, before its own; -1 for the root
        ("text", pa.string()),  # the step; concatenated from the root they are the completion
        ("prior", pa.float64()),  # probability under the model among its siblings
        ("visits", pa.int32()),
        ("value", pa.float64()),  # mean reward backed up through it, 0 to 1
        ("ends", pa.bool_()),  # whether the model ended its answer with it
        ("right", pa.bool_()),  # the verifier's verdict where it ends, else null
    ]
)

TREE = Kind(
    "tree",
    {
        **_PROBLEM,
        "nodes": Column(pa.list_(NODE), "of the search, the root first"),
        "rollouts": Column(pa.int32(), "completions that were simulated"),
        "first_right": Column(pa.bool_(), "whether the first rollout was right"),
        "tokens": Column(pa.int64(), "that the search wrote"),
        "model": Column(pa.string(), "name of the model"),
    },
    text="question",
)

TURN = pa.struct(
    [
        ("speaker", pa.string()),  # proponent | opponent | judge
        ("act", pa.string()),  # opening | question | reply | rebuttal | closing | verdict
        ("text", pa.string()),
        ("claim", pa.string()),  # the answer that it stands for, as the verifier reads it; empty for none
        ("contradicts", pa.int32()),  # place of the speaker's own earlier turn that it contradicts; -1 for none
        ("reason", pa.string()),  # what contradicts what; empty for none
    ]
)

DEBATE = Kind(
    "debate",
    {
        **_PROBLEM,
        "turns": Column(pa.list_(TURN), "the transcript"),
        "flagged": Column(pa.bool_(), "whether somebody contradicted an earlier claim of their own"),
        "verdict": Column(pa.string(), "the judge's answer"),
        "right": Column(pa.bool_(), "whether that verifies; null where nothing can be verified", optional=True),
        "tokens": Column(pa.int64(), "that the debate wrote"),
        "vote": Column(pa.string(), "answer of self-consistency (Wang et al. 2023) at as many tokens"),
        "vote_right": Column(pa.bool_(), "whether that verifies", optional=True),
        "votes": Column(pa.list_(pa.string()), "answers that were counted"),
        "vote_tokens": Column(pa.int64(), "that self-consistency wrote"),
        "model": Column(pa.string(), "name of the debaters' model"),
        "judge": Column(pa.string(), "name of the judge's model"),
    },
    text="question",
)

MODEL = Kind(
    "model",
    {
        "base": Column(pa.string(), "what it was trained from: a model's name, a sample's id, `fresh`"),
        "method": Column(pa.string(), "sft | dpo | distil"),
        "step": Column(pa.int64(), "optimiser steps so far"),
        "tokens": Column(pa.int64(), "that it was trained on so far, with repetitions"),
        "losses": Column(tensor(pa.float32(), "S"), "at each step so far, nats"),
        "held_out": Column(pa.float64(), "the method's measure on samples held out; see its docstring", optional=True),
        "prompting": Column(pa.string(), "how questions were put in training: `text.prompting`, JSON", optional=True),
        "files": Column(
            pa.large_binary(), "config, tokenizer and chat template of the checkpoint, JSON: name to text", media=True
        ),
        "weights": Column(pa.large_binary(), "safetensors, as transformers saves them", media=True),
        "moments": Column(pa.large_binary(), "of its optimiser, safetensors", media=True, optional=True),
    },
)

EPISODE = Kind(
    "episode",
    {
        **_MOTION,
        "engine": Column(pa.string(), "physics engine and its version"),
        "robot": Column(pa.string(), "name of the robot"),
        "rate": Column(pa.float64(), "control steps a second, Hz"),
        "parameters": Column(pa.string(), "what was drawn for this episode, SI, as a JSON object"),
        "actions": Column(tensor(pa.float32(), "T", "A"), "what was commanded at each step"),
        "action_names": Column(pa.list_(pa.string()), "A names with their units"),
        "states": Column(tensor(pa.float32(), "T", "S"), "what was observed at each step, before the action"),
        "state_names": Column(pa.list_(pa.string()), "S names with their units"),
        "rewards": Column(tensor(pa.float32(), "T"), "after each step"),
        "successes": Column(tensor(pa.bool_(), "T"), "whether the task stood achieved after each step"),
    },
)

PHOTO = Kind(
    "photo",
    {
        "name": Column(pa.string(), "path below the folder it was found in"),
        "width": Column(pa.int32(), "px, upright as EXIF says"),
        "height": Column(pa.int32(), "px, upright as EXIF says"),
        "focal": Column(pa.float64(), "px, by EXIF", optional=True),
        "camera": Column(pa.string(), "make, model and lens by EXIF, empty where it does not say"),
        "image": Column(
            pa.large_binary(), "JPEG or PNG, the file as it was, turned upright where EXIF says so", media=True
        ),
    },
)

VIEW = Kind(
    "view",
    {
        **_CAMERA,
        **_LENS,
        "name": Column(pa.string(), "name of the photo"),
        "metric": Column(pa.bool_(), "whether lengths are metres; if not, the scale is arbitrary"),
        "image": Column(pa.large_binary(), "JPEG or PNG, sRGB, 8 bits", media=True),
        "points": Column(tensor(pa.float32(), "P", 3), "sparse points that it sees, world"),
        "point_ids": Column(tensor(pa.int64(), "P"), "the same point has the same id in every view"),
        "point_colours": Column(tensor(pa.uint8(), "P", 3), "sRGB"),
        "depth": Column(pa.large_binary(), "TIFF, float32, z-depth, 0 where unknown", media=True, optional=True),
        "normals": Column(pa.large_binary(), "PNG, as of a frame", media=True, optional=True),
        "instances": Column(pa.large_binary(), "PNG, uint16, as of a frame", media=True, optional=True),
    },
)

SCENE = Kind(
    "scene",
    {
        "scene": Column(pa.string(), "multisynth.scenes.Scene as JSON: bodies, shapes, colours, lights"),
        "poses": Column(tensor(pa.float32(), "B", 7), "x, y, z in m and w, x, y, z of its B moving parts"),
    },
)

VOLUME = Kind(
    "volume",
    {
        "method": Column(pa.string(), "splats | nerfacto"),
        "data": Column(
            pa.large_binary(),
            "splats: PLY as Inria's 3D Gaussian splatting has it; nerfacto: safetensors",
            media=True,
        ),
        "metric": Column(pa.bool_(), "whether lengths are metres; if not, the scale is arbitrary"),
        "up": Column(tensor(pa.float64(), 3), "which way is up, world, unit length"),
        "bounds": Column(tensor(pa.float64(), 2, 3), "lowest and highest corner of what the views look at, world"),
        "view_names": Column(pa.list_(pa.string()), "of the V views that it was made from"),
        "view_intrinsics": Column(tensor(pa.float64(), "V", 3, 3), "K, px"),
        "view_sizes": Column(tensor(pa.int32(), "V", 2), "width, height, px"),
        "view_poses": Column(tensor(pa.float64(), "V", 4, 4), "world to camera, OpenCV axes"),
        "held_out": Column(tensor(pa.bool_(), "V"), "whether the view was kept from training, to measure by"),
        "psnr": Column(pa.float64(), "dB, mean over the views held out", optional=True),
        "ssim": Column(pa.float64(), "mean over the views held out (Wang et al. 2004)", optional=True),
        "steps": Column(pa.int64(), "of training"),
        "instances": Column(tensor(pa.uint16(), "N"), "one a Gaussian, 0 = background", optional=True),
        "names": Column(pa.list_(pa.string()), "of instances 1, 2, …", optional=True),
        "categories": Column(pa.list_(pa.string()), "of instances 1, 2, …", optional=True),
    },
)

FRAME = Kind(
    "frame",
    {
        **_CAMERA,
        **_LENS,
        "time": Column(pa.float64(), "s from the start of the episode or path"),
        "split": Column(pa.string(), "train | test", optional=True),
        "rgb": Column(pa.large_binary(), "PNG, 8 bits, sRGB", media=True),
        "radiance": Column(
            pa.large_binary(), "EXR, half floats: linear radiance, sRGB primaries", media=True, optional=True
        ),
        "depth": Column(
            pa.large_binary(),
            "TIFF, float32, z-depth in m, 0 where nothing is; of a volume the mean over what is there",
            media=True,
            optional=True,
        ),
        "median_depth": Column(
            pa.large_binary(), "TIFF, float32, z-depth in m where half the light is gone", media=True, optional=True
        ),
        "distance": Column(
            pa.large_binary(), "TIFF, float32, m from the camera's centre along the ray", media=True, optional=True
        ),
        "opacity": Column(pa.large_binary(), "PNG, 8 bits grey: 255 is opaque", media=True, optional=True),
        "normals": Column(
            pa.large_binary(),
            "PNG, 16 bits, camera frame: (n + 1) / 2 · 65535; 0, 0, 0 where nothing is",
            media=True,
            optional=True,
        ),
        "instances": Column(pa.large_binary(), "PNG, uint16, 0 = background", media=True, optional=True),
        "semantics": Column(
            pa.large_binary(), "PNG, uint16, 0 = background, k = categories[k - 1]", media=True, optional=True
        ),
        "categories": Column(pa.list_(pa.string()), "names of the semantic ids 1, 2, …", optional=True),
        "flow_forward": Column(
            pa.large_binary(), "TIFF, 2 × float32: px right and down to the next frame", media=True, optional=True
        ),
        "flow_backward": Column(
            pa.large_binary(), "TIFF, 2 × float32: px right and down to the frame before", media=True, optional=True
        ),
        "hidden_forward": Column(
            pa.large_binary(), "PNG, 8 bits grey: 255 where the next frame does not show it", media=True, optional=True
        ),
        "hidden_backward": Column(
            pa.large_binary(), "PNG, 8 bits grey: 255 where the frame before does not", media=True, optional=True
        ),
        "right": Column(pa.large_binary(), "PNG, 8 bits, sRGB: what the right eye sees", media=True, optional=True),
        "disparity": Column(
            pa.large_binary(), "TIFF, float32: px left to its place in the right image", media=True, optional=True
        ),
        "baseline": Column(pa.float64(), "m between the eyes of the rig", optional=True),
        "temperature": Column(
            pa.large_binary(),
            "TIFF, float32, K: apparent temperature, 8 to 14 µm, as it leaves surfaces; after weather as it is seen",
            media=True,
            optional=True,
        ),
        "boxes": Column(pa.list_(BOX), "one for each visible instance", optional=True),
        "boxes_3d": Column(pa.list_(BOX_3D), "one for each visible instance", optional=True),
        "tracks": Column(pa.list_(TRACK), "points followed through the path or episode", optional=True),
    },
    image="rgb",
)

CLIP = Kind(
    "clip",
    {
        **_CAMERA,
        **_MOTION,
        "fps": Column(pa.float64(), "frames a second; frame k shows times[k]"),
        "video": Column(pa.large_binary(), "MP4, H.264, yuv420p", media=True),
        "depth": Column(
            pa.large_binary(),
            "Matroska, FFV1, 16 bits grey: z-depth in mm up to 65.535 m, 0 where nothing is; frame k as of the video",
            media=True,
            optional=True,
        ),
    },
)

CAPTION = Kind(
    "caption",
    {
        "text": Column(pa.string(), "all sentences, the way a reader would meet them"),
        "sentences": Column(pa.list_(SENTENCE), "layered: frames, then summary, then causes"),
        "question": Column(pa.string(), "what the caption answers"),
        "events": Column(pa.list_(EVENT), "the clip's log, which sentences point into"),
    },
    text="text",
)

POLICY = Kind(
    "policy",
    {
        "task": Column(pa.string(), "what it was trained on"),
        "robot": Column(pa.string(), "name of the robot"),
        "learner": Column(pa.string(), "expert | clone | ppo"),
        "engine": Column(pa.string(), "physics engine that it practised in"),
        "control": Column(pa.string(), "what its actions mean: name of the environment's control"),
        "rate": Column(pa.float64(), "control steps a second, Hz"),
        "history": Column(pa.int32(), "observations that it sees at once"),
        "iteration": Column(pa.int32(), "0, 1, … in its training"),
        "episodes": Column(pa.int64(), "practised so far"),
        "steps": Column(pa.int64(), "practised so far"),
        "success": Column(pa.float64(), "share of this iteration's episodes that succeeded"),
        "reward": Column(pa.float64(), "mean over this iteration's steps"),
        "entropy": Column(pa.float64(), "of the curriculum, nats a dimension", optional=True),
        "curriculum": Column(pa.string(), "bounds and buffers of its domain randomisation, JSON", optional=True),
        "weights": Column(pa.large_binary(), "safetensors; none for an expert", media=True, optional=True),
        "experience": Column(
            pa.large_binary(), "this iteration's observations and labels, safetensors", media=True, optional=True
        ),
        "moments": Column(pa.large_binary(), "of its optimiser, safetensors", media=True, optional=True),
    },
)

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
