# ends: time
# wall: 0.5
# ruff: noqa
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
