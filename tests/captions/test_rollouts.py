"""Captions of real rollouts, each causal sentence held against the log of its episode."""

import numpy as np
import pytest
from multisynth.scenes.schema import Scene

from multisynth.captions.check import Verify, problem
from multisynth.captions.narrate import Narrate
from multisynth.kinds import CLIP
from multisynth.sample import Sample
from multisynth.testing import inputs_of, run_stage

pytest.importorskip("pybullet")


def test_rollouts_are_explained_and_every_cause_is_in_their_log() -> None:
    from multisynth.sim.rollout import Rollout

    episodes = run_stage(Rollout(episodes=6)).samples
    clips = []
    for n, episode in enumerate(episodes):
        camera = Scene.model_validate_json(episode["scene"]).cameras[0]
        row = {name: episode[name] for name in CLIP.columns if name in episode.kind.columns}
        row |= {"width": camera.width, "height": camera.height, "intrinsics": camera.intrinsics}
        clips.append(Sample(CLIP, n, **row, world_to_camera=camera.world_to_camera, fps=episode["rate"], video=b""))
    captions = run_stage(Narrate(), inputs_of(clips)).samples
    assert len(run_stage(Verify(), captions).samples) == len(episodes)
    causal = 0
    for episode, caption in zip(episodes, captions, strict=True):
        for each in caption["sentences"]:
            if each["layer"] == "causal":
                assert problem(each["text"], each["events"], episode["events"]) is None, each["text"]
                causal += 1
        assert not np.isnan([event["speed"] for event in caption["events"]]).any()
    assert causal >= len(episodes)
