"""Holds causal sentences against the event log they stand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, ClassVar

from pydantic import Field

from multisynth.captions.claims import Claim, Unreadable, read
from multisynth.kinds import CAPTION, Kind
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map

Log = Sequence[Mapping[str, Any]]


def problem(text: str, events: Sequence[str], log: Log, tolerance: float = 0.01) -> str | None:
    """What is wrong with a causal sentence, or None.

    Right is a sentence that names at least one blow of the log with its speed and when it was, each of whose claims is
    an event it points at, with the same bodies in the same roles and with every figure within the tolerance, and that
    points at nothing else.

    Args:
        text: The sentence.
        events: Ids that it points at.
        log: All events of the clip, rows as in `multisynth.kinds.EVENT`.
        tolerance: Relative error that a figure may have.
    """
    known = {row["id"]: row for row in log}
    missing = [event for event in events if event not in known]
    if missing:
        return f"event {', '.join(missing)} is not in the log"
    names = sorted({name for row in log for name in row["bodies"]})
    try:
        claims, neighbours = read(text, names)
    except Unreadable as error:
        return str(error)
    if not any(claim.kind == "strike" and claim.speed is not None for claim in claims):
        return "no blow has a speed"
    if not any(claim.lag is not None or claim.time is not None for claim in claims):
        return "nothing says when it was"
    for name in neighbours:
        if not any(claim.kind == "strike" and claim.bodies[-1] == name for claim in claims):
            return f"nothing struck the {name}"
    rows = [known[event] for event in events]
    if len(claims) != len(set(events)):
        return f"it tells of {len(claims)} events and points at {len(set(events))}"
    # Sentences hold a handful of claims, so trying every assignment is cheap, and two like events need no rule.
    complaints = []
    for chosen in product(*([row for row in rows if _same(claim, row)] for claim in claims)):
        if len({row["id"] for row in chosen}) == len(claims):
            complaint = _figures(claims, chosen, tolerance)
            if complaint is None:
                return None
            complaints.append(complaint)
    return complaints[0] if complaints else "what it tells is not what its events are"


def _same(claim: Claim, row: Mapping[str, Any]) -> bool:
    bodies = tuple(row["bodies"])
    if claim.kind == "strike":
        return row["kind"] in ("impact", "contact") and bodies == claim.bodies
    if claim.kind == "fall":
        return row["kind"] == "fall" and bodies[:1] == claim.bodies
    return row["kind"] == "success" and set(claim.bodies) <= set(bodies)


def _figures(claims: Sequence[Claim], rows: Sequence[Mapping[str, Any]], tolerance: float) -> str | None:
    for n, (claim, row) in enumerate(zip(claims, rows, strict=True)):
        pairs = [
            ("speed", claim.speed, row["speed"]),
            ("impulse", claim.impulse, row["impulse"]),
            ("time", claim.time, row["time"]),
        ]
        if claim.lag is not None:
            if n == 0:
                return "a lag comes before anything it could count from"
            pairs.append(("lag", claim.lag, row["time"] - rows[n - 1]["time"]))
        for name, said, logged in pairs:
            if said is not None and abs(said - logged) > tolerance * abs(logged):
                return f"{name} {said:g} against {logged:g} of {row['id']}"
    return None


class Verify(Map):
    """Drop captions of which a causal sentence is not borne out by the event log, or does not stand in the text.

    Sentences are parsed without regard to how they were written: who struck whom, how fast, when, and what followed.
    """

    takes: ClassVar[tuple[Kind, ...]] = (CAPTION,)

    tolerance: float = Field(0.01, gt=0, le=0.5, description="Relative error that a speed, impulse or time may have.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Hand on each caption with the number of sentences checked in `meta`, or drop it."""
        for sample in samples:
            reason = self._reason(sample)
            if reason is None:
                checked = sum(sentence["layer"] == "causal" for sentence in sample["sentences"])
                yield sample.with_meta(causal_sentences_checked=checked)
            else:
                yield Drop(sample, reason)

    def _reason(self, sample: Sample) -> str | None:
        log = sample["events"]
        ids = {row["id"] for row in log}
        for sentence in sample["sentences"]:
            if sentence["text"] not in sample["text"]:
                return f"sentence missing from the text: {sentence['text']}"
            if not ids.issuperset(sentence["events"]):
                return f"sentence points at no event of the log: {sentence['text']}"
            if sentence["layer"] == "causal":
                wrong = problem(sentence["text"], sentence["events"], log, self.tolerance)
                if wrong is not None:
                    return f"causal sentence contradicts the log: {wrong}, in “{sentence['text']}”"
        return None
