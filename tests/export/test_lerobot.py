import io
import json

import av
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from multisynth.depth_video import encode_depth_video
from multisynth.errors import BadInput
from multisynth.export.lerobot import LeRobot
from multisynth.media import encode_video

INDEXES = ["timestamp", "frame_index", "episode_index", "index", "task_index"]


def info(folder):
    return json.loads((folder / "meta/info.json").read_text())


def lineage(folder):
    return [json.loads(line) for line in (folder / "meta/lineage.jsonl").read_text().splitlines()]


def read(folder, part):
    return pa.concat_tables([pq.read_table(path) for path in sorted(folder.glob(f"{part}/*/*.parquet"))])


def matrix(column):
    return np.array(column.to_pylist(), np.float32)


def decoded(source, start=0.0, stop=float("inf")):
    with av.open(source) as container:
        return [f.to_ndarray(format="rgb24") for f in container.decode(video=0) if start - 1e-4 < f.time < stop - 1e-4]


def test_rows_are_the_stores_steps(run, folder, make_episode):
    episodes = run.add("rollouts", [make_episode(i, steps=10 + i) for i in range(4)])
    assert LeRobot().write(run.table("rollouts"), folder, run) == 4
    rows, about = read(folder, "data"), info(folder)
    assert rows.column_names == [*list(about["features"])[:5], *INDEXES]
    assert rows.schema.field("action").type == pa.list_(pa.float32(), 7)
    assert np.array_equal(matrix(rows["observation.state"]), np.concatenate([e["states"] for e in episodes]))
    assert np.array_equal(matrix(rows["action"]), np.concatenate([e["actions"] for e in episodes]))
    assert np.array_equal(matrix(rows["next.reward"]), np.concatenate([e["rewards"] for e in episodes]))
    assert rows["index"].to_pylist() == list(range(46))
    assert rows["episode_index"].to_pylist() == [0] * 10 + [1] * 11 + [2] * 12 + [3] * 13
    assert rows["timestamp"].to_pylist()[10:13] == pytest.approx([0, 0.05, 0.1])
    assert np.flatnonzero(rows["next.done"].to_pylist()).tolist() == [9, 20, 32, 45]
    assert rows["next.success"].to_pylist() == np.concatenate([e["successes"] for e in episodes]).tolist()
    assert (about["total_episodes"], about["total_frames"], about["fps"]) == (4, 46, 20)
    assert (about["codebase_version"], about["robot_type"], about["video_path"]) == ("v3.0", "panda", None)
    assert about["features"]["action"]["names"] == episodes[0]["action_names"]
    assert about["splits"] == {"train": "0:4"}


def test_tasks_are_a_frame_indexed_by_instruction(run, folder, make_episode):
    episodes = run.add("rollouts", [make_episode(i) for i in range(5)])
    LeRobot().write(run.table("rollouts"), folder, run)
    tasks = pd.read_parquet(folder / "meta/tasks.parquet")
    assert tasks.index.tolist() == [episode["instruction"] for episode in episodes[:3]]
    assert tasks["task_index"].tolist() == [0, 1, 2]
    rows = read(folder, "data").to_pandas()
    assert rows.groupby("episode_index")["task_index"].first().tolist() == [0, 1, 2, 0, 1]


def test_episodes_know_their_rows_and_statistics(run, folder, make_episode):
    episodes = run.add("rollouts", [make_episode(i) for i in range(3)])
    LeRobot().write(run.table("rollouts"), folder, run)
    rows = read(folder, "meta/episodes").to_pylist()
    assert [(row["dataset_from_index"], row["dataset_to_index"]) for row in rows] == [(0, 20), (20, 40), (40, 60)]
    assert [row["tasks"] for row in rows] == [[episode["instruction"]] for episode in episodes]
    for row, episode in zip(rows, episodes, strict=True):
        assert row["length"] == 20
        assert row["stats/action/max"] == pytest.approx(episode["actions"].max(axis=0))
    whole = json.loads((folder / "meta/stats.json").read_text())
    states = np.concatenate([episode["states"] for episode in episodes])
    np.testing.assert_allclose(whole["observation.state"]["mean"], states.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(whole["observation.state"]["std"], states.std(axis=0), rtol=1e-5)
    assert whole["next.done"]["max"] == [True]


def test_episodes_say_what_they_are(run, folder, make_episode):
    event = {
        "id": "e0", "time": 0.5, "kind": "impact", "bodies": ["hand", "block"], "impulse": 0.25, "speed": 0.5,
        "position": [0.1, 0.2, 0.3],
    }  # fmt: skip
    made = [make_episode(i, events=[event][: i % 2], scene=f'{{"n": {i}}}', parameters='{"a": 1}') for i in range(300)]
    episodes = run.add("rollouts", made)
    LeRobot().write(run.table("rollouts"), folder, run)
    rows, replays = read(folder, "meta/episodes").to_pylist(), read(folder, "meta/replay").to_pylist()
    assert len(rows) == len(replays) == 300
    assert max(row["seed"] for row in rows) > 2**63
    for number, (row, replay, own) in enumerate(zip(rows, replays, episodes, strict=True)):
        for name in ("seed", "task", "instruction", "success", "engine", "robot", "rate", "license", "parameters"):
            assert row[name] == own[name], name
        assert (row["sample_id"], row["episode_index"]) == (own.id, number)
        assert (replay["sample_id"], replay["episode_index"], replay["scene"]) == (own.id, number, own["scene"])
        assert json.loads(replay["events"]) == own["events"]


def test_depth_is_a_video_of_its_own(run, folder, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(i, steps=14 + i) for i in range(3)])
    rng = np.random.default_rng(0)
    depths = [rng.uniform(0.1, 9, (len(e["times"]), 48, 64)).astype(np.float32) for e in episodes]
    videos = [encode_depth_video(depth, 20) for depth in depths]
    run.add("clips", [make_clip(e).replace(depth=video) for e, video in zip(episodes, videos, strict=True)])
    LeRobot(video="clips", depth=True).write(run.table("rollouts"), folder, run)
    key, about = "observation.depth.main", info(folder)
    feature = about["features"][key]
    assert (feature["dtype"], feature["shape"]) == ("video", [48, 64, 1])
    wanted = {"video.codec": "hevc", "video.pix_fmt": "gray12le", "video.channels": 1, "video.is_depth_map": True}
    assert feature["info"].items() >= wanted.items()
    assert not about["features"]["observation.images.main"]["info"]["video.is_depth_map"]
    path = folder / about["video_path"].format(video_key=key, chunk_index=0, file_index=0)
    for row, depth in zip(read(folder, "meta/episodes").to_pylist(), depths, strict=True):
        start, stop = row[f"videos/{key}/from_timestamp"], row[f"videos/{key}/to_timestamp"]
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            container.seek(round((start + 1e-3) / stream.time_base), stream=stream)
            found = [f for f in container.decode(stream) if start - 1e-4 < f.time < stop - 1e-4]
            codes = np.stack([f.to_ndarray(format="gray12le") for f in found])
        low, high = feature["info"]["video.depth_min"], feature["info"]["video.depth_max"]
        shift = feature["info"]["video.shift"]
        meant = (low + shift) * ((high + shift) / (low + shift)) ** (codes / 4095) - shift
        # half a code, and half a millimetre of the clip
        assert (np.abs(meant - depth) <= (depth + 3.5) * 0.000329 / 2 * 1.01 + 0.0005).all()
        assert np.ravel(row[f"stats/{key}/mean"]) == pytest.approx(depth.mean(), abs=0.001)
        assert np.ravel(row[f"stats/{key}/max"]) == pytest.approx(depth.max(), abs=0.005)


def test_videos_hold_the_frames_of_each_clip(run, folder, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(i, steps=8 + i) for i in range(4)])
    clips = run.add("clips", [make_clip(e, seed=i) for i, e in enumerate(episodes)])
    LeRobot(video="clips").write(run.table("rollouts"), folder, run)
    key = "observation.images.main"
    about = info(folder)
    assert about["features"][key]["shape"] == [48, 64, 3]
    assert about["features"][key]["info"]["video.codec"] == "h264"
    path = folder / about["video_path"].format(video_key=key, chunk_index=0, file_index=0)
    for row, clip in zip(read(folder, "meta/episodes").to_pylist(), clips, strict=True):
        assert (row[f"videos/{key}/chunk_index"], row[f"videos/{key}/file_index"]) == (0, 0)
        shown = decoded(str(path), row[f"videos/{key}/from_timestamp"], row[f"videos/{key}/to_timestamp"])
        own = decoded(io.BytesIO(clip["video"]))
        assert len(shown) == len(own) == row["length"]
        assert all(np.array_equal(a, b) for a, b in zip(shown, own, strict=True))
        mean = np.mean(np.stack(own), axis=(0, 1, 2)) / 255
        np.testing.assert_allclose(np.ravel(row[f"stats/{key}/mean"]), mean, atol=0.01)


def test_a_slower_clip_takes_every_nth_step_and_sums_rewards(run, folder, make_episode, make_clip):
    (episode,) = run.add("rollouts", [make_episode(0, steps=11)])
    run.add("clips", [make_clip(episode, every=4)])
    LeRobot(video="clips").write(run.table("rollouts"), folder, run)
    rows = read(folder, "data")
    assert np.array_equal(matrix(rows["action"]), episode["actions"][[0, 4, 8]])
    rewards = episode["rewards"]
    wanted = [rewards[0:4].sum(), rewards[4:8].sum(), rewards[8:11].sum()]
    np.testing.assert_allclose(matrix(rows["next.reward"]), wanted, rtol=1e-6)
    assert rows["next.done"].to_pylist() == [False, False, True]
    assert rows["next.success"].to_pylist() == episode["successes"][[3, 7, 10]].tolist() == [False, False, True]
    assert info(folder)["fps"] == 5


def test_a_clip_of_the_beginning_is_not_done(run, folder, make_episode, make_clip):
    (episode,) = run.add("rollouts", [make_episode(0, steps=12)])
    clip = make_clip(episode)
    short = {**clip.values, "times": clip["times"][:5], "poses": clip["poses"][:5]}
    frames = (np.full((48, 64, 3), 40 * i, np.uint8) for i in range(5))
    run.add("clips", [episode.child(clip.kind, **{**short, "video": encode_video(frames, 20)})])
    LeRobot(video="clips").write(run.table("rollouts"), folder, run)
    rows = read(folder, "data")
    assert rows["next.done"].to_pylist() == rows["next.success"].to_pylist() == [False] * 5


def test_cameras_come_from_meta(run, folder, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(i) for i in range(2)])
    clips = [make_clip(e, seed=s, meta={"camera": c}) for e in episodes for s, c in enumerate(["front", "wrist"])]
    run.add("clips", clips)
    assert LeRobot(video="clips").write(run.table("rollouts"), folder, run) == 2
    assert {p.name for p in (folder / "videos").iterdir()} == {"observation.images.front", "observation.images.wrist"}


def test_filtered_episodes_and_clips_still_meet(run, folder, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(i) for i in range(4)])
    clips = run.add("clips", [make_clip(e, every=2, seed=i) for i, e in enumerate(episodes)])
    kept = run.add("kept", [episodes[i] for i in (0, 2, 3)])
    sharp = run.add("sharp", [clips[i] for i in (3, 1, 0)])
    assert LeRobot(video="sharp").write(run.table("kept"), folder, run) == 2
    lines = lineage(folder)
    assert [line["id"] for line in lines] == [episode.id for episode in kept]
    assert [line.get("episode_index") for line in lines] == [0, None, 1]
    assert [line.get("clips") for line in lines] == [{"main": sharp[2].id}, None, {"main": sharp[0].id}]
    assert lines[1]["left_out"] == "`sharp` has no clip of it by camera main"


def test_data_files_roll_over(run, folder, make_episode):
    episodes = run.add("rollouts", [make_episode(i, steps=12_000) for i in range(4)])
    LeRobot(data_files_size_in_mb=1).write(run.table("rollouts"), folder, run)
    rows = read(folder, "meta/episodes").to_pylist()
    assert [row["data/file_index"] for row in rows] == [0, 1, 2, 3]
    for row, episode in zip(rows, episodes, strict=True):
        table = pq.read_table(folder / f"data/chunk-000/file-{row['data/file_index']:03d}.parquet")
        assert np.array_equal(matrix(table["action"]), episode["actions"])


def test_videos_roll_over(run, folder, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(i, steps=30, rate=10.0) for i in range(3)])
    noise = np.random.default_rng(0).integers(0, 255, (3, 30, 128, 128, 3), np.uint8)
    videos = [encode_video(iter(frames), 10, quality=6) for frames in noise]
    assert all(2**19 < len(video) < 2**20 for video in videos), [len(video) for video in videos]
    run.add("clips", [
        make_clip(e).replace(video=video, width=128, height=128) for e, video in zip(episodes, videos, strict=True)
    ])  # fmt: skip
    LeRobot(video="clips", video_files_size_in_mb=1).write(run.table("rollouts"), folder, run)
    rows = read(folder, "meta/episodes").to_pylist()
    assert [row["videos/observation.images.main/file_index"] for row in rows] == [0, 1, 2]
    assert [row["videos/observation.images.main/from_timestamp"] for row in rows] == [0, 0, 0]
    assert [row["videos/observation.images.main/to_timestamp"] for row in rows] == [3, 3, 3]


def test_an_episode_may_be_one_step_long_but_not_none(run, folder, make_episode):
    run.add("rollouts", [make_episode(0, steps=0), make_episode(1, steps=1)])
    assert LeRobot().write(run.table("rollouts"), folder, run) == 1
    assert [line.get("left_out") for line in lineage(folder)] == ["it has no steps", None]
    assert read(folder, "data")["next.done"].to_pylist() == [True]


def test_scalars_are_plain_columns(run, folder, make_episode):
    run.add("rollouts", [make_episode(0, actions=np.arange(20, dtype=np.float32)[:, None], action_names=["speed"])])
    LeRobot().write(run.table("rollouts"), folder, run)
    assert read(folder, "data")["action"].to_pylist() == list(range(20))


def test_the_same_run_writes_the_same_bytes(run, folder, tmp_path, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(i) for i in range(2)])
    run.add("clips", [make_clip(e, seed=i) for i, e in enumerate(episodes)])
    again = tmp_path / "again"
    again.mkdir()
    for target in (folder, again):
        LeRobot(video="clips").write(run.table("rollouts"), target, run)
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 8
    for file in files:
        assert (folder / file).read_bytes() == (again / file).read_bytes(), file


def test_tasks_of_different_form_are_refused_and_can_be_told_apart(run, folder, make_episode):
    push, topple = make_episode(0), make_episode(1, states=5, task="topple")
    run.add("rollouts", [push, topple])
    with pytest.raises(BadInput, match=r"push: 8 states, 7 actions, 20 Hz; topple: 5 states") as error:
        LeRobot().write(run.table("rollouts"), folder, run)
    assert "tasks" in error.value.remedy
    assert LeRobot(tasks=("topple",)).write(run.table("rollouts"), folder, run) == 1
    assert info(folder)["features"]["observation.state"]["shape"] == [5]


def test_bad_options_and_bad_tables(run, folder, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(i) for i in range(2)])
    others = run.add("others", [make_episode(5)])
    run.add("twice", [make_clip(episodes[0]), make_clip(episodes[0], every=2)])
    run.add("mixed", [make_clip(episodes[0]), make_clip(episodes[1], every=2)])
    run.add("hostile", [make_clip(episodes[0], meta={"camera": "../../etc"})])
    run.add("flat", [make_clip(episode) for episode in episodes])
    run.add("foreign", [make_clip(others[0])])
    shifted = make_clip(episodes[0])
    run.add("between", [episodes[0].child(shifted.kind, **{**shifted.values, "times": shifted["times"] + 0.01})])
    run.add("broken", [episodes[0].child(shifted.kind, **{**shifted.values, "video": b"no video"})])
    for options, message in (
        ({"tasks": ["pusch"]}, "of task `pusch`"),
        ({"video": "rollouts"}, "makes episodes"),
        ({"video": "nowhere"}, "no stage `nowhere`"),
        ({"video": "twice"}, "two clips of episode"),
        ({"video": "mixed"}, "one format"),
        ({"video": "hostile"}, "is called '../../etc'"),
        ({"video": "foreign"}, "`foreign` has no clip of it by camera main"),
        ({"video": "between"}, r"0\.0100 s from the nearest step"),
        ({"video": "broken"}, "cannot be read"),
        ({"depth": True}, "there is none"),
        ({"depth": True, "video": "flat"}, "has no depth: film with"),
    ):
        target = folder / str(options)
        target.mkdir()
        with pytest.raises(BadInput, match=message):
            LeRobot(**options).write(run.table("rollouts"), target, run)
    run.add("empty", [], kind=episodes.kind)
    with pytest.raises(BadInput, match="`empty` has no episodes"):
        LeRobot().write(run.table("empty"), folder, run)
