# ends: memory
# ruff: noqa
import os
import time

for _ in range(5):
    if os.fork() == 0:
        hoard = bytearray(os.urandom(1 << 20)) * 60
        time.sleep(60)
time.sleep(60)
