"""What kernels share: arrays on the device, [N, …] with one row a world unless it says otherwise.

Quaternions are w, x, y, z in arrays and x, y, z, w in Warp's own types.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, valid-type, misc, untyped-decorator, attr-defined"
import warp as wp

from .arm import vec7
from .streams import Stream

MOTORS = 9
"""Seven joints and two fingers."""
KNOTS = 8
"""Set-points kept, one a control step: those that the longest latency reaches back to, and the next."""
STATE = 36
"""Numbers in an observation."""
OBJECT, TABLE, OTHER = 0, 1, 2
"""Kinds of bodies: those with the object's coefficients, the table, and those that keep their own."""

vec5 = wp.types.vector(length=5, dtype=float)
vec10 = wp.types.vector(length=10, dtype=float)


@wp.struct
class Terms:
    """How each field is drawn: `terms.Term` and `randomise.Bounds` as numbers. [F] each"""

    distribution: wp.array(dtype=int)  # 0 uniform, 1 log-uniform, 2 normal
    first: wp.array(dtype=float)
    second: wp.array(dtype=float)
    operation: wp.array(dtype=int)  # 0 set, 1 add, 2 scale
    nominal: wp.array(dtype=float)
    low: wp.array(dtype=float)
    high: wp.array(dtype=float)
    soonest: wp.array(dtype=float)  # s between changes within an episode; 0 where there is none
    latest: wp.array(dtype=float)
    purpose: wp.array(dtype=wp.uint32)


@wp.struct
class Task:
    """Where things are drawn to be, when the task stands achieved, and how the robot is led."""

    x: wp.vec2  # m; from, to: of the object
    y: wp.vec2
    reach_x: wp.vec2  # m; where goals can be
    reach_y: wp.vec2
    platform: float  # m; edge of the place
    tolerance: float  # m, level
    level: float  # m, upright
    still: float  # m/s
    home: wp.transform  # of the tip at rest
    opening: float  # m; of the fingers at most
    finger: float  # m; where each is at the start
    stride: float  # m a control step, of the hand along each axis at an action of 1
    twist: float  # rad a control step
    leash: float  # rad, that joints are sent ahead of where they are at most
    astray: float  # m and rad between the hand's wanted pose and its joints' from which the wanted one waits
    askew: float
    steps: int  # control steps an episode lasts at most
    terminate: int  # whether it ends as soon as the task stands achieved
    rate: float  # Hz, of control steps
    ticks: int  # commands to the motors a control step


@wp.struct
class Layout:
    """Where MuJoCo keeps what these kernels read and write, and what they start from. One for all worlds."""

    joint: wp.array(dtype=int)  # [9] address in qpos of each motor's joint
    dof: wp.array(dtype=int)  # [9] and in qvel
    motor: wp.array(dtype=int)  # [9] actuator
    low: wp.array(dtype=float)  # [9] of what an action can ask of each motor, rad or m
    high: wp.array(dtype=float)
    speed: wp.array(dtype=float)  # [9] rad/s or m/s
    bandwidth: float  # 1/s; of the motors in the model
    gain: wp.array(dtype=float)  # [9] of those
    bias: wp.array(dtype=vec10)  # [9]
    object: int  # body
    object_geom: int
    object_joint: int  # address in qpos
    object_dof: int
    others_mass: float  # kg; of everything but the object
    platform: int  # body
    platform_geom: int
    pair_kind: wp.array(dtype=wp.vec2i)  # [pairs] of the two bodies
    pair_friction: wp.array(dtype=wp.vec2)  # [pairs] their own where it is not drawn
    pair_restitution: wp.array(dtype=wp.vec2)  # [pairs]
    bounces: wp.array(dtype=wp.vec2)  # [B] `solref` of coefficients of restitution from 0 to 1
    pair_patch: wp.array(dtype=float)  # [pairs] m; torsional friction over the other


@wp.struct
class Model:
    """The fields of MuJoCo's model that differ from world to world."""

    body_pos: wp.array2d(dtype=wp.vec3)
    body_mass: wp.array2d(dtype=float)
    body_subtreemass: wp.array2d(dtype=float)
    body_inertia: wp.array2d(dtype=wp.vec3)
    body_invweight0: wp.array2d(dtype=wp.vec2)
    dof_invweight0: wp.array2d(dtype=float)
    dof_damping: wp.array2d(dtype=float)
    geom_size: wp.array2d(dtype=wp.vec3)
    geom_rbound: wp.array2d(dtype=float)
    geom_aabb: wp.array3d(dtype=wp.vec3)
    pair_friction: wp.array2d(dtype=vec5)
    pair_solref: wp.array2d(dtype=wp.vec2)
    actuator_biasprm: wp.array2d(dtype=vec10)
    gravity: wp.array(dtype=wp.vec3)
    geom_xpos: wp.array2d(dtype=wp.vec3)  # where geoms are; MuJoCo Warp leaves those alone that cannot move


@wp.struct
class Motion:
    """MuJoCo's state."""

    qpos: wp.array2d(dtype=float)
    qvel: wp.array2d(dtype=float)
    warmstart: wp.array2d(dtype=float)
    ctrl: wp.array2d(dtype=float)
    time: wp.array(dtype=float)


@wp.struct
class Episodes:
    """What is known of each world's episode besides its motion."""

    seed: wp.array(dtype=wp.vec2ui)  # [1], of all
    episode: wp.array(dtype=int)
    age: wp.array(dtype=int)  # control steps
    over: wp.array(dtype=int)  # whether the next step is a reset
    drawn: wp.array2d(dtype=float)  # [N, F]
    changes: wp.array2d(dtype=int)  # [N, F] times a field changed within the episode
    due: wp.array2d(dtype=float)  # [N, F] s; when it changes next
    rest: wp.array(dtype=vec7)  # rad; the arm at the start
    wanted: wp.array(dtype=wp.transform)  # where actions have led the hand
    sent: wp.array2d(dtype=float)  # [N, 9] where they have sent the motors, m and rad
    knots: wp.array3d(dtype=float)  # [N, 8, 9] the same with its noise, at the last control steps
    seen: wp.array2d(dtype=float)  # [N, 7] the object's pose as seen last
    start: wp.array(dtype=wp.vec3)  # m; of the object
    goal: wp.array(dtype=wp.vec3)  # m; where it is to be


@wp.struct
class Outcome:
    """What a control step gives."""

    observation: wp.array2d(dtype=float)
    reward: wp.array(dtype=float)
    terminated: wp.array(dtype=wp.bool)
    truncated: wp.array(dtype=wp.bool)
    success: wp.array(dtype=wp.bool)
    diverged: wp.array(dtype=wp.bool)  # the physics gave no finite number


@wp.func
def stream(episodes: Episodes, world: int):
    """Where a world's numbers come from in its present episode."""
    source = Stream()
    source.seed = episodes.seed[0]
    source.world = wp.uint32(world)
    source.episode = wp.uint32(episodes.episode[world])
    return source
