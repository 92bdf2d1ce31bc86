"""docs/environments.md tells the truth: its snippets run in the order of the page, its table is that of the tasks."""

import re
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest
from multisynth.sim import environments
from multisynth.sim.robots import ROBOTS
from multisynth.sim.tasks import TASKS

PAGE = (Path(__file__).parents[3] / "docs" / "environments.md").read_text("utf-8")


def test_snippets_run(tmp_path):
    snippets = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(snippets) == PAGE.count("```") / 2 > 5
    page = tmp_path / "page.py"
    page.write_text("\n".join(snippets), "utf-8")
    subprocess.run([sys.executable, "-W", "error", str(page)], check=True, timeout=120, cwd=tmp_path)


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_a_tasks_row_is_true(task):
    (row,) = re.findall(rf"^\| `{task.environment}` \|(.*)\|$", PAGE, re.MULTILINE)
    name, robot, actions, state, longest, _ = (cell.strip() for cell in row.split("|"))
    environment = gymnasium.make(task.environment).unwrapped
    assert (name, robot.lower()) == (task.name, task.robot) and task.robot in ROBOTS
    assert (environment.action_space.shape, environment.observation_space.shape) == ((int(actions),), (int(state),))
    assert (
        longest == f"{task.duration:g} s" and gymnasium.spec(task.environment).max_episode_steps == 20 * task.duration
    )


def test_every_option_is_there_and_no_other():
    table = PAGE[PAGE.index("## Options") : PAGE.index("**Observations.**")]
    named = [
        word for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for word in re.findall(r"`(\w+)`", row)
    ]
    accepted = environments.TaskEnvironment.__init__.__annotations__
    assert set(named) == set(accepted) - {"task", "return"}


def test_every_id_is_registered():
    known = {task.environment for task in TASKS.values()}
    assert set(re.findall(r"^\| `(multisynth/\w+-v0)` \|", PAGE, re.MULTILINE)) == known <= set(gymnasium.registry)
