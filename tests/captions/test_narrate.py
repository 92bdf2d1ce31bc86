import re

import pytest
from pydantic import ValidationError

from multisynth.captions.narrate import Narrate
from multisynth.kinds import CLIP
from multisynth.sample import Sample
from multisynth.testing import inputs_of, run_stage

from .conftest import MakeClip, slide


def test_layers_stand_in_order_and_the_text_is_all_of_them(struck: Sample) -> None:
    caption = run_stage(Narrate(), [struck]).samples[0]
    layers = [each["layer"] for each in caption["sentences"]]
    assert layers == sorted(layers, key=["frame", "summary", "causal"].index)
    assert set(layers) == {"frame", "summary", "causal"}
    assert caption["text"].replace("\n\n", " ") == " ".join(each["text"] for each in caption["sentences"])
    assert caption["events"] == struck["events"]
    known = {row["id"] for row in struck["events"]}
    for each in caption["sentences"]:
        assert set(each["events"]) <= known
        assert 0 <= each["start"] <= each["end"] <= 2.0
        assert each["events"] or each["layer"] != "causal"


def test_figures_of_causes_are_the_log_s(struck: Sample) -> None:
    """Read with nothing but a pattern for numbers, apart from the project's own reader."""
    speeds = {row["id"]: row["speed"] for row in struck["events"]}
    times = {row["id"]: row["time"] for row in struck["events"]}
    checked = 0
    for seed in range(20):
        for each in run_stage(Narrate(), [struck], seed=seed).samples[0]["sentences"]:
            if each["layer"] != "causal":
                continue
            for figure in re.findall(r"([\d.]+) m/s", each["text"]):
                assert any(float(figure) == pytest.approx(speeds[event], rel=0.01) for event in each["events"])
                checked += 1
            for figure, unit in re.findall(r"([\d.]+) (ms|s) (?:earlier|later)", each["text"]):
                lag = float(figure) * (1e-3 if unit == "ms" else 1)
                pairs = [abs(times[a] - times[b]) for a in each["events"] for b in each["events"] if a != b]
                assert any(lag == pytest.approx(pair, rel=0.01) for pair in pairs)
                checked += 1
    assert checked > 150


def test_frames_give_measured_speeds(make_clip: MakeClip) -> None:
    clip = make_clip(blue_ball=slide((-0.4, 0.3, 0.05), (0.3, 0.4, 0.0)))
    frames = [each["text"] for each in run_stage(Narrate(), [clip]).samples[0]["sentences"] if each["layer"] == "frame"]
    rolling = [
        text
        for text in frames
        if "the blue ball rolls right and away from the camera across the table at 0.5 m/s" in text
    ]
    assert len(rolling) >= 3


def test_a_clip_in_which_nothing_happens_has_no_causes(make_clip: MakeClip) -> None:
    sentences = run_stage(Narrate(), [make_clip()]).samples[0]["sentences"]
    assert [each["layer"] for each in sentences].count("causal") == 0
    assert any("every object ended where it had begun" in each["text"].lower() for each in sentences)
    assert any("at rest" in each["text"] or "nothing moves" in each["text"].lower() for each in sentences)


def test_a_fall_without_reason_is_said_to_have_none(make_clip: MakeClip) -> None:
    fall = {"time": 0.7, "kind": "fall", "bodies": ["red block"], "speed": 0.4, "impulse": 0.0, "position": [0, 0, 0]}
    caption = run_stage(Narrate(), [make_clip([fall])]).samples[0]
    assert "Nothing in the log explains why the red block fell." in caption["text"]
    assert not [each for each in caption["sentences"] if each["layer"] == "causal"]


def test_batches_do_not_matter_and_seeds_do(struck: Sample) -> None:
    clips = inputs_of([Sample(CLIP, n, **{name: struck[name] for name in CLIP.columns}) for n in range(6)])
    whole = run_stage(Narrate(), clips)
    assert len(set(whole.samples["text"])) == 6  # each has its own choice of words
    assert len(set(whole.samples["question"])) > 1
    assert run_stage(Narrate(), clips, batch_size=1).samples.table.equals(whole.samples.table)
    assert run_stage(Narrate(), clips, seed=8).samples["text"] != whole.samples["text"]


def test_a_single_frame_is_dropped(struck: Sample) -> None:
    short = struck.replace(times=struck["times"][:1], poses=struck["poses"][:1])
    ran = run_stage(Narrate(), [Sample(CLIP, 0, **{name: short[name] for name in CLIP.columns})])
    assert [reason for _, reason in ran.drops] == ["too short to tell of: 1 frames"]


@pytest.mark.parametrize("wrong", [{"every": 0}, {"window": -1}, {"evry": 1}])
def test_wrong_options_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Narrate(**wrong)
