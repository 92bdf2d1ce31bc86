from typing import Any

import numpy as np
import pytest

from multisynth.captions.causal import Sentence, causal
from multisynth.captions.causes import explain
from multisynth.captions.check import Verify, problem
from multisynth.captions.narrate import Narrate
from multisynth.captions.track import Track
from multisynth.kinds import CAPTION
from multisynth.sample import Sample
from multisynth.testing import inputs_of, run_stage

from .conftest import MakeClip, event, slide

LOG = [
    {"id": "e0", **event(0.5125, "impact", "blue ball", "red block", speed=2.1349, impulse=0.31)},
    {"id": "e1", **event(0.9125, "fall", "red block", speed=0.8)},
    {"id": "e2", **event(0.95, "impact", "blue ball", "green block", speed=0.9, impulse=0.31)},
    {"id": "e3", **event(1.4, "success", "red block", "goal")},
]
GOOD = "The red block fell because the blue ball hit it at 2.13 m/s, 0.4 s earlier."


def sentences_of(clip: Sample, seed: int) -> list[Sentence]:
    track = Track(clip)
    return causal(track, explain(track, clip["events"], 1.5), np.random.default_rng(seed))


def test_every_way_to_say_it_reads_back(struck: Sample, make_clip: MakeClip) -> None:
    blow = event(0.55, "impact", "blue ball", "orange block", speed=2.0, impulse=0.3)
    touches = [event(t, "contact", "panda", "red block", speed=0.1, impulse=0.05) for t in (0.55, 1.25)]
    clips = [
        struck,
        make_clip(
            [blow, event(0.7, "fall", "red block", speed=0.5)],
            blue_ball=slide((-0.4, 0, 0.05), (1, 0, 0)),
            red_block=slide((0, 0, 0.05), (0.5, 0, 0), 0.5),
            orange_block=slide((0, 0, 0.15), (1, 0, 0), 0.5),
        ),
        make_clip(
            [*touches, event(1.6, "success", "red block", "goal")], red_block=slide((0, 0, 0.05), (0.3, 0, 0), 0.5)
        ),
    ]
    seen = set()
    for clip in clips:
        for seed in range(60):
            for each in sentences_of(clip, seed):
                assert problem(each.text, each.events, clip["events"]) is None, each.text
                assert each.text[0].isupper() and each.text.endswith(".") and "  " not in each.text
                seen.add(each.text)
    assert len(seen) > 60


def test_a_true_sentence_passes() -> None:
    assert problem(GOOD, ["e0", "e1"], LOG) is None


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("2.13", "2.18", "speed"),
        ("2.13 m/s", "213 m/s", "speed"),
        ("0.4 s", "0.41 s", "lag"),
        ("0.4 s", "0.4 ms", "lag"),
        ("earlier", "later", "lag"),
        ("red block", "green block", "what it tells"),
        ("blue ball", "red ball", "no part"),
        ("hit it", "hit the green block", "what it tells"),
        ("because", "although", "no part"),
        ("0.4 s earlier", "0.4 s earlier and 3 m away", "no part"),
        (" at 2.13 m/s", "", "no blow has a speed"),
        (", 0.4 s earlier", "", "nothing says when"),
        (GOOD, "Magic made it so.", "no event"),
    ],
)
def test_tampering_is_caught(old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    found = problem(GOOD.replace(old, new), ["e0", "e1"], LOG)
    assert found is not None
    assert complaint in found


def test_swapped_roles_are_caught() -> None:
    swapped = "The blue ball fell because the red block hit it at 2.13 m/s, 0.4 s earlier."
    assert problem(swapped, ["e0", "e1"], LOG) is not None


@pytest.mark.parametrize("events", [["e0"], ["e1"], ["e2", "e1"], ["e0", "e1", "e2"], ["e0", "e9"], []])
def test_pointing_elsewhere_is_caught(events: list[str]) -> None:
    assert problem(GOOD, events, LOG) is not None


def test_a_support_that_nothing_struck_is_caught() -> None:
    text = GOOD.replace("because", "because the green block under it was knocked away:").replace(
        "hit it", "hit the red block"
    )
    assert "nothing struck" in str(problem(text, ["e0", "e1"], LOG))


def test_the_stage_keeps_true_captions_and_drops_false_ones(struck: Sample) -> None:
    captions = run_stage(Narrate(), [struck]).samples
    kept = run_stage(Verify(), captions)
    assert len(kept.samples) == 1
    assert kept.samples[0].meta["causal_sentences_checked"] >= 5

    def tampered(change: Any) -> list[tuple[str, str]]:
        row = {name: captions[0][name] for name in CAPTION.columns}
        row["sentences"] = [dict(each) for each in row["sentences"]]
        change(row)
        ran = run_stage(Verify(), inputs_of([Sample(CAPTION, 0, **row)]))
        assert len(ran.samples) == 0
        return ran.drops

    def other_speed(row: dict[str, Any]) -> None:
        for each in row["sentences"]:
            row["text"] = row["text"].replace(each["text"], each["text"].replace("2.13", "3.13"))
            each["text"] = each["text"].replace("2.13", "3.13")

    def other_text(row: dict[str, Any]) -> None:
        row["text"] = row["text"].replace("m/s", "km/h")

    def other_log(row: dict[str, Any]) -> None:
        row["events"] = row["events"][:2]

    assert "contradicts the log" in tampered(other_speed)[0][1]
    assert "missing from the text" in tampered(other_text)[0][1]
    assert "points at no event" in tampered(other_log)[0][1]
