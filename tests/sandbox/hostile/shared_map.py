# ends: memory
# ruff: noqa
import ctypes
import mmap
import os
import time


def hoard():
    shared = mmap.mmap(-1, 60 << 20)
    ctypes.memset(ctypes.addressof(ctypes.c_char.from_buffer(shared)), 1, 60 << 20)
    time.sleep(60)


for _ in range(6):
    if os.fork() == 0:
        try:
            hoard()
        finally:
            os._exit(0)
hoard()
