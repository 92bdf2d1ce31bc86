"""Checkpoints as columns of a `model` sample, and back."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from multisynth.artifact import Artifact
from multisynth.sample import Sample
from multisynth.serving.models import Model, models_folder

WEIGHTS = "model.safetensors"


def pack(folder: Path) -> dict[str, Any]:
    """The columns `files` and `weights` for what `save_pretrained` of a model and a tokenizer wrote into a folder."""
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(folder.iterdir())
        if path.is_file() and path.suffix != ".safetensors"
    }
    return {
        "files": json.dumps(texts, sort_keys=True, ensure_ascii=False).encode(),
        "weights": (folder / WEIGHTS).read_bytes(),
    }


def unpack(sample: Sample, folder: Path) -> None:
    """Write a model's checkpoint into a folder, which is made."""
    folder.mkdir(parents=True)
    for name, text in json.loads(sample["files"]).items():
        if Path(name).name != name:
            raise ValueError(f"`{name}` is no file name")
        (folder / name).write_text(text, encoding="utf-8")
    (folder / WEIGHTS).write_bytes(sample["weights"])


def model_of(sample: Sample) -> Model:
    """A trained model as engines take it; its checkpoint is written to the cache once."""
    digest = hashlib.sha256(sample["files"] + b"\0" + sample["weights"]).hexdigest()
    place = models_folder() / f"trained-{digest[:32]}"
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".unpack-") as scratch:
            unpack(sample, Path(scratch) / "checkpoint")
            try:
                (Path(scratch) / "checkpoint").rename(place)
            except OSError:
                if not place.is_dir():
                    raise
    artifact = Artifact(f"sha256:{digest}", "model", f"{sample['stage']} of {sample['base']}", sample["license"] or "")
    return Model(f"{sample['stage']}:{sample.id}", place, artifact, artifact.license)
