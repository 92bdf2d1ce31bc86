"""Random numbers on the device: Philox 4×32 with ten rounds (Salmon et al., SC 2011).

A number depends on the seed, the world, its episode, what it is for and its place in that stream; not on how many
worlds there are, nor on what else was drawn. There is no state.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, valid-type, misc, untyped-decorator"
import hashlib
import math

import warp as wp

wp.set_module_options({"enable_backward": False})

ROUNDS = 10
M0, M1 = wp.constant(wp.uint32(0xD2511F53)), wp.constant(wp.uint32(0xCD9E8D57))
W0, W1 = wp.constant(wp.uint32(0x9E3779B9)), wp.constant(wp.uint32(0xBB67AE85))
TAU = wp.constant(2.0 * math.pi)


def purpose(name: str) -> int:
    """The number, 32 bits, that stands for a purpose."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4, person=b"multisynth.warp").digest(), "little")


@wp.struct
class Stream:
    """Where a world's numbers come from."""

    seed: wp.vec2ui  # low and high half
    world: wp.uint32
    episode: wp.uint32


@wp.func
def high(a: wp.uint32, b: wp.uint32):
    """The upper half of the product."""
    return wp.uint32((wp.uint64(a) * wp.uint64(b)) >> wp.uint64(32))


@wp.func
def philox(counter: wp.vec4ui, key: wp.vec2ui):
    """Four random numbers of 32 bits out of a counter and a key."""
    x0, x1, x2, x3 = counter[0], counter[1], counter[2], counter[3]
    k0, k1 = key[0], key[1]
    for _ in range(ROUNDS):
        y0 = high(M1, x2) ^ x1 ^ k0
        y2 = high(M0, x0) ^ x3 ^ k1
        x1 = M1 * x2
        x3 = M0 * x0
        x0 = y0
        x2 = y2
        k0 = k0 + W0
        k1 = k1 + W1
    return wp.vec4ui(x0, x1, x2, x3)


@wp.func
def bits(stream: Stream, purpose: wp.uint32, n: int):
    """The n-th four numbers of a purpose."""
    return philox(wp.vec4ui(wp.uint32(n), purpose, stream.episode, stream.world), stream.seed)


@wp.func
def uniform(stream: Stream, purpose: wp.uint32, n: int):
    """The n-th four numbers of a purpose, uniform in [0, 1), multiples of 2⁻²⁴."""
    x = bits(stream, purpose, n)
    scale = 5.9604644775390625e-08
    return wp.vec4(
        float(x[0] >> wp.uint32(8)) * scale,
        float(x[1] >> wp.uint32(8)) * scale,
        float(x[2] >> wp.uint32(8)) * scale,
        float(x[3] >> wp.uint32(8)) * scale,
    )


@wp.func
def normal(stream: Stream, purpose: wp.uint32, n: int):
    """The n-th four numbers of a purpose, standard normal, by Box and Muller (1958)."""
    u = uniform(stream, purpose, n)
    first = wp.sqrt(-2.0 * wp.log(1.0 - u[0]))
    second = wp.sqrt(-2.0 * wp.log(1.0 - u[2]))
    return wp.vec4(
        first * wp.cos(TAU * u[1]), first * wp.sin(TAU * u[1]), second * wp.cos(TAU * u[3]), second * wp.sin(TAU * u[3])
    )
