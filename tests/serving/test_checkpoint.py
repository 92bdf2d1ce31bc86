"""Checkpoints go into samples and come back as folders, and hostile ones do not come far."""

import asyncio
import json
import os
import time

import pytest

from multisynth.errors import BadInput
from multisynth.kinds import MODEL
from multisynth.sample import Sample
from multisynth.serving import Request, checkpoint
from multisynth.serving.checkpoint import WEIGHTS, make_room, model_of, pack, unpack
from multisynth.testing import inputs_of
from tests.serving.tiny import tiny_model


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    return pack(tiny_model(tmp_path_factory.mktemp("tiny")).path)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "models"
    monkeypatch.setattr(checkpoint, "models_folder", lambda: folder)
    return folder


def sample(files: object, weights: bytes = b"") -> Sample:
    data = files if isinstance(files, bytes) else json.dumps(files).encode()
    columns = {"base": "b", "method": "sft", "step": 1, "tokens": 1, "losses": [0.5]}
    return inputs_of([Sample(MODEL, 0, files=data, weights=weights, **columns)])[0]


def test_a_checkpoint_comes_back_byte_for_byte_and_answers(packed, tmp_path) -> None:
    folder = tiny_model(tmp_path / "tiny").path
    trained = model_of(sample(packed["files"], packed["weights"]))
    assert pack(trained.path) == packed
    assert {path.name for path in trained.path.iterdir()} == {path.name for path in folder.iterdir()}
    assert (trained.path / WEIGHTS).read_bytes() == (folder / WEIGHTS).read_bytes()
    from multisynth.serving.transformers import TransformersEngine

    engine = TransformersEngine(trained)
    assert asyncio.run(engine.complete(Request("ab", max_tokens=3))).generated >= 1
    engine.close()


def test_the_same_weights_are_the_same_artifact(packed, cache) -> None:
    one, two = (model_of(sample(packed["files"], packed["weights"])) for _ in range(2))
    assert one.artifact.id == two.artifact.id and one.path == two.path
    other = model_of(sample(packed["files"], packed["weights"] + b" "))
    assert other.artifact.id != one.artifact.id
    assert sorted(path.name for path in cache.iterdir()) == sorted(model.path.name for model in (one, other))


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"config.json": "{}", "../config.json": ""}, r"holds '\.\./config\.json'"),
        ({"config.json": "{}", "/etc/cron.d/x.txt": ""}, "holds '/etc"),
        ({"config.json": "{}", ".hidden.json": ""}, "holds '.hidden"),
        ({"config.json": "{}", "modelling.py": "print()"}, "holds 'modelling.py'"),
        ({"config.json": "{}", WEIGHTS: ""}, "holds 'model.safetensors'"),
        ({"config.json": "{}", "a\n.json": ""}, "holds"),
        ({"config.json": "{}", "x" * 300 + ".json": ""}, "holds 'x"),
        ({"config.json": {"a": 1}}, "holds 'config.json'"),
        ({"tokenizer.json": "{}"}, "no config.json"),
        (["config.json"], "no JSON object"),
        (b"{", "no JSON"),
        (b"\xff\xfe", "no JSON"),
    ],
)
def test_hostile_files_are_refused_before_anything_is_written(files, problem, tmp_path, cache) -> None:
    with pytest.raises(BadInput, match=problem):
        unpack(sample(files), tmp_path / "out")
    with pytest.raises(BadInput, match=problem):
        model_of(sample(files))
    assert not (tmp_path / "out").exists() and not list(cache.iterdir())


def test_too_many_bytes_of_texts_are_refused(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(checkpoint, "_TEXT_SIZE", 50)
    with pytest.raises(BadInput, match="has 120 bytes"):
        unpack(sample(b" " * 120), tmp_path / "out")


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", WEIGHTS])
def test_half_a_checkpoint_is_not_packed(missing, tmp_path) -> None:
    folder = tiny_model(tmp_path / "tiny").path
    (folder / missing).unlink()
    with pytest.raises(BadInput, match=f"has no {missing}"):
        pack(folder)


def test_the_cache_keeps_what_is_used_and_stays_bounded(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(checkpoint, "SIZE", 250)
    hour, day = 3600, 86400
    ages = {"trained-new": 0, "trained-hour": 2 * hour, "trained-hours": 5 * hour}
    ages |= {"trained-days": 2 * day, ".unpack-x": 2 * day}
    for name in (*ages, "smollm2-135m-abc"):
        (tmp_path / name).mkdir()
        (tmp_path / name / WEIGHTS).write_bytes(b" " * 100)
        then = time.time() - ages.get(name, 9 * 86400)
        os.utime(tmp_path / name, (then, then))
    make_room(tmp_path, 50)
    assert {path.name for path in tmp_path.iterdir()} == {"trained-new", "trained-hour", "smollm2-135m-abc"}
    make_room(tmp_path, 10_000)
    assert {path.name for path in tmp_path.iterdir()} == {"trained-new", "smollm2-135m-abc"}
