"""No secret is shown or kept, wherever somebody writes one: messages, logs, and every file of a run."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
from multisynth.text.attempt import Attempt
from pydantic import ValidationError

from multisynth import cli, execute, report
from multisynth.errors import BadInput, shown
from multisynth.recipe import Recipe
from multisynth.secrecy import is_variable, masked, named
from multisynth.store import Store
from tests.serving.fake_server import FakeServer

SECRETS = ("sk-proj-Zq8Xv2Lw9Rt4Kp7N", "Tr0ub4dor&3x", "correcthorsebatterystaple")
"""A key by its looks, a password, and what could be a word."""
URL = "https://api.example.org/v1"
ANYWHERE = {
    "bad url": "model: {url: 'htp://x', name: m, key: SECRET}",
    "unknown option": f"model: {{url: '{URL}', name: m, key: SECRET, frob: 3}}",
    "nothing else wrong": f"model: {{url: '{URL}', name: m, key: SECRET}}",
    "not asked": f"trained: tuned, model: {{url: '{URL}', name: m, key: SECRET}}",
    "no name": f"model: {{url: '{URL}', key: SECRET}}",
    "another word for it": f"model: {{url: '{URL}', name: m, api_key: SECRET}}",
    "a header": f"model: {{url: '{URL}', name: m, headers: {{Authorization: Bearer SECRET}}}}",
    "a list of headers": f"model: {{url: '{URL}', name: m, headers: ['X-Api-Key: SECRET']}}",
    "a list for a key": f"model: {{url: '{URL}', name: m, key: [SECRET]}}",
    "userinfo": "model: {url: 'https://user:SECRET@example.org/v1', name: m}",
    "query": "model: {url: 'https://example.org/v1?key=SECRET', name: m}",
    "a URL for a name": "model: 'https://user:SECRET@example.org/v1'",
    "a list of models": f"model: [{{url: '{URL}', name: m, key: SECRET}}]",
    "another model": "judge: {url: 'htp://x', name: m, key: SECRET}",
    "another option": f"attempts: {{url: '{URL}', key: SECRET}}",
    "an unknown option": f"modle: {{url: '{URL}', name: m, key: SECRET}}",
    "no blank": f"model: {{url: '{URL}', name: m, 'key:SECRET'}}",
    "no colon": f"model: {{url: '{URL}', name: m, 'key SECRET'}}",
    "engine": "engine_options: {api_key: SECRET}",
    "needs": "needs: [{password: SECRET}]",
    "twice": "model: {key: SECRET, key: SECRET}",
    "an alias": "model: {key: *SECRET}",
    "a tag": "model: {key: !SECRET x}",
    "no YAML": "model: {key: SECRET",
    "free options": "options: {password: SECRET}",
}


def recipe(options: str, use: str = "text.attempt") -> str:
    if options.startswith("judge"):
        use = "text.debate"
    if options.startswith("options"):
        return f"name: leak\nstages:\n  sums: {{use: text.gym, set: chain_sum, problems: 2, {options}}}\n"
    return (
        "name: leak\nstages:\n  problems: {use: text.arithmetic, problems: 2}\n"
        "  tuned: {use: text.tune, from: answers}\n  answers: {use: text.attempt, from: problems}\n"
        f"  attempts: {{use: {use}, from: problems, {options}}}\n"
    )


def clean(text: str, secret: str) -> bool:
    return secret not in text and secret[:8] not in text


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("case", ANYWHERE)
def test_a_secret_in_a_recipe_is_refused_and_not_shown(case: str, secret: str, tmp_path: Path, capfd) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(recipe(ANYWHERE[case].replace("SECRET", secret)))
    with pytest.raises(BadInput) as told:
        execute.run(Recipe.load(path), tmp_path / "run")
    assert f"{path}:" in str(told.value)
    for text in (str(told.value), repr(told.value), repr(told.value.args), *capfd.readouterr()):
        assert clean(text, secret), text
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(
    "setting",
    [
        "attempts.model.key=SECRET", "atempts.model.key=SECRET", "attempts.model.key SECRET", "problems.key.x=SECRET",
        "attempts.model={url: 'htp://x', name: m, key: SECRET}", "attempts.model={key: SECRET", "attempts.key:SECRET",
        "attempts.use.key=SECRET", "attempts.from={key: SECRET}", "attempts.model=https://user:SECRET@example.org",
    ],
)  # fmt: skip
def test_no_command_shows_what_is_set(command, setting, tmp_path, monkeypatch, capfd) -> None:
    (tmp_path / "r.yaml").write_text(recipe(f"model: {{url: '{URL}', name: m}}"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "reserve", lambda: None)  # it is for a process's life, and this one has other tests to run
    for secret in SECRETS:
        monkeypatch.setattr(sys, "argv", ["multisynth", command, "r.yaml", "--set", setting.replace("SECRET", secret)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 2
        out, err = capfd.readouterr()
        assert err.startswith("error: ") and clean(out + err, secret), err
    assert [path.name for path in tmp_path.iterdir()] == ["r.yaml"]


def test_a_variable_that_is_not_set_may_be_the_key_itself(tmp_path, monkeypatch) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(recipe(f"model: {{url: '{URL}', name: m, key: QWERTYUIOPASDFGH}}"))
    with pytest.raises(BadInput, match="names no environment variable that is set") as told:
        execute.run(Recipe.load(path), tmp_path / "run")
    assert "QWERTY" not in str(told.value) and not (tmp_path / "run").exists()
    monkeypatch.setenv("QWERTYUIOPASDFGH", SECRETS[0])
    [step] = [step for step in Recipe.load(path).steps if step.name == "attempts"]
    assert clean(repr(step) + repr(step.artifacts()), SECRETS[0])


def test_python_does_not_show_it_either() -> None:
    for secret in SECRETS:
        for model in ({"url": "htp://x", "name": "m", "key": secret}, {"url": f"https://u:{secret}@x", "name": "m"}):
            with pytest.raises(ValidationError) as told:
                Attempt(model=model)
            assert clean(str(told.value) + repr(told.value), secret)


@pytest.mark.parametrize("always", ["", "418", "500"])
def test_the_key_that_is_used_is_in_no_file_of_a_run_and_in_no_log(always, make, monkeypatch, tmp_path, caplog, capfd):
    secret = SECRETS[0]
    monkeypatch.setattr("multisynth.serving.choice.cache_file", lambda: tmp_path / "completions.sqlite")
    monkeypatch.setattr("multisynth.serving.endpoint.engine.FIRST_WAIT", 0.001)
    monkeypatch.setenv("FAKE_KEY", secret)
    caplog.set_level(logging.DEBUG)
    with FakeServer(always=always or None) as server:
        model = {"url": server.url, "name": "fake", "key": "FAKE_KEY", "attempts": 2, "timeout": 20}
        blocks = {
            "problems": {"use": "text.arithmetic", "problems": 3},
            "attempts": {"use": "text.attempt", "from": "problems", "model": model, "errors": 1.0},
        }
        store, result = make(blocks)
        assert f"authorization: Bearer {secret}" in server.heads[0]
    failed = [row for row in store.ledger().to_pylist() if row["status"] == "failed"]
    assert len(failed) == (3 if always else 0)
    report.write(Store.open(store.root))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"run.json", "report.html", "completions.sqlite"} <= {path.name for path in files}
    assert not [path for path in files if secret.encode() in path.read_bytes()]
    assert clean("".join(capfd.readouterr()) + caplog.text + str(result), secret)


def test_what_looks_like_a_secret() -> None:
    for text in (
        "task-12345678901234567", "hf:HuggingFaceTB/SmolLM2-135M-Instruct", "http://localhost:8000/@x?max_tokens=5",
        "https://medium.com/@somebody", "the bearer of bad news", "", "key", "configs/text.yaml",
    ):  # fmt: skip
        assert masked(text) == text
    assert masked("GET https://me:pa/ss@x.org/?a=1&api_key=k9&b=2") == "GET https://…@x.org/?a=1&api_key=…&b=2"
    assert masked("Authorization: Basic Zm9vOmJhcg==") == "Authorization:…"
    assert [named(text) for text in ("top_k", "a.b-c", "key:secret", "key secret")] == [
        "top_k",
        "a.b-c",
        "key…",
        "key…",
    ]
    assert all(map(is_variable, ("OPENAI_API_KEY", "KEY", "KEY2", "AZURE_GPT4_KEY")))
    assert not any(map(is_variable, (*SECRETS, "AKIA0123456789ABCDEF", "gsk_0123", "hunter2", "", "ABC DEF")))
    assert shown({"url": "x", "key": "k9"}) == "a mapping of url, key"
    assert shown([{"key": "k9"}]) == "a list of a mapping of key"
