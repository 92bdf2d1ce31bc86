import json

import numpy as np
import pytest

from multisynth.errors import BadInput
from multisynth.export.llava import Llava
from multisynth.kinds import CAPTION, FRAME
from multisynth.media import encode_rgb
from multisynth.sample import Sample

EVENT = {
    "id": "e0", "time": 0.4, "kind": "impact", "bodies": ["ball", "red block"], "impulse": float("nan"), "speed": 2.1,
    "position": [0.1, 0.2, 0.3],
}  # fmt: skip
SENTENCE = {"layer": "causal", "start": 0.4, "end": 0.5, "text": "It fell.", "events": ["e0"]}


def caption(of, text="The ball hits the red block."):
    return of.child(CAPTION, text=text, question="What happens?", sentences=[SENTENCE], events=[EVENT])


def frame(ordinal):
    rgb = encode_rgb(np.full((4, 6, 3), ordinal, np.uint8))
    return Sample(FRAME, ordinal, width=6, height=4, intrinsics=np.eye(3), world_to_camera=np.eye(4), time=0.0, rgb=rgb)


def read(folder):
    return json.loads((folder / "train.json").read_text())


def test_captions_of_clips_go_with_their_clip(run, folder, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(i) for i in range(3)])
    clips = run.add("clips", [make_clip(e, seed=i) for i, e in enumerate(episodes)])
    captions = run.add("captions", [caption(clips[i], f"Caption {i}.") for i in (2, 0)])
    kept = run.add("kept", list(captions))
    assert Llava(media="clips").write(run.table("kept"), folder, run) == 2
    records = read(folder)
    assert [record["id"] for record in records] == [sample.id for sample in kept]
    for record, number in zip(records, (2, 0), strict=True):
        assert (folder / record["video"]).read_bytes() == clips[number]["video"]
        assert record["conversations"] == [
            {"from": "human", "value": "<video>\nWhat happens?"},
            {"from": "gpt", "value": f"Caption {number}."},
        ]
        assert record["sentences"] == [SENTENCE]
        assert record["events"] == [{**EVENT, "impulse": None}]
    assert not (folder / "left_out.jsonl").exists()


def test_captions_of_episodes_go_with_all_their_clips(run, folder, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(i) for i in range(3)])
    views = [(episodes[0], "front"), (episodes[0], "wrist"), (episodes[2], "front")]
    clips = run.add("clips", [make_clip(e, seed=i, meta={"camera": c}) for i, (e, c) in enumerate(views)])
    captions = run.add("captions", [caption(e) for e in episodes])
    assert Llava(media="clips").write(run.table("captions"), folder, run) == 3
    records = read(folder)
    assert [record["id"] for record in records] == [f"{captions[0].id}-0", f"{captions[0].id}-1", captions[2].id]
    assert [(folder / record["video"]).read_bytes() for record in records] == clips["video"]
    left_out = [json.loads(line) for line in (folder / "left_out.jsonl").read_text().splitlines()]
    assert left_out == [{"id": captions[1].id, "reason": "`clips` has nothing that it is about"}]


def test_a_caption_does_not_go_with_another_clip_of_its_episode(run, folder, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(0)])
    clips = run.add("clips", [make_clip(episodes[0], seed=i) for i in range(2)])
    run.add("sharp", [clips[1]])
    run.add("captions", [caption(clips[0]), caption(clips[1])])
    assert Llava(media="sharp").write(run.table("captions"), folder, run) == 1
    assert (folder / read(folder)[0]["video"]).read_bytes() == clips[1]["video"]


def test_images_are_written_once(run, folder):
    frames = run.add("frames", [frame(i) for i in range(2)])
    run.add("captions", [caption(frames[1], "One."), caption(frames[1], "Two.")])
    assert Llava(media="frames").write(run.table("captions"), folder, run) == 2
    records = read(folder)
    assert {record["image"] for record in records} == {"media/00000000.png"}
    assert (folder / "media/00000000.png").read_bytes() == frames[1]["rgb"]
    assert records[0]["conversations"][0]["value"] == "<image>\nWhat happens?"


def test_placeholders_in_a_caption_are_left_out(run, folder):
    frames = run.add("frames", [frame(0)])
    run.add("captions", [caption(frames[0], "See <image> here.")])
    assert Llava(media="frames").write(run.table("captions"), folder, run) == 0
    assert "<image>" in (folder / "left_out.jsonl").read_text()
    assert read(folder) == []


def test_media_must_be_clips_or_frames(run, folder, make_episode):
    episodes = run.add("rollouts", [make_episode(0)])
    run.add("captions", [caption(episodes[0])])
    with pytest.raises(BadInput, match="`rollouts` makes episodes"):
        Llava(media="rollouts").write(run.table("captions"), folder, run)
