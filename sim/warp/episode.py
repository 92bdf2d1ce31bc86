"""How an episode of pick and place begins, goes on and ends: `tasks.pick_place` and `channel`, one thread a world."""

# ruff: noqa: UP018, RUF046 — Warp keeps variables apart from constants by it
# mypy: disable-error-code="no-untyped-def, no-untyped-call, valid-type, misc, untyped-decorator, attr-defined"
import warp as wp

from .. import kinematics
from . import fields
from .arm import JOINTS, Arm, forward, reach, vec7
from .drawing import FLAT, apply, change, interval, value
from .state import MOTORS, Episodes, Layout, Model, Motion, Outcome, Task, Terms, stream
from .streams import normal, purpose, uniform

wp.set_module_options({"enable_backward": False})

DAMPING, PULL = wp.constant(kinematics.DAMPING), wp.constant(kinematics.PULL)
REACHING = 30
"""Iterations at most that bring the hand to its start."""
TURNS = 64
"""Directions in which a goal is looked for."""

_PLACE = wp.constant(wp.uint32(purpose("object")))
_DIRECTION = wp.constant(wp.uint32(purpose("direction")))
_ENCODER = wp.constant(wp.uint32(purpose("channel encoder")))
_SENSOR = wp.constant(wp.uint32(purpose("channel sensor")))
_DROPOUT = wp.constant(wp.uint32(purpose("channel dropout")))


@wp.func
def begin(
    terms: Terms, task: Task, arm: Arm, layout: Layout, model: Model, motion: Motion, episodes: Episodes, w: int
):  # fmt: skip
    """Draw a world's next episode and put everything at its start."""
    episodes.episode[w] = episodes.episode[w] + 1
    episodes.age[w] = 0
    source = stream(episodes, w)
    for f in range(terms.first.shape[0]):
        episodes.drawn[w, f] = value(terms, f, source, 0)
        episodes.changes[w, f] = 0
        episodes.due[w, f] = interval(terms, f, source, 0)

    u = uniform(source, _PLACE, 0)
    below = 0.5 * episodes.drawn[w, fields.HEIGHT]
    x = task.x[0] + (task.x[1] - task.x[0]) * u[0]
    y = task.y[0] + (task.y[1] - task.y[0]) * u[1]
    yaw = (2.0 * u[2] - 1.0) * wp.pi
    first = (2.0 * uniform(source, _DIRECTION, 0)[0] - 1.0) * wp.pi
    goal_x, goal_y = float(0.0), float(0.0)
    turn = int(0)
    while turn < TURNS:
        heading = first + float(turn) * (2.0 * wp.pi / float(TURNS))
        goal_x = x + episodes.drawn[w, fields.CARRY] * wp.cos(heading)
        goal_y = y + episodes.drawn[w, fields.CARRY] * wp.sin(heading)
        turn += 1
        if (
            goal_x >= task.reach_x[0] and goal_x <= task.reach_x[1]
            and goal_y >= task.reach_y[0] and goal_y <= task.reach_y[1]
        ):  # fmt: skip
            turn = TURNS
    episodes.start[w] = wp.vec3(x, y, below)
    episodes.goal[w] = wp.vec3(goal_x, goal_y, wp.max(episodes.drawn[w, fields.GOAL_HEIGHT], FLAT) + below)
    apply(episodes, task, layout, model, w)

    off = wp.vec3(0.0, 0.0, 0.0)
    for k in range(3):
        off[k] = episodes.drawn[w, fields.HAND_X + k]
    home = wp.transform(wp.transform_get_translation(task.home) + off, wp.transform_get_rotation(task.home))
    q = reach(arm, arm.rest, home, arm.rest, REACHING, DAMPING, PULL)
    episodes.rest[w] = q
    episodes.wanted[w] = forward(arm, q)

    for k in range(motion.qvel.shape[1]):
        motion.qvel[w, k] = 0.0
        motion.warmstart[w, k] = 0.0
    motion.time[w] = 0.0
    for j in range(JOINTS):
        motion.qpos[w, layout.joint[j]] = q[j]
        episodes.sent[w, j] = q[j]
        episodes.knots[w, 0, j] = q[j]
    for j in range(JOINTS, MOTORS):
        motion.qpos[w, layout.joint[j]] = task.finger
        episodes.sent[w, j] = task.finger
        episodes.knots[w, 0, j] = task.finger
    at = layout.object_joint
    motion.qpos[w, at] = x
    motion.qpos[w, at + 1] = y
    motion.qpos[w, at + 2] = below
    motion.qpos[w, at + 3] = wp.cos(yaw * 0.5)
    motion.qpos[w, at + 4] = 0.0
    motion.qpos[w, at + 5] = 0.0
    motion.qpos[w, at + 6] = wp.sin(yaw * 0.5)


@wp.func
def vary(terms: Terms, task: Task, layout: Layout, model: Model, episodes: Episodes, w: int):
    """Let those fields change whose time has come."""
    source = stream(episodes, w)
    time = float(episodes.age[w]) / task.rate
    changed = bool(False)
    for f in range(terms.first.shape[0]):
        if terms.soonest[f] > 0.0 and episodes.due[w, f] <= time:
            n = episodes.changes[w, f] + 1
            episodes.changes[w, f] = n
            episodes.drawn[w, f] = value(terms, f, source, n)
            episodes.due[w, f] = episodes.due[w, f] + interval(terms, f, source, n)
            changed = True
    if changed:
        change(episodes, layout, model, w)


@wp.func
def released(episodes: Episodes, hand: wp.transform, place: wp.vec3, turned: wp.quat, opening: float, w: int):
    """Whether the fingers stand wider open than the object between them is, or are not about it."""
    above = wp.transform_get_translation(hand)[2] - place[2]
    across = wp.quat_rotate_inv(turned, wp.quat_rotate(wp.transform_get_rotation(hand), wp.vec3(0.0, 1.0, 0.0)))
    axis = wp.atan2(across[1], across[0])
    x, y, z = episodes.drawn[w, fields.WIDTH], episodes.drawn[w, fields.DEPTH], episodes.drawn[w, fields.HEIGHT]
    width = x * wp.abs(wp.cos(axis)) + y * wp.abs(wp.sin(axis))
    return above > 0.5 * z + 0.01 or opening > width + 0.002


@wp.func
def near(distance: float, scale: float):
    """1 at no distance, 0.24 at `scale`, towards 0 far away."""
    return 1.0 - wp.tanh(distance / scale)


@wp.kernel
def finish(
    terms: Terms, task: Task, arm: Arm, layout: Layout, model: Model, motion: Motion, episodes: Episodes,
    outcome: Outcome,
):  # fmt: skip
    """What came of a control step; a world that was over before it begins its next episode instead."""
    w = wp.tid()
    begun = episodes.over[w] != 0
    if begun:
        begin(terms, task, arm, layout, model, motion, episodes, w)
    else:
        episodes.age[w] = episodes.age[w] + 1

    total = float(0.0)
    for k in range(motion.qpos.shape[1]):
        total += motion.qpos[w, k]
    for k in range(motion.qvel.shape[1]):
        total += motion.qvel[w, k]
    diverged = not wp.isfinite(total)

    q = vec7()
    for j in range(JOINTS):
        q[j] = motion.qpos[w, layout.joint[j]]
    hand = forward(arm, q)
    opening = motion.qpos[w, layout.joint[7]] + motion.qpos[w, layout.joint[8]]
    at, dof = layout.object_joint, layout.object_dof
    place = wp.vec3(motion.qpos[w, at], motion.qpos[w, at + 1], motion.qpos[w, at + 2])
    turned = wp.quat(motion.qpos[w, at + 4], motion.qpos[w, at + 5], motion.qpos[w, at + 6], motion.qpos[w, at + 3])
    speed = wp.max(
        wp.abs(motion.qvel[w, dof]), wp.max(wp.abs(motion.qvel[w, dof + 1]), wp.abs(motion.qvel[w, dof + 2]))
    )
    goal, start = episodes.goal[w], episodes.start[w]
    way = place - goal
    there = wp.length(wp.vec2(way[0], way[1])) < task.tolerance and wp.abs(way[2]) < task.level
    achieved = there and released(episodes, hand, place, turned, opening, w) and speed < task.still
    lifted = wp.clamp((place[2] - start[2]) / (goal[2] - start[2] + 0.03), 0.0, 1.0)
    reward = 0.3 * near(wp.length(wp.transform_get_translation(hand) - place), 0.1)
    reward += 0.2 * lifted + 0.4 * near(wp.length(way), 0.15)
    if achieved:
        reward = 1.0
    if diverged or begun:
        reward = 0.0

    success = achieved and not diverged and not begun
    terminated = ((success and task.terminate != 0) or diverged) and not begun
    truncated = episodes.age[w] >= task.steps and not terminated and not begun
    outcome.reward[w] = reward
    outcome.success[w] = success
    outcome.diverged[w] = diverged
    outcome.terminated[w] = terminated
    outcome.truncated[w] = truncated
    episodes.over[w] = wp.where(terminated or truncated, 1, 0)
    if not diverged:
        observe(arm, layout, motion, episodes, outcome, opening, begun, w)
        if not begun:
            vary(terms, task, layout, model, episodes, w)


@wp.func
def observe(
    arm: Arm, layout: Layout, motion: Motion, episodes: Episodes, outcome: Outcome, opening: float, fresh: bool,
    w: int,
):  # fmt: skip
    """The state as sensors have it: joints, their velocities, opening, hand, object, goal."""
    source = stream(episodes, w)
    n = episodes.age[w]
    noise = episodes.drawn[w, fields.ENCODER_NOISE]
    some = normal(source, _ENCODER, 2 * n) * noise
    more = normal(source, _ENCODER, 2 * n + 1) * noise
    read = vec7()
    for j in range(4):
        read[j] = motion.qpos[w, layout.joint[j]] + some[j]
    for j in range(4, JOINTS):
        read[j] = motion.qpos[w, layout.joint[j]] + more[j - 4]
    hand = forward(arm, read)  # where the encoders have it
    for j in range(JOINTS):
        outcome.observation[w, j] = read[j]
        outcome.observation[w, JOINTS + j] = motion.qvel[w, layout.dof[j]]
    outcome.observation[w, 14] = opening
    place, turned = wp.transform_get_translation(hand), wp.transform_get_rotation(hand)
    for k in range(3):
        outcome.observation[w, 15 + k] = place[k]
        outcome.observation[w, 19 + k] = turned[k]
    outcome.observation[w, 18] = turned[3]
    missed = uniform(source, _DROPOUT, n)[0] < episodes.drawn[w, fields.DROPOUT] and not fresh
    if not missed:
        error = normal(source, _SENSOR, n) * episodes.drawn[w, fields.SENSOR_NOISE]
        for k in range(3):
            episodes.seen[w, k] = motion.qpos[w, layout.object_joint + k] + error[k]
        for k in range(3, 7):
            episodes.seen[w, k] = motion.qpos[w, layout.object_joint + k]
    goal = episodes.goal[w]
    for k in range(7):
        outcome.observation[w, 22 + k] = episodes.seen[w, k]
    for k in range(3):
        outcome.observation[w, 29 + k] = goal[k]
        outcome.observation[w, 33 + k] = 0.0
    outcome.observation[w, 32] = 1.0


@wp.kernel
def touches(
    count: wp.array(dtype=int), worlds: wp.array(dtype=int), geoms: wp.array(dtype=wp.vec2i),
    distance: wp.array(dtype=float), thing: int, fingers: wp.vec2i, found: wp.array2d(dtype=int),
):  # fmt: skip
    """Which fingers touch the object. [contacts] → [N, 2]"""
    c = wp.tid()
    if c >= count[0]:
        return
    pair = geoms[c]
    if distance[c] > 0.0 or (pair[0] != thing and pair[1] != thing):
        return
    other = pair[0] + pair[1] - thing
    for k in range(2):
        if other == fingers[k]:
            found[worlds[c], k] = 1
