# ends: killed failed ok
# ruff: noqa
import os
import sys

for pid in {int(sys.argv[5]), *range(3, 70000)} - {os.getpid()}:
    try:
        os.kill(pid, 9)
        print("HARM")
    except OSError:
        pass
