"""The Gymnasium environment that an episode was recorded in, as others make it again.

Whatever package has environments registers them, under `multisynth/RobotTask-v0`, in a function that it names in the
entry point group `multisynth.environments`; so the core knows them by name alone. What it asks of them: options
`engine`, `rate`, `control`, `normalise`, `observe`, `cameras`, `width` and `height`; a `render_fps` in the class's
metadata, which is the default rate that the registered time limit is meant for; and a `reset` that takes an episode's
`parameters`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from multisynth.errors import BadInput
from multisynth.export.forms import Form
from multisynth.export.pictures import Pictures

if TYPE_CHECKING:
    from gymnasium import Space
    from gymnasium.envs.registration import EnvSpec

GROUP = "multisynth.environments"


@dataclass(frozen=True)
class Environment:
    """What episodes of one form were recorded in.

    Args:
        name: As it is registered, or would be, with the module that registers it: what `gymnasium.make` takes.
        options: Keyword arguments with which it observes and acts as the episodes do.
        spec: Its specification with these options; None where `missing` says why there is none.
        spaces: Of observations and of actions; None where it cannot be made on this machine.
        missing: Why it cannot be made again.
    """

    name: str
    options: dict[str, Any]
    spec: EnvSpec | None = None
    spaces: tuple[Space[Any], Space[Any]] | None = None
    missing: str = ""


def environment_name(robot: str, task: str) -> str:
    """`panda`, `pick_place` → `multisynth/PandaPickPlace-v0`."""
    words = f"{robot}_{task}".replace("-", "_").split("_")
    return f"multisynth/{''.join(word.capitalize() for word in words)}-v0"


def environment_of(form: Form, pictures: Pictures | None, depth: bool) -> Environment:
    """The environment of some episodes.

    Args:
        form: What they have in common.
        pictures: What is observed besides the state.
        depth: Whether depth is observed as well.
    """
    import gymnasium
    from gymnasium.envs.registration import load_env_creator

    name = environment_name(form.robot, form.task)
    options: dict[str, Any] = {
        "engine": form.engine,
        "rate": form.rate,
        "control": "joint_position",
        "normalise": False,
        "observe": "state",
    }
    if pictures is not None:
        options["observe"] = ["state", "rgb", *(["depth"] if depth else [])]
        options |= {"cameras": len(pictures.cameras), "width": pictures.width, "height": pictures.height}
    module = _register(name)
    if name not in gymnasium.registry:
        return Environment(name, options, missing=f"{name} was not registered when this was written")
    spec = copy.deepcopy(gymnasium.spec(name))
    name = f"{module}:{name}" if module else name
    if not isinstance(spec.entry_point, str):
        return Environment(name, options, missing=f"{name} is made by a function that no file can name")
    spec.kwargs = {**spec.kwargs, **options}
    if spec.max_episode_steps is not None:
        metadata = getattr(load_env_creator(spec.entry_point), "metadata", {})
        rate = metadata.get("render_fps", form.rate)
        spec.max_episode_steps = round(spec.max_episode_steps * form.rate / rate)
    try:
        made = gymnasium.make(spec, disable_env_checker=True)
    except Exception:  # its engine may be missing here, and be there where the data are read
        return Environment(name, options, spec)
    spaces = made.observation_space, made.action_space
    made.close()
    state = spaces[0]["state"] if isinstance(spaces[0], gymnasium.spaces.Dict) else spaces[0]
    if (state.shape, spaces[1].shape) != ((len(form.states),), (len(form.actions),)):
        return Environment(name, options, missing=f"{name} observes or acts otherwise than when these were recorded")
    return Environment(name, options, spec, spaces)


def _register(name: str) -> str | None:
    """Have environments registered; returns the module that has this one, if any of the entry points' has.

    Raises:
        BadInput: What registers them breaks.
    """
    import gymnasium

    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            point.load()()
        except Exception as error:  # whatever the module of a stranger raises
            what = f"environments `{point.name}` cannot be registered: {error or type(error).__name__}"
            raise BadInput(what, f"repair {point.value}, or uninstall it") from error
        if name in gymnasium.registry:
            return point.module
    return None
