"""From actions to motors, one thread a world: `environments.controls`, then what `simulation` and `channel` do."""

# ruff: noqa: UP018 — Warp keeps variables apart from constants by it
# mypy: disable-error-code="no-untyped-def, no-untyped-call, valid-type, misc, untyped-decorator, attr-defined"
import warp as wp

from ..environments import controls
from . import fields
from .arm import JOINTS, Arm, forward, reach, turn_between, vec7
from .state import KNOTS, MOTORS, Episodes, Layout, Model, Motion, Outcome, Task, stream
from .streams import normal, purpose

wp.set_module_options({"enable_backward": False})

DAMPING, PULL = wp.constant(controls.DAMPING), wp.constant(controls.PULL)
EE_DELTA = 1
"""The control `ee_delta`; 0 is `joint_position`."""

_ACTION = wp.constant(wp.uint32(purpose("channel action")))


@wp.func
def bounded(x: float):
    """An action in -1 … 1; what is no number is 0."""
    return wp.where(wp.isfinite(x), wp.clamp(x, -1.0, 1.0), 0.0)


@wp.func
def off(task: Task, goal: wp.transform, tip: wp.transform):
    """How far a pose is from another, as a share of what is put up with."""
    way = wp.length(wp.transform_get_translation(goal) - wp.transform_get_translation(tip))
    turn = wp.length(turn_between(wp.transform_get_rotation(goal), wp.transform_get_rotation(tip)))
    return wp.max(way / task.astray, turn / task.askew)


@wp.func
def led(
    action: wp.array2d(dtype=float), task: Task, arm: Arm, layout: Layout, episodes: Episodes, outcome: Outcome, w: int
):  # fmt: skip
    """Joints that an action in `ee_delta` sends the arm to, and where the hand is wanted from then on."""
    sent = vec7()
    for j in range(JOINTS):
        sent[j] = episodes.sent[w, j]
    wanted = episodes.wanted[w]
    move = wp.vec3(bounded(action[w, 0]), bounded(action[w, 1]), bounded(action[w, 2])) * task.stride
    turn = wp.vec3(bounded(action[w, 3]), bounded(action[w, 4]), bounded(action[w, 5])) * task.twist
    angle = wp.length(turn)
    rotation = wp.transform_get_rotation(wanted)
    if angle > 1.0e-7:
        rotation = wp.normalize(wp.quat_from_axis_angle(turn / angle, angle) * rotation)
    goal = wp.transform(wp.transform_get_translation(wanted) + move, rotation)
    change = reach(arm, sent, goal, episodes.rest[w], 1, DAMPING, PULL) - sent
    haste = float(1.0)  # of the joint that has farthest to go for its speed; all alike, so that the way is kept
    for j in range(JOINTS):
        haste = wp.max(haste, wp.abs(change[j]) * task.rate / layout.speed[j])
    joints = vec7()
    for j in range(JOINTS):
        measured = outcome.observation[w, j]
        joint = wp.clamp(sent[j] + change[j] / haste, measured - task.leash, measured + task.leash)
        joints[j] = wp.clamp(joint, arm.lower[j], arm.upper[j])
    tip = forward(arm, joints)
    astray = off(task, goal, tip)
    if astray < 1.0 or astray < off(task, wanted, tip):
        episodes.wanted[w] = goal
    return joints


@wp.kernel
def command(
    control: int, action: wp.array2d(dtype=float), task: Task, arm: Arm, layout: Layout, episodes: Episodes,
    outcome: Outcome,
):  # fmt: skip
    """Actions as set-points of the motors at the end of the control step. [N, 7 or 8]"""
    w = wp.tid()
    joints = vec7()
    grip = float(0.0)
    if control == EE_DELTA:
        joints = led(action, task, arm, layout, episodes, outcome, w)
        grip = bounded(action[w, 6])
    else:
        for j in range(JOINTS):
            share = 0.5 + 0.5 * bounded(action[w, j])
            joints[j] = layout.low[j] + (layout.high[j] - layout.low[j]) * share
        grip = bounded(action[w, 7])
    finger = 0.25 * task.opening * (1.0 + grip)  # each goes half of the way
    n = episodes.age[w]
    slot = (n + 1) % KNOTS
    source = stream(episodes, w)
    noise = episodes.drawn[w, fields.ACTION_NOISE]
    some = normal(source, _ACTION, 2 * n) * noise
    more = normal(source, _ACTION, 2 * n + 1) * noise
    for j in range(4):
        episodes.knots[w, slot, j] = joints[j] + some[j]
    for j in range(4, JOINTS):
        episodes.knots[w, slot, j] = joints[j] + more[j - 4]
    for j in range(JOINTS):
        episodes.sent[w, j] = joints[j]
    for j in range(JOINTS, MOTORS):
        episodes.sent[w, j] = finger
        episodes.knots[w, slot, j] = finger  # angles are noisy, lengths are not


@wp.kernel
def drive(tick: int, task: Task, layout: Layout, model: Model, episodes: Episodes, motion: Motion):
    """What reaches the motors at a tick of the control step, after its delay. [N, 9]"""
    w, j = wp.tid()
    late = int(wp.rint(episodes.drawn[w, fields.LATENCY] * task.rate * float(task.ticks)))
    n = episodes.age[w] * task.ticks + tick - late
    position = float(episodes.knots[w, 0, j])  # where the robot is told to stay until the first action arrives
    velocity = float(0.0)
    if n >= 0:
        step = n // task.ticks
        before = episodes.knots[w, step % KNOTS, j]
        after = episodes.knots[w, (step + 1) % KNOTS, j]
        position = before + (after - before) * float(n % task.ticks + 1) / float(task.ticks)
        velocity = (after - before) * task.rate
    bias = model.actuator_biasprm[w, layout.motor[j]]
    motion.ctrl[w, layout.motor[j]] = -(bias[1] * position + bias[2] * velocity) / layout.gain[j]
