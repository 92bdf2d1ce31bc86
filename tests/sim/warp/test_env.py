"""Four worlds on the processor, against the MuJoCo engine and the code that runs one world at a time."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

for module in ("torch", "mujoco", "warp", "mujoco_warp"):
    pytest.importorskip(module)

import mujoco  # noqa: E402
import torch  # noqa: E402
import warp as wp  # noqa: E402
from multisynth.scenes.poses import rotation  # noqa: E402
from multisynth.sim import warp as sim_warp  # noqa: E402
from multisynth.sim.channel import Channel, Imperfections  # noqa: E402
from multisynth.sim.engines import mujoco_model  # noqa: E402
from multisynth.sim.environments.controls import HandDelta, JointPosition  # noqa: E402
from multisynth.sim.randomise import Draw, Randomisation  # noqa: E402
from multisynth.sim.robots import panda  # noqa: E402
from multisynth.sim.tasks.pick_place import PICK_PLACE  # noqa: E402
from multisynth.sim.trial import Situation, View  # noqa: E402
from multisynth.sim.warp import control, fields, scene, state  # noqa: E402
from multisynth.sim.warp.expert import PickPlaceExpert  # noqa: E402
from multisynth.sim.warp.worlds import PER_WORLD  # noqa: E402

from multisynth import seeds  # noqa: E402
from multisynth.errors import BadInput  # noqa: E402

pytestmark = pytest.mark.slow  # MuJoCo Warp compiles its kernels, once a machine
DEVICE = "cuda:0" if torch.cuda.is_available() else "cpu"
DRAWN = Randomisation.calibrated(
    friction=(0.3, 0.9), table_friction=(0.4, 0.9), restitution=(0.0, 0.4), mass=(0.05, 0.4), inertia=(0.8, 1.25),
    gravity={"normal": (9.81, 0.1)}, bandwidth={"log_uniform": (16, 32)}, damping=(0.0, 2.0),
)  # fmt: skip


def make(count=4, **options):
    return sim_warp.environment(count, device=DEVICE, **options)


@pytest.fixture(scope="module")
def env():
    """Randomised, without imperfections of the channel."""
    return make(randomise=DRAWN, cone="elliptic")


def numbers(array):
    return array.numpy().astype(np.float64)


def trial_of(env, world):
    """The trial that the task itself draws where it is given what a world has drawn, and its model."""
    drawn = {name: float(values[world]) for name, values in env.drawn.items()}
    kept = env._episodes
    start, goal = numbers(kept.start)[world], numbers(kept.goal)[world]
    pose = env._out["observation"][world, 22:29].double().numpy(force=True)
    way = goal[:2] - start[:2]
    for key in range(100):
        fresh = Draw(Randomisation.calibrated(), lambda purpose, key=key: seeds.rng(key, purpose))
        PICK_PLACE.draw(fresh, View())
        if fresh.drawn["object"] == "block":
            break
    recorded = {
        **fresh.drawn, **{name: drawn[name] for name in drawn if name in fresh.drawn},
        "object.x": start[0], "object.y": start[1], "direction": math.atan2(way[1], way[0]),
        "object.yaw": math.remainder(2 * math.atan2(pose[6], pose[3]), 2 * math.pi),
    }  # fmt: skip
    assert set(drawn) <= set(fresh.drawn)
    trial = PICK_PLACE.draw(Draw(DRAWN, lambda purpose: seeds.rng(0, purpose), recorded), View())
    built = mujoco_model.build(trial.world)
    scene.retime(built.model, scene.TIMESTEP)
    return trial, built


def test_a_world_is_the_one_that_the_task_builds_from_the_same_draws(env):
    env.reset(seed=11)
    for world in range(4):
        trial, built = trial_of(env, world)
        mine, theirs = env.worlds, built.model
        data = mujoco.MjData(theirs)
        data.qpos[:] = built.start
        mujoco.mj_setConst(theirs, data)
        moving = theirs.body_weldid > 0
        qpos = numbers(mine.data.qpos)[world]
        np.testing.assert_allclose(qpos[:9], built.start[:9], atol=2e-3)  # the arm's start, as far as its search goes
        np.testing.assert_allclose(qpos[9:], built.start[9:], atol=1e-6)
        for name in PER_WORLD:
            if name == "body_invweight0":  # of the robot MuJoCo has it where the model was made
                block = mine.layout.object
                got, expected = numbers(mine.model.body_invweight0)[world, block], theirs.body_invweight0[block]
            elif name == "dof_invweight0":
                got, expected = numbers(mine.model.dof_invweight0)[world, 9:], theirs.dof_invweight0[9:]
            elif name == "body_pos":  # what floats is where its joint says
                got, expected = numbers(mine.own.body_pos)[world, mine.layout.platform], theirs.body("goal").pos
                np.testing.assert_allclose(numbers(mine.data.geom_xpos)[world, mine.layout.platform_geom], got)
            else:
                got = numbers(getattr(mine.model, name))[world]
                expected = getattr(theirs, name).reshape(got.shape)
                if name.startswith("body"):
                    got, expected = got[moving], expected[moving]
            if name == "actuator_biasprm":  # the arm's inertia is that of where the model was made
                np.testing.assert_allclose(got[:, 1] / got[:, 2], expected[:, 1] / expected[:, 2], rtol=1e-5)
                continue
            np.testing.assert_allclose(got, expected, rtol=2e-5, atol=1e-6, err_msg=name)
        np.testing.assert_allclose(numbers(mine.model.opt.gravity)[world], theirs.opt.gravity, rtol=1e-6)
        goal = trial.goal(None)
        np.testing.assert_allclose(env._out["observation"][world, 29:36].numpy(force=True), goal, atol=1e-6)


@pytest.mark.parametrize(("steps", "close"), [(8, 5e-4), (34, 1e-2)])
def test_physics_goes_on_as_in_mujoco(env, steps, close):
    """For a control step: in free motion, and when fingers close, where the two find other points on the meshes."""
    observations, _ = env.reset(seed=12)
    expert = PickPlaceExpert(4, env.device)
    for _ in range(steps):
        observations = env.step(expert.act(observations))[0]
    assert bool(env.touching().any()) == (steps > 20)
    layout, motion, kept = env.worlds.layout, env.worlds.motion, env._episodes
    start, speed, warm = (numbers(getattr(motion, name)) for name in ("qpos", "qvel", "warmstart"))
    env.step(expert.act(observations))
    here = numbers(motion.qpos)
    ctrl = []  # again, to hear what the motors were told
    kept.age.assign(kept.age.numpy() - 1)
    for tick in range(4):
        where = [tick, env._task, layout, env.worlds.own, kept, motion]
        wp.launch(control.drive, (4, 9), inputs=where, device=env._where)
        ctrl.append(numbers(motion.ctrl))
    kept.age.assign(kept.age.numpy() + 1)
    off = []
    for world in range(4):
        _, built = trial_of(env, world)
        model, data = built.model, mujoco.MjData(built.model)
        model.actuator_gainprm[:] = env.worlds.scene.model.actuator_gainprm
        model.actuator_biasprm[:] = numbers(env.worlds.model.actuator_biasprm)[world]
        data.qpos[:], data.qvel[:], data.qacc_warmstart[:] = start[world], speed[world], warm[world]
        for tick in range(4):
            data.ctrl[:] = ctrl[tick][world]
            mujoco.mj_step(model, data, 2)
        off.append(np.abs(here[world] - data.qpos)[:12].max())
    # where a motor's force and its share of the weight together are at the joint's limit, the two disagree on whether
    # that force still depends on the velocity
    assert sorted(off)[2] < close and max(off) < 1e-2, off


def test_observations_rewards_and_success_are_the_tasks(env):
    observations, _ = env.reset(seed=13)
    expert = PickPlaceExpert(4, env.device)
    for k in range(80):
        observations, rewards, *_, info = env.step(expert.act(observations))
        if k % 8:
            continue
        for world in range(4):
            trial, _ = trial_of(env, world)
            qpos, qvel = numbers(env.worlds.data.qpos)[world], numbers(env.worlds.data.qvel)[world]
            hand = panda.arm().pose(qpos[:7])
            now = Situation(
                0.0, qpos[:9], qvel[:9], hand, lambda _, qpos=qpos: qpos[9:16], lambda _, qvel=qvel: qvel[9:], bool
            )
            assert rewards[world].item() == pytest.approx(1.0 if trial.achieved(now) else trial.reward(now), abs=2e-4)
            assert info["success"][world].item() == trial.achieved(now)
            seen = observations[world].double().numpy(force=True)
            own = panda.PANDA.state(now)
            np.testing.assert_allclose(seen[:18], own[:18], atol=1e-5)
            np.testing.assert_allclose(rotation(seen[18:22]), rotation(own[18:22]), atol=1e-5)
            np.testing.assert_allclose(seen[22:29], qpos[9:16], atol=1e-6)
    assert len(env.state_names) == 36


@pytest.mark.parametrize("name", ["ee_delta", "joint_position"])
def test_actions_mean_what_they_mean_in_one_environment(name):
    env = make(3, control=name)
    observations, _ = env.reset(seed=4)
    rng = np.random.default_rng(0)
    ours = [HandDelta(panda.PANDA, 20) if name == "ee_delta" else JointPosition(panda.PANDA, True) for _ in range(3)]
    for world, each in enumerate(ours):
        each.reset(SimpleNamespace(now=SimpleNamespace(joints=observations[world, :7].double().numpy(force=True))))
    for k in range(6):
        actions = rng.uniform(-1.3, 1.3, (3, env.single_action_space.shape[0])) * (0.3 if name != "ee_delta" else 1)
        targets = []
        for world, each in enumerate(ours):
            seen = SimpleNamespace(seen=SimpleNamespace(joints=observations[world, :7].double().numpy(force=True)))
            targets.append(panda.PANDA.motors(each.targets(np.clip(actions[world], -1, 1), seen)))
        observations, *_ = env.step(actions if k % 2 else torch.tensor(actions))
        np.testing.assert_allclose(numbers(env._episodes.sent), targets, atol=3e-4)


def test_commands_reach_the_motors_as_through_a_channel(env):
    env.reset(seed=5)
    kept, layout = env._episodes, env.worlds.layout
    rng, latencies = np.random.default_rng(1), [0.0, 0.0125, 0.05, 0.3]
    drawn = kept.drawn.numpy()
    drawn[:, fields.NAMES.index("latency")] = latencies
    kept.drawn.assign(drawn)
    knots = kept.knots.numpy()
    rest = knots[:, 0].astype(np.float64)
    channels = [
        Channel(Imperfections(latency=s), rest[w], 1 / 80, lambda _: rng, np.ones(9), np.ones(9))
        for w, s in enumerate(latencies)
    ]
    before, bias = rest, numbers(env.worlds.model.actuator_biasprm)
    for age in range(12):
        target = rng.normal(size=(4, 9))
        knots[:, (age + 1) % state.KNOTS] = target
        kept.knots.assign(knots)
        kept.age.fill_(age)
        for tick in range(4):
            wp.launch(
                control.drive, (4, 9), inputs=[tick, env._task, layout, env.worlds.own, kept, env.worlds.motion],
                device=env._where,
            )  # fmt: skip
            place = before + (target - before) * (tick + 1) / 4
            sent = [channels[w].delayed(place[w], (target - before)[w] * 20) for w in range(4)]
            force = np.array([-bias[w, :, 1] * q - bias[w, :, 2] * v for w, (q, v) in enumerate(sent)])
            got = numbers(env.worlds.motion.ctrl) * numbers(layout.gain)
            np.testing.assert_allclose(got, force, rtol=1e-4, atol=1e-2 * np.abs(force).mean())
        before = target


def test_draws_and_motions_do_not_depend_on_the_number_of_worlds():
    few, many = make(4, randomise=DRAWN), make(8, randomise=DRAWN)
    for env in (few, many):
        env.reset(seed=7)
    rng = np.random.default_rng(3)
    for _ in range(3):
        actions = rng.uniform(-1, 1, (8, 7)).astype(np.float32)
        ours, theirs = few.step(actions[:4])[0], many.step(actions)[0][:4]
        if DEVICE == "cpu":
            assert torch.equal(ours, theirs)
        else:
            torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-3)
    for name, values in few.drawn.items():
        assert torch.equal(values, many.drawn[name][:4]), name
    assert len(set(many.drawn["friction"].tolist())) == 8


def test_terms_are_drawn_as_they_say():
    env = make(
        64,
        randomise=Randomisation.calibrated(
            friction=(0.3, 0.9), mass={"uniform": (0.5, 2.0), "operation": "scale"}, gravity={"normal": (9.81, 20.0)},
            bandwidth={"log_uniform": (8, 72)}, damping={"uniform": (0.0, 1.0), "operation": "add"},
        ),
    )  # fmt: skip
    rounds = []
    for k in range(30):
        env.reset(seed=0 if k == 0 else None)
        rounds.append({name: values.numpy(force=True) for name, values in env.drawn.items()})
    assert env.episode.tolist() == [29] * 64
    drawn = {name: np.concatenate([each[name] for each in rounds]) for name in rounds[0]}
    assert len(np.unique(drawn["friction"])) > 1900  # every episode and every world has its own
    assert drawn["friction"].min() >= 0.3 and drawn["friction"].max() <= 0.9
    assert drawn["friction"].mean() == pytest.approx(0.6, abs=0.02)
    assert drawn["mass"].min() >= 0.075 and drawn["mass"].max() <= 0.3
    assert np.log(drawn["bandwidth"]).mean() == pytest.approx(np.log(24), abs=0.06)
    assert drawn["gravity"].min() >= 0 and drawn["gravity"].max() <= 30  # drawn again, not cut off
    assert not np.isin(drawn["gravity"], (0.0, 30.0)).any()
    assert drawn["damping"].min() >= 0 and drawn["damping"].max() <= 1
    assert set(drawn["table_friction"].tolist()) == {np.float32(0.6)}


def test_fields_change_within_an_episode_when_their_time_has_come():
    env = make(4, randomise=Randomisation.calibrated(gravity={"uniform": (9.0, 10.0), "when": (0.1, 0.2)}))
    env.reset(seed=0)
    seen = []
    for _ in range(12):
        env.step(np.zeros((4, 7), np.float32))
        seen.append(env.drawn["gravity"].clone())
        np.testing.assert_allclose(numbers(env.worlds.model.opt.gravity)[:, 2], -seen[-1].numpy(force=True), rtol=1e-6)
    changes = (torch.stack(seen).diff(dim=0) != 0).sum(0)
    assert int(changes.min()) >= 2 and int(changes.max()) <= 6


def test_resets_do_not_compound(env):
    env.reset(seed=21)
    first = {name: numbers(getattr(env.worlds.model, name)) for name in PER_WORLD}
    for _ in range(5):
        env.reset()
    assert not np.array_equal(first["body_mass"], numbers(env.worlds.model.body_mass))
    env.reset(seed=21)
    for name in PER_WORLD:
        assert np.array_equal(first[name], numbers(getattr(env.worlds.model, name))), name
    assert torch.allclose(
        env.drawn["mass"].cpu(), torch.tensor(first["body_mass"][:, env.worlds.layout.object]).float()
    )


def test_a_world_that_is_over_begins_anew_at_the_next_step():
    env = make(4, duration=0.1)
    first, _ = env.reset(seed=2)
    still = np.zeros((4, 7), np.float32)
    _, _, terminated, truncated, _ = env.step(still)
    assert not (terminated | truncated).any()
    _, rewards, terminated, truncated, _ = env.step(still)
    assert truncated.all() and not terminated.any() and (rewards > 0).all()
    second, rewards, terminated, truncated, info = env.step(still + 1)
    assert not (terminated | truncated | info["success"]).any() and (rewards == 0).all()
    assert env.episode.tolist() == [1] * 4 and not torch.equal(first[:, 22:], second[:, 22:])
    third, *_ = env.step(still)
    assert (third[:, 15:18] - second[:, 15:18]).abs().max() < 2e-3  # the action of the reset counted for nothing


def test_imperfect_sensors():
    """Noise has the standard deviation that was asked for, and what is not seen stays where it was seen last."""
    env = make(64, randomise=Randomisation.calibrated(sensor_noise=0.01, encoder_noise=0.02, dropout=0.5))
    observations, _ = env.reset(seed=3)
    errors, encoders, stale = [], [], []
    for _ in range(6):
        before = observations
        observations, *_ = env.step(np.zeros((64, 7), np.float32))
        qpos = wp.to_torch(env.worlds.data.qpos)
        fresh = (observations[:, 22:25] != before[:, 22:25]).any(1)
        stale.append(1 - fresh.float().mean().item())
        errors.append((observations[:, 22:25] - qpos[:, 9:12])[fresh].flatten())
        encoders.append((observations[:, :7] - qpos[:, :7]).flatten())
    assert torch.cat(errors).std().item() == pytest.approx(0.01, rel=0.15)
    assert torch.cat(encoders).std().item() == pytest.approx(0.02, rel=0.1)
    assert np.mean(stale) == pytest.approx(0.5, abs=0.12)
    told = observations.cpu().numpy().astype(np.float64)
    poses = np.array([panda.arm().pose(joints) for joints in told[:, :7]])
    poses[:, 3:] *= np.sign((poses[:, 3:] * told[:, 18:22]).sum(1))[:, None]
    np.testing.assert_allclose(told[:, 15:22], poses, atol=1e-5)  # the hand is where the encoders have it
    np.testing.assert_allclose(told[:, 14], qpos[:, 7:9].sum(1).cpu().numpy(), atol=1e-6)  # lengths are not noisy


def test_the_scripted_expert_picks_blocks_up_and_puts_them_down():
    env = make(4, randomise=DRAWN, terminate=True, cone="elliptic")
    observations, _ = env.reset(seed=1)
    expert = PickPlaceExpert(4, env.device)
    done, highest, held = torch.zeros(4, dtype=torch.bool), torch.zeros(4), torch.zeros(4, dtype=torch.long)
    for _ in range(180):
        observations, _, terminated, truncated, info = env.step(expert.act(observations))
        highest = torch.maximum(highest, observations[:, 24].cpu() * ~done)
        held += (env.touching().all(1).cpu()) & ~done
        done |= info["success"].cpu()
        expert.reset(terminated | truncated)
        if done.all():
            break
    assert done.all()
    assert (highest > 0.08).all() and (held > 10).all()
    crowded, _ = env.overflow()
    assert not crowded.any()


def test_what_is_wrong_is_said(env, monkeypatch):
    with pytest.raises(BadInput, match=r"shape \(4, 3\)"):
        env.step(np.zeros((4, 3)))
    with pytest.raises(BadInput, match="ee_delta"):
        make(1, control="ee_dalta")
    with pytest.raises(BadInput, match="0 environments"):
        make(0)
    with pytest.raises(BadInput, match="seed of -1"):
        env.reset(seed=-1)
    monkeypatch.setattr(sim_warp, "find_spec", lambda name: None if "warp" in name else name)
    with pytest.raises(BadInput, match="warp, mujoco_warp not installed") as caught:
        sim_warp.environment(1)
    assert "multisynth[gpu]" in str(caught.value)
