"""The recipes for text: all can be read, and run to their end with a model that knows nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from multisynth.text.grade import Grade
from multisynth.text.train.training import Training

from multisynth import registry, yaml_lines
from multisynth.errors import BadInput
from multisynth.execute import run
from multisynth.executors.local import LocalExecutor
from multisynth.recipe import Recipe
from multisynth.serving.asking import Asking
from multisynth.stage import Source
from multisynth.store import Store
from multisynth.testing import run_stage
from tests.serving.tiny import tiny_model

RECIPES = sorted((Path(__file__).parents[2] / "configs").glob("text_*.yaml"))
MODEL = "smollm2-135m"

SMALL = {"problems": 2, "attempts": 2, "rollouts": 2, "answers": 2, "rounds": 1, "samples": 2}
"""Options of stages that are lowered to this."""
ASKING = {"engine": "transformers", "max_tokens": 6}
TRAINING = {"steps": 1, "batch_size": 2, "held_out": 0}
FRESH = {"layers": 1, "width": 32, "heads": 1}

CHANGED = {
    # A model that knows nothing gets nothing right, and what is right is all that these learn from.
    "text_distil": ["student.from=attempts"],
    "text_sft": ["lessons.from=attempts"],
    "text_star_tiny": ["rounds.loop=2"],
}
NOT_RUN = {
    "text_dpo": "of two ways to go on that are both wrong neither is better",
    "text_rlaif": "answers that were cut off are not compared",
}


def blocks(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The stages, those of loops too."""
    for name, block in data["stages"].items():
        if "loop" in block:
            yield from blocks(block)
        else:
            yield name, block


def settings(path: Path, model: str) -> list[str]:
    """What makes a recipe small, and has it ask and train a small model."""
    found: list[str] = []
    for name, block in blocks(yaml_lines.load(path)[0]):
        stage = registry.stage(block["use"])
        fields, changes = stage.model_fields, {}
        changes |= {option: min(most, block.get(option, most)) for option, most in SMALL.items() if option in fields}
        changes |= {key: model for key in ("model", "judge", "base", "teacher") if block.get(key) == MODEL}
        if issubclass(stage, Asking):
            changes |= {option: value for option, value in ASKING.items() if option in fields}
        if issubclass(stage, Training):
            changes |= TRAINING
            if block.get("fresh"):
                changes |= {f"fresh.{key}": value for key, value in FRESH.items()}
        found += [f"{name}.{option}={value}" for option, value in changes.items()]
    return [*found, *CHANGED.get(path.stem, ())]


def load(path: Path, *changes: str) -> Recipe:
    try:
        return Recipe.load(path, changes)
    except BadInput as error:
        if "does not exist" in str(error):
            pytest.skip(str(error))
        raise


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_it_can_be_read_and_is_named_as_its_file(path) -> None:
    assert load(path).name == path.stem
    assert f"multisynth run configs/{path.name}" in path.read_text()


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_whoever_is_trained_sits_no_exam_on_what_it_may_have_learned(path) -> None:
    steps = {step.name: step for step in load(path).steps}

    def sources(name: str) -> Iterator[Source]:
        if isinstance(steps[name].stage, Source) and not steps[name].inputs:
            yield steps[name].stage
        for feed in steps[name].inputs:
            yield from sources(feed)

    for name, step in steps.items():
        if isinstance(step.stage, Training):
            assert all(getattr(source, "part", "train") == "train" for source in sources(name)), name
        if isinstance(step.stage, Grade) and any(getattr(steps[feed].stage, "trained", None) for feed in step.inputs):
            assert [getattr(source, "part", None) for source in sources(name)] == ["held_out"], name


def test_at_scale_the_exam_of_text_sft_is_in_no_training_set() -> None:
    path = next(path for path in RECIPES if path.stem == "text_sft")
    recipe = load(path, "problems.problems=10000", "exam.problems=500")
    questions = {
        step.name: run_stage(step.stage, name=step.name, seed=recipe.seed).samples["question"]
        for step in recipe.steps
        if isinstance(step.stage, Source) and not step.inputs
    }
    assert {name: len(set(asked)) for name, asked in questions.items()} == {"problems": 10_000, "exam": 500}
    assert not set(questions["problems"]) & set(questions["exam"])


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    return str(tiny_model(tmp_path_factory.mktemp("tiny"), context=4096).path)


@pytest.mark.parametrize("path", [path for path in RECIPES if path.stem not in NOT_RUN], ids=lambda path: path.stem)
def test_it_runs_to_its_end(path, model, tmp_path) -> None:
    recipe = load(path, *settings(path, model))
    executor = LocalExecutor(1)
    result = run(recipe, tmp_path / "run", executor)
    executor.close()
    assert result.ok, result.errors
    assert set(result.states.values()) == {"done"} and set(result.exports) == set(recipe.data.get("exports", ()))
    store = Store.open(tmp_path / "run")
    for step in recipe.steps:
        ledger = store.shelf(step.name).ledger()
        asked = sum(ledger["tokens_written"].to_pylist())
        assert bool(asked) == (isinstance(step.stage, Asking) and ledger.num_rows > 0), step.name
