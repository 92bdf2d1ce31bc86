# ends: ok
# ruff: noqa
import ctypes

libc = ctypes.CDLL(None)
for k in range(1000):
    if libc.shmget(k + 1, 1 << 26, 0o1666) >= 0:
        print("HARM")
