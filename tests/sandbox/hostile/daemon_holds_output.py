# ends: ok
# ruff: noqa
import os
import time

if os.fork() == 0:
    os.setsid()
    while True:
        time.sleep(600)
print("done")
