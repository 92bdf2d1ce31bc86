# ends: killed failed ok
# ruff: noqa
import os
import signal

for pid in (1, os.getppid(), -1):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
