"""Debates, each beside the vote that cost as much, and what was said in some of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from multisynth.report.intervals import wilson
from multisynth.report.picks import evenly
from multisynth.report.prose import Part, parts
from multisynth.report.tables import Account
from multisynth.report.words import excerpt
from multisynth.sample import Sample
from multisynth.store import Store

_SHOWN, _TURNS, _TEXT = 4, 24, 1200
_COLUMNS = ["flagged", "right", "tokens", "vote_right", "vote_tokens"]


@dataclass(frozen=True)
class Contest:
    """What a stage's debates came to, and the votes beside them.

    Args:
        stage: Its name.
        debates: How many.
        judged: Of how many both answers could be verified.
        right: Debates among them whose verdict is right.
        vote_right: Votes that are.
        both: Where both are.
        flagged: Debates in which somebody contradicted themselves.
        flagged_right: Of these, verified ones whose verdict is right.
        flagged_judged: Of these, verified ones.
        tokens: That debates and judges wrote.
        vote_tokens: That voters did.
    """

    stage: str
    debates: int
    judged: int
    right: int
    vote_right: int
    both: int
    flagged: int
    flagged_right: int
    flagged_judged: int
    tokens: int
    vote_tokens: int

    @property
    def sides(self) -> list[tuple[str, int, float, tuple[float, float], int]]:
        """Of either: its name, how many are right, their share with its interval, tokens."""
        return [
            (name, right, right / max(self.judged, 1), wilson(right, self.judged), tokens)
            if self.judged
            else (name, 0, 0.0, (0.0, 1.0), tokens)
            for name, right, tokens in (
                ("debate", self.right, self.tokens), ("self-consistency", self.vote_right, self.vote_tokens),
            )
        ]  # fmt: skip

    @property
    def flags(self) -> tuple[float, tuple[float, float]]:
        """Share of debates that are flagged, with its interval."""
        return self.flagged / self.debates, wilson(self.flagged, self.debates)


@dataclass(frozen=True)
class Said:
    """A turn as shown; `against` is the number of the speaker's own earlier turn that it contradicts."""

    number: int
    speaker: str
    act: str
    text: list[Part]
    claim: str
    against: int | None
    reason: str


@dataclass(frozen=True)
class Transcript:
    """A debate as a conversation."""

    id: str
    question: list[Part]
    answer: str
    turns: list[Said]
    more: int
    flagged: bool
    verdict: str
    right: bool | None
    vote: str
    vote_right: bool | None
    votes: list[tuple[str, int]]
    tokens: int
    vote_tokens: int


def contests(store: Store, accounts: Mapping[str, Account]) -> list[Contest]:
    """Of every stage that holds debates itself: what another has only handed on would be chosen."""
    held = [a for a in accounts.values() if a.kind == "debate" and a.outputs]
    made = [a for a in held if not any(feed in accounts and accounts[feed].kind == "debate" for feed in a.feeds)]
    return [_contest(store, account.name) for account in made]


def _contest(store: Store, stage: str) -> Contest:
    counts = dict.fromkeys(
        ("debates", "judged", "right", "vote_right", "both", "flagged", "flagged_right", "flagged_judged", "tokens",
         "vote_tokens"), 0,
    )  # fmt: skip
    for batch in store.table(stage).dataset.to_batches(columns=_COLUMNS):
        judged = pc.and_(batch["right"].is_valid(), batch["vote_right"].is_valid())
        right, vote = (_true(pc.and_(batch[name], judged)) for name in ("right", "vote_right"))
        flagged = _true(batch["flagged"])
        counts["debates"] += batch.num_rows
        for name, mask in (
            ("judged", judged), ("right", right), ("vote_right", vote), ("both", pc.and_(right, vote)),
            ("flagged", flagged), ("flagged_right", pc.and_(flagged, right)),
            ("flagged_judged", pc.and_(flagged, judged)),
        ):  # fmt: skip
            counts[name] += pc.sum(mask).as_py() or 0
        for name in ("tokens", "vote_tokens"):
            counts[name] += pc.sum(batch[name]).as_py() or 0
    return Contest(stage, **counts)


def _true(mask: pa.Array) -> pa.Array:
    return pc.fill_null(mask, False)


def transcripts(store: Store, account: Account) -> Iterator[Transcript]:
    """A few debates of a table."""
    for sample in evenly(store.table(account.name), _SHOWN):
        yield _transcript(sample)


def _transcript(sample: Sample) -> Transcript:
    turns, votes = sample["turns"] or [], dict[str, int]()
    for vote in sample["votes"] or []:
        votes[vote] = votes.get(vote, 0) + 1
    ranked = sorted(votes.items(), key=lambda pair: (-pair[1], pair[0]))[:6]
    return Transcript(
        sample.id, parts(sample["question"]), excerpt(sample["answer"] or "", 200), list(_said(turns)),
        max(len(turns) - _TURNS, 0), bool(sample["flagged"]), excerpt(sample["verdict"] or "", 120), sample["right"],
        excerpt(sample["vote"] or "", 120), sample["vote_right"], [(excerpt(vote, 40), n) for vote, n in ranked],
        sample["tokens"] or 0, sample["vote_tokens"] or 0,
    )  # fmt: skip


def _said(turns: Sequence[dict[str, object]]) -> Iterator[Said]:
    """The first turns and the last one, which is the verdict."""
    for place, turn in enumerate(turns):
        if place >= _TURNS - 1 and place < len(turns) - 1:
            continue
        against = turn["contradicts"]
        yield Said(
            place + 1, str(turn["speaker"] or "nobody"), str(turn["act"] or ""), parts(str(turn["text"] or ""), _TEXT),
            excerpt(turn["claim"] or "", 120), against + 1 if isinstance(against, int) and against >= 0 else None,
            excerpt(turn["reason"] or "", 300),
        )  # fmt: skip
