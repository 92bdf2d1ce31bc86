"""Every registered stage and exporter keeps the contract; a new one is covered by being registered."""

from __future__ import annotations

import inspect
import json
import pickle
import re
import tomllib
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, ValidationError

from multisynth.export.exporter import Exporter
from multisynth.kinds import KINDS, Kind
from multisynth.stage import Map, Needs, Reduce, Series, Source, Stage

ROOT = Path(__file__).parents[1]
METHODS: dict[type[Stage], tuple[str, ...]] = {
    Series: ("follow",),
    Source: ("generate",),
    Map: ("process",),
    Reduce: ("sketch", "resolve", "apply"),
}


def registered(group: str) -> list[EntryPoint]:
    return sorted(entry for entry in entry_points(group=group) if entry.dist and entry.dist.name == "multisynth")


STAGES = registered("multisynth.stages")
EXPORTS = registered("multisynth.exports")
each_stage = pytest.mark.parametrize("entry", STAGES, ids=lambda entry: entry.name)
each_source = pytest.mark.parametrize(
    "entry", [entry for entry in STAGES if issubclass(entry.load(), Source)], ids=lambda entry: entry.name
)
each_export = pytest.mark.parametrize("entry", EXPORTS, ids=lambda entry: entry.name)
each = pytest.mark.parametrize("entry", [*STAGES, *EXPORTS], ids=lambda entry: entry.name)


def a_value(schema: dict[str, Any], defs: dict[str, Any], folder: Path) -> Any:
    """A valid value of an option, out of its JSON schema: an example if it gives one, or the least that is allowed."""
    if "$ref" in schema:
        schema = {**defs[schema["$ref"].rpartition("/")[2]], **schema}
    for key in ("examples", "enum"):
        if key in schema:
            return schema[key][0]
    if "const" in schema or "default" in schema:
        return schema.get("const", schema.get("default"))
    if "anyOf" in schema:
        return a_value(schema["anyOf"][0], defs, folder)
    match schema.get("type"):
        case "string" if schema.get("format") == "path":
            path = folder / "input.jsonl"
            path.touch()
            return str(path)
        case "string":
            return "x" * max(1, schema.get("minLength", 1))
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case "array":
            items = schema.get("prefixItems") or [schema["items"]] * max(1, schema.get("minItems", 1))
            return [a_value(item, defs, folder) for item in items]
        case "object":
            properties = schema.get("properties", {})
            return {name: a_value(properties[name], defs, folder) for name in schema.get("required", [])}
    raise AssertionError(f"no value is known for {schema}")


def make(model: type[BaseModel], folder: Path) -> BaseModel:
    """An instance with the required options alone."""
    schema = model.model_json_schema()
    return model.model_validate(a_value({**schema, "type": "object"}, schema.get("$defs", {}), folder))


def test_what_is_registered_is_what_is_installed() -> None:
    """After a change of pyproject.toml the entry points count only once `make setup` has run."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    assert {e.name: e.value for e in STAGES} == points["multisynth.stages"]
    assert {e.name: e.value for e in EXPORTS} == points["multisynth.exports"]
    assert STAGES and EXPORTS


@each_stage
def test_stage_declares_what_it_takes_and_makes(entry: EntryPoint) -> None:
    stage = entry.load()
    assert re.fullmatch(r"[a-z][a-z0-9]*\.[a-z][a-z0-9_]*", entry.name)
    base = next(base for base in METHODS if issubclass(stage, base))
    for method in METHODS[base]:
        assert getattr(stage, method) is not getattr(base, method), f"{method} is missing"
    assert isinstance(stage.version, int) and stage.version >= 1
    assert isinstance(stage.needs, Needs)
    assert isinstance(stage.takes, tuple)
    assert stage.makes is None or KINDS[stage.makes.name] is stage.makes
    if issubclass(stage, Source):
        assert (stage.takes == () or issubclass(stage, Series)) and stage.makes is not None
        assert stage.extent in stage.model_fields, f"no option is called `{stage.extent}`"
    else:
        assert stage.takes and all(isinstance(kind, Kind) for kind in stage.takes)


@each_source
def test_a_source_knows_how_many_ordinals_there_are(entry: EntryPoint, tmp_path: Path) -> None:
    stage = make(entry.load(), tmp_path)
    assert isinstance(stage, Source)
    count, extent = stage.count_of(), getattr(stage, stage.extent)
    assert isinstance(count, int) and (count >= 1 if isinstance(extent, int) and extent else count >= 0)


@each_export
def test_exporter_declares_what_it_takes(entry: EntryPoint) -> None:
    exporter = entry.load()
    assert re.fullmatch(r"[a-z][a-z0-9_]*", entry.name)
    assert issubclass(exporter, Exporter) and exporter.write is not Exporter.write
    assert exporter.takes and all(isinstance(kind, Kind) for kind in exporter.takes)


@each
def test_documented(entry: EntryPoint) -> None:
    found = entry.load()
    assert found.__doc__ and found.__doc__ == vars(found).get("__doc__"), "its own docstring is missing"
    assert len(inspect.cleandoc(found.__doc__).splitlines()[0]) <= 120
    undocumented = [name for name, option in found.model_fields.items() if not option.description]
    assert not undocumented, "options without a description"


@each
def test_schema_is_valid_and_describes_the_options(entry: EntryPoint, tmp_path: Path) -> None:
    schema = entry.load().model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    made = make(entry.load(), tmp_path)
    jsonschema.validate(made.model_dump(mode="json"), schema)
    with pytest.raises(ValidationError):
        type(made).model_validate({**made.model_dump(), "no_such_option": 1})


@each
def test_made_again_from_name_and_arguments(entry: EntryPoint, tmp_path: Path) -> None:
    made = make(entry.load(), tmp_path)
    again = entry.load().model_validate_json(made.model_dump_json())
    copy = pickle.loads(pickle.dumps(made))
    # Options only: `==` would also compare what a worker holds in private attributes.
    assert made.model_dump() == again.model_dump() == copy.model_dump()
    assert type(made) is type(copy)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer", "exclusiveMinimum": 3}, 4),
        ({"type": "array", "prefixItems": [{"type": "number", "minimum": 2}, {"const": "a"}]}, [2, "a"]),
        ({"$ref": "#/$defs/Mode"}, "fast"),
        ({"type": "string", "examples": ["smollm2-135m"]}, "smollm2-135m"),
        ({"anyOf": [{"type": "string", "minLength": 2}, {"type": "null"}]}, "xx"),
    ],
)
def test_the_least_value_of_an_option(schema: dict[str, Any], value: Any, tmp_path: Path) -> None:
    defs = {"Mode": {"enum": ["fast", "exact"], "type": "string"}}
    assert a_value(schema, defs, tmp_path) == value
    jsonschema.validate(value, {**schema, "$defs": defs})
