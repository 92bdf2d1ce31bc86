# ends: ok
# ruff: noqa
import ctypes

libc = ctypes.CDLL(None)
if sum(libc.semget(0, 32000, 0o1600) >= 0 for _ in range(100)):
    print("HARM")
