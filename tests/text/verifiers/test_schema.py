"""JSON by a JSON Schema, against jsonschema itself."""

import json

import jsonschema
import pytest

FORM = {
    "type": "object", "required": ["name", "age"], "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1}, "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True},
    },
}  # fmt: skip
JSONS = [
    {"name": "x", "age": 3}, {"name": "x", "age": 3, "tags": ["a"]}, {"name": "x", "age": 3, "tags": []},
    {"name": "x", "age": 3.0}, {"name": "", "age": 3}, {"name": "x"}, {"age": 3}, {"name": "x", "age": -1},
    {"name": "x", "age": 3.5}, {"name": "x", "age": "3"}, {"name": "x", "age": True}, {"name": None, "age": 3}, [], {},
    {"name": "x", "age": 3, "more": 1}, {"name": "x", "age": 3, "tags": ["a", "a"]},
    {"name": "x", "age": 3, "tags": "a"}, "x",
    3, None, {"name": "x", "age": 3, "tags": ["c"]}, {"name": "é" * 50, "age": 10**6},
]  # fmt: skip


@pytest.mark.parametrize("value", JSONS)
@pytest.mark.parametrize("form", ["{}", "Here:\n```json\n{}\n```\nDone.", "<answer>{}</answer>"])
@pytest.mark.parametrize("schema", [FORM, {"not": FORM}], ids=["form", "not the form"])
def test_schemas_agree_with_jsonschema(judge, schema, form, value) -> None:
    verdict = judge("schema", form.replace("{}", json.dumps(value), 1), check={"schema": schema})
    assert verdict.right is jsonschema.Draft202012Validator(schema).is_valid(value)
    assert bool(verdict.reason) is not verdict.right


@pytest.mark.parametrize("value", ["NaN", "[Infinity]", '{"a": -Infinity}'])
def test_what_is_no_number_of_json_is_no_json(judge, value) -> None:
    verdict = judge("schema", value, check={"schema": True})
    assert not verdict.right and verdict.reason == "not of the schema: no JSON"


def test_a_gold_answer_has_to_be_met_too(judge) -> None:
    for said, right in [('{"a":[1.0,true]}', True), ('{"a":[true,1]}', False), ("{}", False)]:
        assert judge("schema", said, '{"a": [1, true]}', check={"schema": {"type": "object"}}).right is right


@pytest.mark.timeout(300)  # the pattern takes 2^40 steps: it is given two seconds
def test_hostile_json_and_schemas_come_to_an_end(judge, monkeypatch) -> None:
    monkeypatch.setattr("multisynth.text.verifiers.schema.SECONDS", 2.0)
    slow = {"schema": {"type": "string", "pattern": "^(a+)+$"}}
    assert judge("schema", json.dumps("a" * 40 + "!"), check=slow).reason.startswith("undecided: ")
    monkeypatch.setattr("multisynth.text.verifiers.schema.SECONDS", 60.0)
    anything = {"schema": True}
    assert not judge("schema", "[" * 50_000, check=anything).right
    assert judge("schema", "[" * 200_000, check=anything).reason == "too long: 200000 characters"
    assert judge("schema", "[1]", check=anything).right, "it goes on"


@pytest.mark.parametrize("check", [{}, {"schema": 3}, {"schema": {}, "x": 1}, {"schema": {"type": "thing"}}])
def test_a_check_that_is_none_is_refused(judge, check) -> None:
    with pytest.raises(ValueError, match=r"(?i)schema"):
        judge("schema", "{}", check=check)
