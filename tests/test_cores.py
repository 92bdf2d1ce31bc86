"""How many processors there are, on systems that know of no affinity too."""

import os
import subprocess
import sys

from multisynth.cores import cores


def test_those_that_the_process_may_run_on_are_counted() -> None:
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from multisynth.cores import cores; print(cores())"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "1\n"
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_where_no_affinity_is_known_all_are_and_the_modules_that_ask_load() -> None:
    code = (
        "import os; del os.sched_getaffinity\n"
        "import multisynth.serving.spread, multisynth.text.verify, multisynth.text.verifiers.code\n"
        "from multisynth.cli import Where, _executor; print(_executor(Where.local, None, None).workers)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{os.cpu_count()}\n", "")
