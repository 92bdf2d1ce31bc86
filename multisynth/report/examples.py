"""Samples shown as text: what was kept, what was dropped and why, and where one of them came from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from multisynth.report.picks import evenly
from multisynth.report.pictures import thumbnail
from multisynth.report.relatives import ancestors, inputs_of
from multisynth.report.tables import Account, Reason
from multisynth.report.trees import level
from multisynth.report.words import brief, excerpt, given, headline, measured, own_columns
from multisynth.sample import Sample
from multisynth.store import Store
from multisynth.tables import Table

_TEXT = 3000
"""Characters of a text that are shown."""
_CHAIN, _STEPS = 24, 40
_ID = re.compile(r"\b[0-9a-f]{32}\b")
_PROSE = ("text", "question", "answer", "completion", "instruction")
_BRIEF = frozenset({"token_ids", "events", "sentences", "steps", "check"})


@dataclass(frozen=True)
class Example:
    """A sample as shown.

    Args:
        texts: Long texts by name.
        facts: Short columns by name.
        measured: What stages noted.
        picture: A small one, where it has any.
        code: Whether its main text is a program.
        steps: Of its main text, where each has a value from 0 to 1, and the colour of that.
    """

    id: str
    kind: str
    texts: list[tuple[str, str]]
    facts: list[tuple[str, str]]
    measured: list[tuple[str, str]]
    picture: str = ""
    code: bool = False
    steps: list[tuple[str, float, int | None]] = field(default_factory=list)


@dataclass(frozen=True)
class Given:
    """An input with its full reason, and the sample that the reason names: the one that it copies, say.

    `example` is None where the input is a source's ordinal or gone.
    """

    input: str
    said: str
    example: Example | None
    named: Example | None


@dataclass(frozen=True)
class Dropped:
    """A reason with the inputs that it is shown by."""

    reason: Reason
    given: list[Given]


def example(sample: Sample) -> Example:
    """A sample for a reader."""
    texts, facts = [], []
    for name in own_columns(sample):
        value = sample[name]
        if isinstance(value, str) and not value and name != sample.kind.text:
            continue
        if isinstance(value, str) and name in (*_PROSE, sample.kind.text):
            texts.append((name, excerpt(value, _TEXT)))
        elif value is not None and name not in _BRIEF and not sample.kind.columns[name].is_tensor:
            facts.append((name, str(brief(value, 100))))
    code, steps = given(sample, "verifier") == "code", list(_steps(sample))
    return Example(sample.id, sample.kind.name, texts, facts, measured(sample), thumbnail(sample), code, steps)


def _steps(sample: Sample) -> Iterator[tuple[str, float, int | None]]:
    steps, values = given(sample, "steps") or [], given(sample, "values")
    if values is not None and len(values) == len(steps):
        for step, value in zip(steps[:_STEPS], values, strict=False):
            yield excerpt(step, _TEXT // 4), float(value), level(float(value))


def kept(table: Table, most: int) -> list[Example]:
    """At most so many samples of a table."""
    return [example(sample) for sample in evenly(table, most)]


def dropped(store: Store, account: Account, most: int) -> Iterator[Dropped]:
    """A stage's most frequent reasons, each with the inputs that it was given for."""
    for reason in account.reasons[:most]:
        named = {key: _ID.findall(said)[:1] for key, said in reason.examples}
        homes = inputs_of(store, account.fed, [i for key, others in named.items() for i in (key, *others)])

        def find(key: str, homes: Mapping[str, str] = homes) -> Example | None:
            return example(store.table(homes[key]).find([key])[key]) if key in homes else None

        given = [
            Given(key, excerpt(said, 400), find(key), find(named[key][0]) if named[key] else None)
            for key, said in reason.examples
        ]
        yield Dropped(reason, given)


@dataclass(frozen=True)
class Link:
    """A sample in the chain that leads to an example."""

    id: str
    kind: str
    stage: str
    seed: int
    license: str
    headline: str
    parents: tuple[str, ...]


@dataclass(frozen=True)
class Chain:
    """Where one sample came from: parents before children, the sample itself last; and how many had no room."""

    links: list[Link]
    more: int
    artifacts: list[Mapping[str, object]]


def chain(store: Store, stage: str) -> Chain:
    """The lineage of the sample in the middle of a stage's table."""
    table = store.table(stage)
    middle = len(table) // 2
    [sample] = table.rows(middle, middle + 1)
    found = list(ancestors(store, [sample.id]).values())
    shown, links = found[-_CHAIN:], []
    for relative in shown:
        whole = store.table(relative.stage).find([relative.id])[relative.id]
        links.append(
            Link(
                relative.id,
                relative.kind,
                relative.stage,
                whole["seed"],
                whole["license"] or "",
                headline(whole),
                relative.parents,
            )
        )
    named = {parent for relative in found for parent in relative.parents}
    artifacts = [artifact for artifact in store.artifacts() if artifact["id"] in named]
    unique = {str(artifact["id"]): artifact for artifact in artifacts}
    return Chain(links, len(found) - len(shown), list(unique.values()))
