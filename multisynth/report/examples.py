"""Samples shown as text: what was kept, what was dropped and why, and where one of them came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from multisynth.report.gallery import thumbnail
from multisynth.report.picks import evenly
from multisynth.report.relatives import ancestors, inputs_of
from multisynth.report.tables import Account, Reason
from multisynth.report.words import brief, excerpt, headline, measured, own_columns
from multisynth.sample import Sample
from multisynth.store import Store, Table

_TEXT = 3000
"""Characters of a text that are shown."""
_CHAIN = 24
_PROSE = ("text", "question", "answer", "completion", "instruction")
_BRIEF = frozenset({"token_ids", "events", "sentences"})


@dataclass(frozen=True)
class Example:
    """A sample as shown: long texts by name, short columns by name, what was measured, a picture where it has one."""

    id: str
    kind: str
    texts: list[tuple[str, str]]
    facts: list[tuple[str, str]]
    measured: list[tuple[str, str]]
    picture: str = ""


@dataclass(frozen=True)
class Dropped:
    """A reason with the inputs that it is shown by; an input is None where it is a source's ordinal or gone."""

    reason: Reason
    inputs: list[tuple[str, str, Example | None]] = field(default_factory=list)


def example(sample: Sample) -> Example:
    """A sample for a reader."""
    texts, facts = [], []
    for name in own_columns(sample):
        value = sample[name]
        if isinstance(value, str) and name in (
            "text",
            "question",
            "completion",
            "instruction",
            "answer",
            sample.kind.text,
        ):
            texts.append((name, excerpt(value, _TEXT)))
        elif value is not None and name not in _BRIEF and not sample.kind.columns[name].is_tensor:
            facts.append((name, str(brief(value, 100))))
    image = sample.kind.image
    return Example(
        sample.id, sample.kind.name, texts, facts, measured(sample), thumbnail(sample, image) if image else "",
    )  # fmt: skip


def kept(table: Table, most: int) -> list[Example]:
    """At most so many samples of a table."""
    return [example(sample) for sample in evenly(table, most)]


def dropped(store: Store, account: Account, most: int) -> Iterator[Dropped]:
    """A stage's most frequent reasons, each with the inputs that it was given for."""
    for reason in account.reasons[:most]:
        homes = inputs_of(store, account.feeds, [key for key, _ in reason.examples])
        shown = []
        for key, said in reason.examples:
            found = store.table(homes[key]).find([key]) if key in homes else {}
            shown.append((key, excerpt(said, 400), example(found[key]) if key in found else None))
        yield Dropped(reason, shown)


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
