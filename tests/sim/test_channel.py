import numpy as np
import pytest
from multisynth.sim.channel import LONGEST, Channel, Imperfections

from multisynth import seeds

REST = np.array([0.1, -0.2])
TICK = 1 / 80


def channel(stream=lambda purpose: seeds.rng(3, purpose), **imperfections):
    return Channel(Imperfections(**imperfections), REST, TICK, stream, np.ones(2), np.ones(2))


def sent(of, count):
    """The first of the two positions that arrive, when 0, 1, 2 … are sent."""
    return [of.delayed(np.full(2, float(n)), np.zeros(2))[0][0] for n in range(count)]


@pytest.mark.parametrize(("latency", "ticks"), [(0.0, 0), (0.0125, 1), (0.1, 8), (LONGEST, 24)])
def test_what_is_sent_arrives_so_many_ticks_later(latency, ticks):
    assert sent(channel(latency=latency), 40) == [REST[0]] * ticks + [float(n) for n in range(40 - ticks)]


def test_until_anything_arrives_the_robot_is_told_to_stay():
    positions, velocities = channel(latency=0.1).delayed(np.ones(2), np.ones(2))
    assert positions.tolist() == REST.tolist() and velocities.tolist() == [0, 0]


def test_a_latency_that_changes_under_way_loses_or_repeats_what_was_sent():
    of = channel(latency=0.025)
    sent(of, 10)
    of.now = Imperfections(latency=0.05)
    assert of.delayed(np.full(2, 10.0), np.zeros(2))[0][0] == 6.0
    of.now = Imperfections()
    assert of.delayed(np.full(2, 11.0), np.zeros(2))[0][0] == 11.0


@pytest.mark.parametrize("name", ["action_noise", "encoder_noise", "sensor_noise"])
def test_noise_has_its_spread_and_no_bias(name):
    of, count = channel(**{name: 0.02}), 4000
    if name == "action_noise":
        read = np.array([of.noisy(REST) - REST for _ in range(count)])
    elif name == "encoder_noise":
        read = np.array([of.encoders(REST) - REST for _ in range(count)])
    else:
        pose = np.array([0.5, 0.1, 0.2, 1, 0, 0, 0])
        seen = np.array([of.look({"cup": pose})["cup"] - pose for _ in range(count)])
        assert not seen[:, 3:].any(), "only positions are noisy"
        read = seen[:, :3]
    assert read.std() == pytest.approx(0.02, rel=0.05)
    assert np.abs(read.mean(0)).max() < 0.02 * 4 / np.sqrt(count)


def test_lengths_are_not_noisy():
    turns = np.array([1.0, 0.0])
    of = Channel(
        Imperfections(action_noise=0.1, encoder_noise=0.1), REST, TICK, lambda p: seeds.rng(3, p), turns, turns
    )
    for read in (of.noisy(REST), of.encoders(REST)):
        assert read[0] != REST[0] and read[1] == REST[1]


def test_a_perfect_channel_changes_nothing_and_draws_nothing():
    def stream(purpose):
        raise AssertionError(f"{purpose} was drawn")

    of, pose = channel(stream), np.arange(7.0)
    assert of.noisy(REST) is REST and of.encoders(REST) is REST
    assert (of.look({"cup": pose})["cup"] == pose).all()


def test_what_is_not_seen_seems_to_be_where_it_was_seen_last():
    of = channel(dropout=0.3)
    seen = [of.look({"cup": np.full(7, float(n))})["cup"][0] for n in range(4000)]
    assert seen[0] == 0, "at first everything is seen"
    missed = [n for n in range(1, 4000) if seen[n] != n]
    assert all(seen[n] == seen[n - 1] for n in missed)
    assert len(missed) / 4000 == pytest.approx(0.3, abs=0.03)


def test_noise_of_one_kind_or_body_leaves_the_others_as_they_are():
    alone, together = channel(sensor_noise=0.01), channel(sensor_noise=0.01, encoder_noise=0.1, action_noise=0.1)
    cup, lid = np.zeros(7), np.ones(7)
    for _ in range(3):
        first = alone.look({"cup": cup})["cup"]
        together.encoders(REST), together.noisy(REST)
        assert (together.look({"lid": lid, "cup": cup})["cup"] == first).all()


def test_poses_are_not_written_into():
    pose = np.zeros(7)
    channel(sensor_noise=0.1).look({"cup": pose})
    assert not pose.any()
