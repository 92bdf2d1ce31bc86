import numpy as np
import pytest

wp = pytest.importorskip("warp")

from multisynth.sim.warp import streams  # noqa: E402


@wp.kernel
def crank(counter: wp.array(dtype=wp.vec4ui), key: wp.array(dtype=wp.vec2ui), out: wp.array(dtype=wp.vec4ui)):
    n = wp.tid()
    out[n] = streams.philox(counter[n], key[n])


@wp.kernel
def sample(seed: wp.vec2ui, uniform: wp.array(dtype=wp.vec4), normal: wp.array(dtype=wp.vec4)):
    n = wp.tid()
    source = streams.Stream()
    source.seed = seed
    source.world = wp.uint32(3)
    source.episode = wp.uint32(1)
    uniform[n] = streams.uniform(source, wp.uint32(77), n)
    normal[n] = streams.normal(source, wp.uint32(77), n)


def test_philox_gives_the_published_numbers():
    """The known answers that come with Random123, the authors' own library: philox4x32, 10 rounds."""
    pi = [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0]
    counters = np.array([[0] * 4, [0xFFFFFFFF] * 4, pi[0]], np.uint32)
    keys = np.array([[0] * 2, [0xFFFFFFFF] * 2, pi[1]], np.uint32)
    out = wp.zeros(3, dtype=wp.vec4ui, device="cpu")
    given = [wp.array(counters, dtype=wp.vec4ui, device="cpu"), wp.array(keys, dtype=wp.vec2ui, device="cpu")]
    wp.launch(crank, 3, inputs=[*given, out], device="cpu")
    assert out.numpy().tolist() == [
        [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8],
        [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ]


def test_uniform_and_normal_numbers_are_distributed_so():
    from scipy import stats

    count = 20_000
    uniform, normal = (wp.zeros(count, dtype=wp.vec4, device="cpu") for _ in range(2))
    wp.launch(sample, count, inputs=[wp.vec2ui(1, 2), uniform, normal], device="cpu")
    flat = uniform.numpy().ravel()
    assert flat.min() >= 0 and flat.max() < 1
    assert stats.kstest(flat, "uniform").pvalue > 1e-3
    assert stats.kstest(normal.numpy().ravel(), "norm").pvalue > 1e-3
    assert np.abs(np.corrcoef(normal.numpy().T) - np.eye(4)).max() < 0.03


def test_purposes_have_numbers_of_their_own():
    assert len({streams.purpose(name) for name in ("friction", "mass", "hand.x", "channel action")}) == 4
