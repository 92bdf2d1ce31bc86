"""Values of fields by their terms, as `multisynth.sim.terms` draws them, and what MuJoCo's model makes of them."""

# ruff: noqa: UP018, RUF046 — Warp keeps variables apart from constants by it
# mypy: disable-error-code="no-untyped-def, no-untyped-call, valid-type, misc, untyped-decorator, attr-defined"
import warp as wp

from ..engines import mujoco_model
from . import fields
from .state import MOTORS, OBJECT, TABLE, Episodes, Layout, Model, Task, Terms, vec5, vec10
from .streams import Stream, normal, uniform

wp.set_module_options({"enable_backward": False})

TRIES = 1000
"""Of a normal distribution's draw to lie within its field's limits."""
FLAT = wp.constant(0.001)
"""m; a place no higher than this is painted on the table."""
HIDDEN = wp.constant(0.01)
"""m; how far under the table's top the platform of such a place is kept, where nothing meets it."""
LEAST = wp.constant(mujoco_model.LEAST_FRICTION)
ROLLING = wp.constant(1.0e-4)
"""m; MuJoCo's default, which contacts without rolling friction do not read."""


@wp.func
def value(terms: Terms, field: int, source: Stream, n: int):
    """The n-th value of a field in an episode."""
    first, second = terms.first[field], terms.second[field]
    nominal = terms.nominal[field]
    distribution, operation = terms.distribution[field], terms.operation[field]
    result = float(0.0)
    attempt = int(0)
    searching = bool(True)
    while searching:
        drawn = float(first)
        if distribution == 2:
            drawn = first + second * normal(source, terms.purpose[field], (TRIES + 1) * n + attempt)[0]
        else:
            share = uniform(source, terms.purpose[field], (TRIES + 1) * n)[0]
            if distribution == 1:
                drawn = wp.clamp(first * wp.pow(second / first, share), first, second)
            else:
                drawn = first + (second - first) * share
        result = drawn
        if operation == 1:
            result = nominal + drawn
        if operation == 2:
            result = nominal * drawn
        attempt += 1
        outside = result < terms.low[field] or result > terms.high[field]
        searching = distribution == 2 and outside and attempt < TRIES
    return wp.clamp(result, terms.low[field], terms.high[field])


@wp.func
def interval(terms: Terms, field: int, source: Stream, n: int):
    """How long until the change after the n-th of a field within an episode, s."""
    share = uniform(source, terms.purpose[field], (TRIES + 1) * n + TRIES)[0]
    return terms.soonest[field] + (terms.latest[field] - terms.soonest[field]) * share


@wp.func
def apply(episodes: Episodes, task: Task, layout: Layout, model: Model, w: int):
    """Write what is drawn into MuJoCo's model, each value whole, with what follows from it."""
    mass = episodes.drawn[w, fields.MASS]
    x, y, z = episodes.drawn[w, fields.WIDTH], episodes.drawn[w, fields.DEPTH], episodes.drawn[w, fields.HEIGHT]
    each = mass / 12.0 * episodes.drawn[w, fields.INERTIA]
    inertia = wp.vec3(each * (y * y + z * z), each * (x * x + z * z), each * (x * x + y * y))
    model.body_mass[w, layout.object] = mass
    model.body_inertia[w, layout.object] = inertia
    model.body_subtreemass[w, layout.object] = mass
    model.body_subtreemass[w, 0] = layout.others_mass + mass
    turning = (1.0 / inertia[0] + 1.0 / inertia[1] + 1.0 / inertia[2]) / 3.0  # as mj_setConst takes the mean
    model.body_invweight0[w, layout.object] = wp.vec2(1.0 / mass, turning)
    for k in range(3):
        model.dof_invweight0[w, layout.object_dof + k] = 1.0 / mass
        model.dof_invweight0[w, layout.object_dof + 3 + k] = turning
    resize(model, layout.object_geom, wp.vec3(x, y, z) * 0.5, w)

    height = wp.max(episodes.drawn[w, fields.GOAL_HEIGHT], FLAT)
    resize(model, layout.platform_geom, wp.vec3(task.platform, task.platform, height) * 0.5, w)
    top = wp.where(height > FLAT, height, -HIDDEN)
    goal = episodes.goal[w]
    middle = wp.vec3(goal[0], goal[1], top - height * 0.5)
    model.body_pos[w, layout.platform] = middle
    model.geom_xpos[w, layout.platform_geom] = middle
    change(episodes, layout, model, w)


@wp.func
def resize(model: Model, geom: int, half: wp.vec3, w: int):
    """Give a box other edges, and the bounds that collisions are looked for in."""
    model.geom_size[w, geom] = half
    model.geom_rbound[w, geom] = wp.length(half)
    model.geom_aabb[w, geom, 0] = wp.vec3(0.0, 0.0, 0.0)
    model.geom_aabb[w, geom, 1] = half


@wp.func
def own(kind: int, fixed: float, of_object: float, of_table: float):
    """A body's coefficient."""
    return wp.where(kind == OBJECT, of_object, wp.where(kind == TABLE, of_table, fixed))


@wp.func
def reference(layout: Layout, restitution: float):
    """MuJoCo's `solref` of a contact that bounces so, between two of the table's."""
    last = layout.bounces.shape[0] - 1
    place = wp.clamp(restitution, 0.0, 1.0) * float(last)
    n = wp.min(int(place), last - 1)
    return wp.lerp(layout.bounces[n], layout.bounces[n + 1], place - float(n))


@wp.func
def change(episodes: Episodes, layout: Layout, model: Model, w: int):
    """Write those of the drawn values that may change within an episode."""
    friction, table_friction = episodes.drawn[w, fields.FRICTION], episodes.drawn[w, fields.TABLE_FRICTION]
    bounce, table_bounce = episodes.drawn[w, fields.RESTITUTION], episodes.drawn[w, fields.TABLE_RESTITUTION]
    for p in range(layout.pair_kind.shape[0]):
        kind, rough, bouncy = layout.pair_kind[p], layout.pair_friction[p], layout.pair_restitution[p]
        mu = own(kind[0], rough[0], friction, table_friction) * own(kind[1], rough[1], friction, table_friction)
        slide = wp.max(wp.sqrt(mu), LEAST)
        model.pair_friction[w, p] = vec5(slide, slide, slide * layout.pair_patch[p], ROLLING, ROLLING)
        e = own(kind[0], bouncy[0], bounce, table_bounce) * own(kind[1], bouncy[1], bounce, table_bounce)
        model.pair_solref[w, p] = reference(layout, wp.sqrt(e))
    stiffer = episodes.drawn[w, fields.BANDWIDTH] / layout.bandwidth
    for j in range(MOTORS):
        model.actuator_biasprm[w, layout.motor[j]] = stiffened(layout.bias[j], stiffer)
        model.dof_damping[w, layout.dof[j]] = episodes.drawn[w, fields.DAMPING]
    model.gravity[w] = wp.vec3(0.0, 0.0, -episodes.drawn[w, fields.GRAVITY])


@wp.func
def stiffened(bias: vec10, factor: float):
    """Parameters of a motor of another bandwidth: its force is gain · ctrl + bias₁ · position + bias₂ · velocity."""
    changed = bias
    changed[1] = bias[1] * factor
    return changed
