"""A tiny model, a cache of one's own, models that answer by a function, and verifiers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from multisynth.text.verifiers import Verifiers

from multisynth.serving import Completion, Request
from tests.serving.tiny import tiny_model


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a tiny model."""
    return str(tiny_model(tmp_path_factory.mktemp("tiny")).path)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test is answered from what another asked."""
    monkeypatch.setattr("multisynth.serving.choice.cache_file", lambda: tmp_path / "completions.sqlite")


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Request]]:
    """Lets every model answer by a function of the prompt's last words and the request, which are noted."""

    def install(answer: Callable[[str, Request], str | Completion], finish: str = "stop") -> list[Request]:
        seen: list[Request] = []

        async def complete(self: object, request: Request) -> Completion:
            seen.append(request)
            prompt = request.prompt if isinstance(request.prompt, str) else request.prompt[-1].content
            said = answer(prompt, request)
            return said if isinstance(said, Completion) else Completion(said, (1, 2), None, finish, 10, 2)  # type: ignore[arg-type]

        monkeypatch.setattr("multisynth.serving.asking.LanguageModel.complete", complete)
        return seen

    return install


@pytest.fixture(scope="session")
def verifiers() -> Iterator[Verifiers]:
    """Shared, as the processes beside them take seconds to start."""
    verifiers = Verifiers()
    yield verifiers
    verifiers.close()
