"""Clips with their captions and events on one clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from multisynth.media import decode_video
from multisynth.report.picks import Budget, evenly_by
from multisynth.report.pictures import encode, uri
from multisynth.report.relatives import captions_of
from multisynth.report.words import measured, number
from multisynth.sample import Sample
from multisynth.store import Store
from multisynth.tables import Table

Seek = Callable[[float | None], float]
LAYERS = {"causal": "Causes", "summary": "Summary", "frame": "Frame by frame"}


@dataclass(frozen=True)
class Event:
    """An event: where on the timeline (0 to 100), when in the video (s), and in words."""

    id: str
    kind: str
    at: float
    seek: float
    words: str


@dataclass(frozen=True)
class Sentence:
    """A sentence: its stretch of the episode in words, of the video in s, and the events that it stands on."""

    text: str
    when: str
    seek: float
    until: float
    events: list[Event]
    missing: list[str]


@dataclass(frozen=True)
class ClipView:
    """A clip as shown; `video` is empty where it had no room or could not be read, and `poster` is its first frame."""

    id: str
    title: str
    facts: list[tuple[str, str]]
    success: bool | None
    video: str
    poster: str
    problem: str
    duration: float
    events: list[Event]
    captions: list[dict[str, list[Sentence]]] = field(default_factory=list)


def clips(store: Store, table: Table, most: int, budget: Budget) -> Iterator[ClipView]:
    """At most so many clips of a table, of each task alike, each with every caption of it."""
    captions = captions_of(store, [sample.id for sample in evenly_by(table, "task", most)])
    found: dict[str, Sample] = {}
    for stage in {relative.stage for many in captions.values() for relative in many}:
        ids = [relative.id for many in captions.values() for relative in many if relative.stage == stage]
        found |= store.table(stage).find(ids)
    for sample in evenly_by(table, "task", most):
        yield _view(sample, [found[relative.id] for relative in captions[sample.id]], budget)


def _view(sample: Sample, captions: Sequence[Sample], budget: Budget) -> ClipView:
    video, poster, problem = _media(sample["video"], budget)
    times = np.nan_to_num(np.asarray(sample["times"], np.float64))
    fps = sample["fps"] if sample["fps"] and np.isfinite(sample["fps"]) and sample["fps"] > 0 else 1.0
    duration = max(len(times), 1) / fps

    def seek(time: float | None) -> float:
        """The moment of the video that shows a moment of the episode, s."""
        if time is None or not np.isfinite(time) or not len(times):
            return 0.0
        return float(np.interp(time, times, np.arange(len(times)) / fps))

    events = [_event(event, seek, duration) for event in sample["events"] or []]
    by_id = {event.id: event for event in events}
    facts = [
        ("instruction", sample["instruction"] or ""), ("size", f"{sample['width']}×{sample['height']} px"),
        ("length", f"{duration:.1f} s at {number(float(fps))} frames/s"), *measured(sample),
    ]  # fmt: skip
    return ClipView(
        sample.id, sample["task"] or "clip", [fact for fact in facts if fact[1]], sample["success"],
        video, poster, problem, duration, events,
        [_layers(caption["sentences"] or [], seek, by_id) for caption in captions],
    )  # fmt: skip


def _media(data: bytes | None, budget: Budget) -> tuple[str, str, str]:
    if not data:
        return "", "", "no video"
    try:
        first = next(iter(decode_video(data)))
    except (ValueError, StopIteration) as error:
        return "", "", f"the video cannot be read: {error}"
    poster = encode(first)
    if not budget.take(len(data) + len(poster)):
        return "", poster, f"its first frame only: {len(data) / 1e6:.1f} MB of video have no room in this page"
    return uri(data, "video/mp4"), poster, ""


def _event(event: Mapping[str, Any], seek: Seek, duration: float) -> Event:
    bodies = " → ".join(str(body) for body in event["bodies"] or [])
    figures = [f"{event['time'] or 0:.2f} s"]
    if event["speed"]:
        figures.append(f"{event['speed']:.2f} m/s")
    if event["impulse"]:
        figures.append(f"{event['impulse']:.3g} N·s")
    kind, at = event["kind"] or "event", seek(event["time"])
    return Event(
        event["id"] or "", kind, min(max(at / duration * 100, 0), 100), at, f"{kind}: {bodies}, {', '.join(figures)}"
    )


def _layers(
    sentences: Sequence[Mapping[str, Any]], seek: Any, events: Mapping[str, Event]
) -> dict[str, list[Sentence]]:
    """Sentences by layer, the layers that say most first, each layer in the order of time."""
    found: dict[str, list[Sentence]] = {}
    for raw in sentences:
        named = [name for name in raw["events"] or [] if name]
        start, end = raw["start"] or 0.0, raw["end"] if raw["end"] is not None else raw["start"] or 0.0
        when = f"{start:.1f} s" if end - start < 0.05 else f"{start:.1f}–{end:.1f} s"
        sentence = Sentence(
            raw["text"] or "", when, seek(start), max(seek(end), seek(start) + 0.1),
            [events[name] for name in named if name in events], [name for name in named if name not in events],
        )  # fmt: skip
        found.setdefault(raw["layer"] or "sentences", []).append(sentence)
    order = [*(layer for layer in LAYERS if layer in found), *(layer for layer in found if layer not in LAYERS)]
    return {LAYERS.get(layer, layer): found[layer] for layer in order}
