"""Checkpoints as columns of a `model` sample, and back."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from multisynth.artifact import Artifact
from multisynth.errors import BadInput
from multisynth.sample import Sample
from multisynth.serving.models import Model, models_folder

WEIGHTS = "model.safetensors"
SIZE = 32 << 30
"""Bytes of unpacked checkpoints that are kept in the cache, besides those in use."""
_TEXT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\.(json|jinja|txt)")
_TEXT_SIZE = 128 << 20
_IN_USE, _OLD = 3600.0, 86400.0  # s since a checkpoint was last asked for


def pack(folder: Path) -> dict[str, Any]:
    """The columns `files` and `weights` for what `save_pretrained` of a model and a tokenizer wrote into a folder.

    Raises:
        BadInput: The weights are missing or lie in several files, or there is no tokenizer as text.
    """
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if _is_text(path)}
    missing = [name for name in ("config.json", "tokenizer.json") if name not in texts]
    if not (folder / WEIGHTS).is_file():
        missing.append(WEIGHTS)
    if missing:
        raise BadInput(
            f"the checkpoint in {folder} has no {', '.join(missing)}",
            "train a model with a fast tokenizer, and save its weights in one file",
        )
    return {
        "files": json.dumps(texts, sort_keys=True, ensure_ascii=False).encode(),
        "weights": (folder / WEIGHTS).read_bytes(),
    }


def _is_text(path: Path) -> bool:
    return path.is_file() and _TEXT.fullmatch(path.name) is not None


def unpack(sample: Sample, folder: Path) -> None:
    """Write a model's checkpoint into a folder, which is made if need be.

    Raises:
        BadInput: The sample holds no checkpoint, or one that would write anything but texts beside its weights.
    """
    texts = _texts(sample)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / WEIGHTS).write_bytes(sample["weights"])


def _texts(sample: Sample) -> Mapping[str, str]:
    files = sample["files"]
    if len(files) > _TEXT_SIZE:
        raise BadInput(f"`files` of a model has {len(files)} bytes", f"a checkpoint's texts have at most {_TEXT_SIZE}")
    try:
        texts = json.loads(files)
    except ValueError as error:  # also where it is no UTF-8
        raise BadInput(f"`files` of a model is no JSON: {error}", "train it again") from None
    if not isinstance(texts, dict):
        raise BadInput("`files` of a model is no JSON object", "train it again")
    for name, text in texts.items():
        if not _TEXT.fullmatch(name) or not isinstance(text, str):
            raise BadInput(
                f"`files` of a model holds {name[:100]!r}", "names are plain and end in .json, .jinja or .txt"
            )
    if "config.json" not in texts:
        raise BadInput("`files` of a model holds no config.json", "train it again")
    return texts


def model_of(sample: Sample) -> Model:
    """A trained model as engines take it.

    Its checkpoint is unpacked into the cache, where the ones that were not asked for lately make room for it.
    """
    weights = sample["weights"]
    whole = hashlib.sha256(sample["files"] + b"\0")
    whole.update(weights)
    digest = whole.hexdigest()
    place = models_folder() / f"trained-{digest[:32]}"
    if place.is_dir():
        os.utime(place)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        make_room(place.parent, len(weights))
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".unpack-") as scratch:
            unpack(sample, Path(scratch) / "checkpoint")
            try:
                (Path(scratch) / "checkpoint").rename(place)
            except OSError:
                if not place.is_dir():
                    raise
    artifact = Artifact(f"sha256:{digest}", "model", f"{sample['stage']} of {sample['base']}", sample["license"] or "")
    return Model(f"{sample['stage']}:{sample.id}", place, artifact, artifact.license)


def make_room(folder: Path, size: int) -> None:
    """Remove unpacked checkpoints that nobody asked for in a day, and the oldest until `size` more bytes fit.

    One that was asked for within the hour stays: an engine may be about to read it. What is removed is unpacked again
    when it is asked for, since the run has it.
    """
    now = time.time()
    places = [path for name in ("trained-*", ".unpack-*") for path in folder.glob(name)]
    used = sorted(((_used(path), path) for path in places), reverse=True)
    for last, path in used:
        taken = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        if now - last > _OLD or (size + taken > SIZE and now - last > _IN_USE):
            shutil.rmtree(path, ignore_errors=True)
        else:
            size += taken


def _used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process has just removed it
        return 0.0
