"""Where a seven-joint arm's tip is and how to get it somewhere, one thread a world; `multisynth.sim.kinematics`' twin.

Quaternions are x, y, z, w in here, as Warp has them.
"""

# ruff: noqa: UP018, RUF046 — Warp keeps variables apart from constants by it
# mypy: disable-error-code="no-untyped-def, no-untyped-call, valid-type, misc, untyped-decorator, index"
import warp as wp

from .. import kinematics

wp.set_module_options({"enable_backward": False})

JOINTS = 7
NEAR, STRIDE = wp.constant(kinematics.NEAR), wp.constant(kinematics.STRIDE)

vec6 = wp.types.vector(length=6, dtype=float)
vec7 = wp.types.vector(length=7, dtype=float)
mat66 = wp.types.matrix(shape=(6, 6), dtype=float)
mat67 = wp.types.matrix(shape=(6, 7), dtype=float)


@wp.struct
class Arm:
    """Hinges one after the other, each at its body's origin, and a tip on the last one's body."""

    place: wp.array(dtype=wp.transform)  # [7] of a body in the one before, at joint position 0
    axis: wp.array(dtype=wp.vec3)  # [7] in the body, unit length
    tip: wp.transform  # in the last body
    lower: wp.array(dtype=float)  # [7] rad
    upper: wp.array(dtype=float)  # [7] rad
    rest: vec7  # rad


@wp.func
def forward(arm: Arm, q: vec7):
    """The tip in the world."""
    at = wp.transform_identity()
    for j in range(JOINTS):
        turn = wp.quat_from_axis_angle(arm.axis[j], q[j])
        at = at * arm.place[j] * wp.transform(wp.vec3(0.0, 0.0, 0.0), turn)
    return at * arm.tip


@wp.func
def jacobian(arm: Arm, q: vec7, tip: wp.vec3):
    """Rows of the tip's linear, then angular velocity a unit of each joint's."""
    rows = mat67()
    at = wp.transform_identity()
    for j in range(JOINTS):
        turn = wp.quat_from_axis_angle(arm.axis[j], q[j])
        at = at * arm.place[j] * wp.transform(wp.vec3(0.0, 0.0, 0.0), turn)
        axis = wp.transform_vector(at, arm.axis[j])
        linear = wp.cross(axis, tip - wp.transform_get_translation(at))
        for k in range(3):
            rows[k, j] = linear[k]
            rows[k + 3, j] = axis[k]
    return rows


@wp.func
def turn_between(goal: wp.quat, now: wp.quat):
    """The rotation that takes `now` to `goal`, as its axis times its angle."""
    q = goal * wp.quat_inverse(now)
    v = wp.vec3(q[0], q[1], q[2])
    w = q[3]
    if w < 0.0:
        v = -v
        w = -w
    sine = wp.length(v)
    scale = 2.0
    if sine > 1.0e-7:
        scale = 2.0 * wp.atan2(sine, w) / sine
    return v * scale


@wp.func
def solve(a: mat66, b: vec6):
    """X in a x = b, by Cholesky's decomposition; a is symmetric and positive definite."""
    low = mat66()
    for i in range(6):
        for j in range(i + 1):
            total = a[i, j]
            for k in range(j):
                total -= low[i, k] * low[j, k]
            if i == j:
                low[i, i] = wp.sqrt(total)
            else:
                low[i, j] = total / low[j, j]
    x = vec6()
    for i in range(6):
        total = b[i]
        for k in range(i):
            total -= low[i, k] * x[k]
        x[i] = total / low[i, i]
    for n in range(6):
        i = 5 - n
        total = x[i]
        for k in range(i + 1, 6):
            total -= low[k, i] * x[k]
        x[i] = total / low[i, i]
    return x


@wp.func
def reach(arm: Arm, start: vec7, goal: wp.transform, rest: vec7, iterations: int, damping: float, pull: float):
    """Joints that bring the tip to a pose, or nearer; drawn to `rest` where it makes no difference to the tip."""
    q = vec7()
    for j in range(JOINTS):
        q[j] = wp.clamp(start[j], arm.lower[j], arm.upper[j])
    share = float(pull)
    n = int(0)
    while n < iterations:
        n += 1
        tip = forward(arm, q)
        place = wp.transform_get_translation(tip)
        rows = jacobian(arm, q, place)
        way = wp.transform_get_translation(goal) - place
        turn = turn_between(wp.transform_get_rotation(goal), wp.transform_get_rotation(tip))
        wish = (rest - q) * share
        error = vec6(way[0], way[1], way[2], turn[0], turn[1], turn[2]) - rows * wish
        square = rows * wp.transpose(rows)
        for i in range(6):
            square[i, i] = square[i, i] + damping * damping
        change = wp.transpose(rows) * solve(square, error) + wish
        for j in range(JOINTS):
            step = wp.clamp(change[j], -STRIDE, STRIDE)
            q[j] = wp.clamp(q[j] + step, arm.lower[j], arm.upper[j])
        share = share * 0.5
        if wp.max(wp.max(wp.abs(way)), wp.max(wp.abs(turn))) < NEAR:
            n = iterations
    return q
