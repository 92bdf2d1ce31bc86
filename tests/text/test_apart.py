"""What a process apart sees of this one."""

import json
import os
import subprocess

from multisynth.text.apart import Apart


def test_neither_the_current_folder_nor_keys_reach_it(monkeypatch, tmp_path) -> None:
    """A `json.py` where a run starts would be imported instead of Python's."""
    (tmp_path / "json.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    begun: list[dict[str, str]] = []
    start = subprocess.Popen

    def noting(argv: list[str], **options):
        begun.append(options["env"])
        return start(argv, **options)

    monkeypatch.setattr("multisynth.text.apart.subprocess.Popen", noting)
    apart = Apart("multisynth.text.verifiers.answers.symbolic_server")
    try:
        assert apart.ask({"gold": "x+1", "got": "1+x"}, 60) is True
    finally:
        apart.close()
    (environment,) = begun
    assert "canary" not in json.dumps(environment) and environment["PATH"] == os.environ["PATH"]
