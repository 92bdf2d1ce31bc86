# ends: ok
# ruff: noqa
import ctypes

libc = ctypes.CDLL(None)
if libc.syscall(248, b"user", b"name", b"secret", 6, -3) > 0 or libc.syscall(250, 0, -3, 1) > 0:
    print("HARM")
