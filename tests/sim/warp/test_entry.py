"""Thousands of worlds are found under the id of their task."""

import gymnasium
import multisynth.sim.environments  # noqa: F401 — registers them
import pytest
from multisynth.sim import warp
from multisynth.sim.randomise import Randomisation

from multisynth.errors import BadInput

ID = "multisynth/PandaPickPlace-v0"


def test_its_task_alone_has_them():
    found = {id for id, spec in gymnasium.registry.items() if "multisynth" in id and spec.vector_entry_point}
    assert found == {ID}
    with pytest.raises(BadInput, match="it runs `pick_place`"):
        warp.environment(2, task="push")


def test_a_missing_engine_names_its_extra(monkeypatch):
    monkeypatch.setattr(warp, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"multisynth\[gpu\]"):
        gymnasium.make_vec(ID, num_envs=2, vectorization_mode="vector_entry_point")


@pytest.mark.slow
def test_gymnasium_makes_them():
    pytest.importorskip("mujoco_warp")
    envs = gymnasium.make_vec(ID, num_envs=2, vectorization_mode="vector_entry_point", control="joint_position")
    assert envs.num_envs == 2 and envs.single_action_space.shape == (8,)
    observations, _ = envs.reset(seed=1)
    assert tuple(observations.shape) == (2, 36)
    with pytest.raises(BadInput, match="does not draw `object_x`"):
        envs.randomise(Randomisation.calibrated(object_x=0.5))
    envs.close()
