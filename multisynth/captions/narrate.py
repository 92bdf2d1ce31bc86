"""Captions written from what a simulation knows: every frame measured, every event told, every cause checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from multisynth.captions.causal import Sentence, causal
from multisynth.captions.causes import Event, explain
from multisynth.captions.describe import describe
from multisynth.captions.recount import recount
from multisynth.captions.scan import scan
from multisynth.captions.track import Track
from multisynth.captions.wording import pick
from multisynth.kinds import CAPTION, CLIP, Kind
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs

_QUESTIONS = (
    "Describe what happens in this video and why.",
    "What happens in this video, and what causes it?",
    "Watch the video and explain step by step what happens, with speeds, distances and times.",
    "Give a detailed account of this video: what is where, what moves, and why.",
    "Explain the events in this clip and their causes, with figures.",
    "What can be seen in this clip? Say when things happen, how fast, and for what reason.",
)


class Narrate(Map):
    """Write a dense caption for each clip: frames, a summary, and causes with their figures.

    Frame sentences give places, distances and speeds measured from the poses; summary sentences tell the event log in
    order; causal sentences name the blow that explains an effect, with its speed and time, and point at both events.
    """

    takes: ClassVar[tuple[Kind, ...]] = (CLIP,)
    makes: ClassVar[Kind | None] = CAPTION
    needs: ClassVar[Needs] = Needs(batch_size=32)

    every: float = Field(0.5, ge=0.05, le=60, description="Seconds between the frames that are described.")
    window: float = Field(1.5, gt=0, le=60, description="Seconds after which a blow no longer explains a fall.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """One caption a clip."""
        for clip in samples:
            if len(clip["times"]) < 2:
                yield Drop(clip, f"too short to tell of: {len(clip['times'])} frames")
                continue
            if clip["events"] is None:
                yield Drop(clip, "nobody watched what happened")
                continue
            track = Track(clip)
            log: list[dict[str, Any]] = clip["events"]
            causes = explain(track, log, self.window)
            layers = [
                describe(scan(track, self.every), self.rng(clip, "frames")),
                recount(
                    track,
                    [Event.of(row) for row in log],
                    causes,
                    clip["instruction"],
                    clip["success"],
                    self.rng(clip, "summary"),
                ),
                causal(track, causes, self.rng(clip, "causes")),
            ]
            yield clip.child(
                CAPTION,
                text="\n\n".join(" ".join(each.text for each in layer) for layer in layers if layer),
                sentences=[_row(each) for layer in layers for each in layer],
                question=pick(self.rng(clip, "question"), _QUESTIONS),
                events=log,
            )


def _row(each: Sentence) -> dict[str, Any]:
    return {
        "layer": each.layer,
        "start": each.start,
        "end": each.end,
        "text": each.text,
        "events": list(each.events),
    }
