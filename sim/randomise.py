"""Domain randomisation (Tobin et al., arXiv 1703.06907; Peng et al., arXiv 1710.06537): what each episode draws.

A field has a calibrated value, physical limits and a term. Terms are drawn from the episode's own streams, one a name,
so that no draw depends on which others were made, or when, or for how many environments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from multisynth.errors import nearest, shown

from .terms import Pair, Term


class Bounds(NamedTuple):
    """What is known of a field besides its term."""

    nominal: float | None
    """The calibrated value; None for what is no property of the world, such as where things lie."""
    low: float
    high: float


def _field(nominal: float | None, default: Pair | float, limits: Pair, description: str) -> Any:
    """A field with its calibrated value, the range it is drawn from by default, and its physical limits."""
    extra: Any = {"nominal": nominal, "limits": list(limits)}
    return Field(Term.model_validate(default), description=description, json_schema_extra=extra)


class Randomisation(BaseModel):
    """A term for each field; SI units, angles of lights and cameras in degrees.

    A contact's coefficients are √(a·b) of the two bodies' own. What has a calibrated value is a property of the world
    that simulators get wrong; the rest says where things are and what they look like.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    # contact
    friction: Term = _field(
        0.6, (0.3, 0.9), (0.02, 1.5), "Coulomb coefficient of objects; one for all but for each of `topple`'s blocks."
    )
    table_friction: Term = _field(
        0.6, (0.4, 0.9), (0.02, 1.5), "Coulomb coefficient of the table, or of the ground to walk on."
    )
    restitution: Term = _field(0.1, (0.0, 0.4), (0.0, 0.95), "Coefficient of restitution of objects and table.")
    # bodies
    mass: Term = _field(0.15, (0.05, 0.4), (0.005, 5.0), "Of the object to handle, kg.")
    inertia: Term = _field(1.0, 1.0, (0.2, 5.0), "Of objects, over that of a solid of even density.")
    gravity: Term = _field(9.81, 9.81, (0.0, 30.0), "m/s², downwards.")
    # the robot
    bandwidth: Term = _field(24.0, 24.0, (4.0, 80.0), "Of the joints' position controllers, 1/s.")
    damping: Term = _field(0.0, 0.0, (0.0, 50.0), "Viscous, of the robot's joints, N·m·s/rad or N·s/m.")
    latency: Term = _field(0.0, 0.0, (0.0, 0.3), "From an action to the motors, s, in steps of 12.5 ms.")
    action_noise: Term = _field(0.0, 0.0, (0.0, 0.2), "Standard deviation of what reaches the motors, rad.")
    sensor_noise: Term = _field(0.0, 0.0, (0.0, 0.05), "Standard deviation of observed positions of bodies, m.")
    encoder_noise: Term = _field(0.0, 0.0, (0.0, 0.05), "Standard deviation of observed joint positions, rad.")
    dropout: Term = _field(0.0, 0.0, (0.0, 0.9), "Probability that a body is not seen at a control step.")
    # objects and where they are
    object_x: Term = _field(
        None, (0.0, 1.0), (0.0, 1.0), "Where the object lies, of the task's own region: 0 near the robot, 1 far away."
    )
    object_y: Term = _field(
        None, (0.0, 1.0), (0.0, 1.0), "Where the object lies, of the task's own region: 0 right, 1 left of the robot."
    )
    object_yaw: Term = _field(
        None, (0.0, 1.0), (0.0, 1.0), "How objects are turned, of the task's own range of angles; 0.5 is straight."
    )
    size: Term = _field(None, (0.04, 0.065), (0.02, 0.08), "Edges or diameter of the object to handle, m.")
    random_urdfs: Term = _field(
        None, 0.0, (0.0, 1.0), "Probability that it is one of `pybullet_data`'s thousand meshes."
    )
    carry: Term = _field(None, (0.17, 0.3), (0.14, 0.4), "From the object to where it shall be put, m.")
    goal_height: Term = _field(None, (0.0, 0.06), (0.0, 0.12), "Of the place where it shall be put, m.")
    peg_edge: Term = _field(None, (0.024, 0.034), (0.015, 0.06), "Of a square peg, m.")
    peg_length: Term = _field(None, (0.08, 0.1), (0.07, 0.14), "m.")
    board_thickness: Term = _field(None, (0.024, 0.034), (0.01, 0.04), "Of the board with the hole, m.")
    clearance: Term = _field(None, (0.001, 0.002), (0.0004, 0.01), "Of a hole, beyond the edge of its peg, m.")
    distance: Term = _field(None, (0.1, 0.22), (0.06, 0.3), "From the object to its goal, m.")
    hand: Term = _field(None, (-0.03, 0.03), (-0.08, 0.08), "Of the hand's start along x, y, z from home, m.")
    # open_drawer
    drawer_mass: Term = _field(1.0, (0.4, 2.0), (0.05, 10.0), "kg.")
    drawer_damping: Term = _field(8.0, (2.0, 25.0), (0.0, 200.0), "Viscous, of the drawer's slide, N·s/m.")
    drawer_friction: Term = _field(1.0, (0.0, 3.0), (0.0, 15.0), "Dry, of the drawer's slide, N.")
    drawer_travel: Term = _field(None, (0.12, 0.17), (0.05, 0.2), "From shut to stop, m.")
    open_share: Term = _field(None, (0.6, 0.9), (0.1, 0.95), "How far it is to be opened, of its travel.")
    cabinet_height: Term = _field(None, (0.12, 0.2), (0.1, 0.25), "And with it where the handle is, m.")
    # ramp
    slope: Term = _field(None, (14.0, 22.0), (5.0, 35.0), "Of the ramp, degrees.")
    ramp_length: Term = _field(None, (0.24, 0.3), (0.1, 0.4), "Along the slope, m.")
    roller_radius: Term = _field(None, (0.022, 0.03), (0.015, 0.035), "Of the ball that rolls down, m.")
    target_mass: Term = _field(None, (0.02, 0.05), (0.005, 1.0), "Of what it hits, kg.")
    # walk
    walk_distance: Term = _field(None, (3.0, 3.5), (0.5, 8.0), "To the mark, m.")
    # topple
    block_mass: Term = _field(None, (0.02, 0.08), (0.005, 2.0), "Of a block of the tower, kg.")
    block_size: Term = _field(None, (0.028, 0.042), (0.02, 0.07), "Edge of the tower's blocks, m.")
    block_aspect: Term = _field(None, (1.2, 1.8), (0.5, 2.0), "Height of a block over its edge.")
    offset: Term = _field(None, (0.0, 0.004), (0.0, 0.01), "Of each block from the middle of the tower, m.")
    ball_mass: Term = _field(None, (0.4, 0.8), (0.01, 2.0), "kg.")
    ball_radius: Term = _field(None, (0.028, 0.038), (0.015, 0.04), "m.")
    thrown: Term = _field(None, 0.5, (0.0, 1.0), "Probability that the ball is thrown, not struck.")
    strike_speed: Term = _field(None, (0.75, 1.2), (0.2, 1.5), "Of the hand when it strikes the ball, m/s.")
    throw_speed: Term = _field(None, (2.6, 3.6), (0.5, 8.0), "Of the ball when it is thrown, m/s.")
    aim: Term = _field(None, (-0.01, 0.01), (-0.05, 0.05), "How far beside the tower's axis the ball aims, m.")
    # looks
    colour: Term = _field(None, (0.0, 0.06), (0.0, 0.2), "Spread of a palette colour, linear reflectance.")
    texture: Term = _field(
        None, 0.06, (0.0, 0.6), "Contrast of the pattern on table and floor, of their colours; 0 is plain."
    )
    texture_size: Term = _field(None, 0.1, (0.01, 1.0), "Of its squares, stripes or tiles, m.")
    texture_kind: Term = _field(None, 0.0, (0.0, 3.0), "Squares below 1, stripes below 2, tiles from there on.")
    light_azimuth: Term = _field(None, (-180.0, 180.0), (-360.0, 360.0), "Where the light comes from, from x.")
    light_elevation: Term = _field(None, (35.0, 75.0), (10.0, 90.0), "Above the horizon.")
    light_intensity: Term = _field(None, (1.6, 2.6), (0.0, 20.0), "As `Light.intensity`.")
    light_ambient: Term = _field(None, (0.25, 0.5), (0.0, 2.0), "As `Light.ambient`.")
    camera_azimuth: Term = _field(None, (-75.0, 75.0), (-360.0, 360.0), "Where the camera is, from x, robot at -x.")
    camera_elevation: Term = _field(None, (22.0, 50.0), (5.0, 85.0), "Above the horizon.")
    camera_distance: Term = _field(
        None, (0.55, 0.9), (0.3, 5.0), "From what happens, m; the camera steps back until it sees all of it."
    )
    camera_fov: Term = _field(None, (40.0, 55.0), (20.0, 100.0), "Vertical field of view.")

    @model_validator(mode="before")
    @classmethod
    def _known(cls, terms: Any) -> Any:
        if isinstance(terms, cls):
            return terms
        if not isinstance(terms, Mapping):
            raise ValueError(
                f"{shown(terms)} is no mapping of terms: write `friction: [0.3, 0.9]`, or name a YAML file"
            )
        for name in terms:
            if name not in cls.model_fields:
                raise ValueError(f"no term is called `{name}`: {nearest(str(name), list(cls.model_fields))}")
        return terms

    @field_validator("*")
    @classmethod
    def _within_limits(cls, term: Term, info: ValidationInfo) -> Term:
        name = info.field_name or ""
        bounds = cls.bounds(name)
        if term.operation != "set" and bounds.nominal is None:
            raise ValueError(f"{name} has no calibrated value to {term.operation}: set it")
        if term.operation == "scale" and bounds.nominal == 0:
            raise ValueError(f"{name} is calibrated at 0, which any factor leaves there: add or set instead of scale")
        if term.when != "episode" and name not in WHILE_RUNNING:
            raise ValueError(f"{name} cannot change within an episode: {', '.join(WHILE_RUNNING)} can")
        mean = term.middle(bounds.nominal or 0.0)
        if mean is not None and not bounds.low <= mean <= bounds.high:
            raise ValueError(f"{name} about {mean:g} lies outside its physical limits {bounds.low:g} … {bounds.high:g}")
        ends = term.range(bounds.nominal or 0.0)
        if ends is not None and (ends[0] < bounds.low or ends[1] > bounds.high):
            raise ValueError(
                f"{name} {ends[0]:g} … {ends[1]:g} leaves its physical limits {bounds.low:g} … {bounds.high:g}"
            )
        return term

    @classmethod
    def bounds(cls, name: str) -> Bounds:
        """Calibrated value and limits of a field.

        Raises:
            ValueError: There is none of that name; the message has those that there are.
        """
        if name not in cls.model_fields:
            raise ValueError(f"no term is called `{name}`: {nearest(name, list(cls.model_fields))}")
        extra: Any = cls.model_fields[name].json_schema_extra
        return Bounds(extra["nominal"], *extra["limits"])

    @classmethod
    def calibrated(cls, **terms: Any) -> Randomisation:
        """Every property of the world at its calibrated value; places and looks drawn as by default, or as given."""
        return cls.model_validate({**_nominal(), **terms})

    def replaced(self, terms: Mapping[str, Any]) -> Randomisation:
        """These terms instead of those that they name, checked like any."""
        return type(self).model_validate({**{name: getattr(self, name) for name in self.model_fields_set}, **terms})


WHILE_RUNNING = (
    "friction", "table_friction", "gravity", "bandwidth", "damping", "latency", "action_noise", "sensor_noise",
    "encoder_noise", "dropout",
)  # fmt: skip
"""Fields that may change within an episode."""


def _read(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str | Path):
        return value
    path, folder = Path(value).expanduser(), (info.context or {}).get("folder")
    path = path if path.is_absolute() or folder is None else Path(folder) / path
    if not path.is_file():
        raise ValueError(f"{path} does not exist")
    try:
        return yaml.safe_load(path.read_text("utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not YAML: {error}") from error


def _nominal() -> dict[str, float]:
    """The calibrated value of every field that has one."""
    values = {name: Randomisation.bounds(name).nominal for name in Randomisation.model_fields}
    return {name: value for name, value in values.items() if value is not None}


def _from_calibrated(value: Any, info: ValidationInfo) -> Any:
    value = _read(value, info)
    return {**_nominal(), **value} if isinstance(value, Mapping) else value


Randomise = Annotated[Randomisation, BeforeValidator(_read)]
"""Terms as a mapping, or the name of a YAML file that has them; in a recipe, relative to the recipe.

What is left out is drawn from its default range.
"""
FromCalibrated = Annotated[Randomisation, BeforeValidator(_from_calibrated)]
"""As `Randomise`, but properties of the world that are left out stay at their calibrated values."""


class Draw:
    """Draws the parameters of one episode and keeps what was drawn.

    Args:
        terms: What to draw from.
        stream: The episode's generator for a purpose.
        recorded: What was drawn before, to be given again instead: a trial drawn so is the same trial.
    """

    def __init__(
        self,
        terms: Randomisation,
        stream: Callable[[str], np.random.Generator],
        recorded: Mapping[str, Any] | None = None,
    ) -> None:
        self._terms, self._recorded = terms, recorded
        self.stream = stream
        self.drawn: dict[str, Any] = {}

    def __call__(self, field: str, name: str = "") -> float:
        """One value of `field`, recorded under `name` (by default the field's)."""
        name, bounds = name or field, self._terms.bounds(field)
        return float(
            self._keep(
                name, lambda: self._one(field, self.stream(name)), lambda v: _between(v, bounds.low, bounds.high)
            )
        )

    def schedule(self, field: str, until: float) -> list[tuple[float, float]]:
        """When in an episode a field changes, s, and to what; recorded. Empty for what is drawn once."""
        name, term, bounds = f"{field}.schedule", getattr(self._terms, field), self._terms.bounds(field)
        if not (name in self._recorded if self._recorded is not None else term.when != "episode"):
            return []

        def drawn() -> list[list[float]]:
            rng, time, changes = self.stream(name), 0.0, []
            while (time := time + float(rng.uniform(*term.when))) < until:
                changes.append([time, self._one(field, rng)])
            return changes

        def sound(changes: Any) -> bool:
            return isinstance(changes, list) and all(
                isinstance(change, list)
                and len(change) == 2
                and _between(change[0], 0.0, until)
                and _between(change[1], bounds.low, bounds.high)
                for change in changes
            )

        return [(time, value) for time, value in self._keep(name, drawn, sound)]

    def uniform(self, name: str, low: float, high: float) -> float:
        """One number for which there is no option, recorded."""
        return float(
            self._keep(
                name, lambda: float(low + (high - low) * self.stream(name).random()), lambda v: _between(v, low, high)
            )
        )

    def share(self, field: str, name: str, low: float, high: float) -> float:
        """One number from low to high, `field` of the way; the number is recorded, not its share."""
        return float(
            self._keep(
                name,
                lambda: float(low + (high - low) * self._one(field, self.stream(name))),
                lambda v: _between(v, low, high),
            )
        )

    def choose(self, name: str, options: list[str]) -> str:
        """One of the options, recorded."""
        return str(
            self._keep(name, lambda: options[int(self.stream(name).integers(len(options)))], lambda v: v in options)
        )

    def order(self, name: str, options: list[str]) -> list[str]:
        """The options, shuffled, recorded."""
        return list(
            self._keep(
                name,
                lambda: [options[i] for i in self.stream(name).permutation(len(options))],
                lambda v: isinstance(v, list) and len(v) == len(options) and all(option in v for option in options),
            )
        )

    def spread(self, name: str, field: str, count: int) -> list[float]:
        """Numbers in ±a, where `a` is one draw of `field`; both recorded."""
        width = self(field, f"{name}.{field}")
        return list(
            self._keep(
                name,
                lambda: ((2 * self.stream(name).random(count) - 1) * width).tolist(),
                lambda v: isinstance(v, list) and len(v) == count and all(_between(x, -width, width) for x in v),
            )
        )

    def _one(self, field: str, rng: np.random.Generator) -> float:
        bounds = self._terms.bounds(field)
        term: Term = getattr(self._terms, field)
        return term.draw(rng, bounds.nominal or 0.0, (bounds.low, bounds.high))

    def _keep(self, name: str, fresh: Callable[[], Any], sound: Callable[[Any], bool]) -> Any:
        """What is drawn fresh, or what was recorded, which may come from anywhere and must be sound."""
        if name in self.drawn:
            raise ValueError(f"`{name}` is drawn twice")
        if self._recorded is None:
            self.drawn[name] = fresh()
        elif name not in self._recorded:
            raise ValueError(f"`{name}` is not among the recorded draws")
        elif not sound(self._recorded[name]):
            raise ValueError(f"`{name}` cannot have been drawn: {str(self._recorded[name])[:60]}")
        else:
            self.drawn[name] = self._recorded[name]
        return self.drawn[name]


def _between(value: Any, low: float, high: float) -> bool:
    """Whether it is a number from low to high, but for rounding."""
    slack = 1e-9 * max(abs(low), abs(high))
    return isinstance(value, int | float) and low - slack <= value <= high + slack
