# ends: ok
# ruff: noqa
import ctypes

libc = ctypes.CDLL(None)
for pid in (1, 2):
    if libc.ptrace(16, pid, 0, 0) == 0:
        print("HARM")
