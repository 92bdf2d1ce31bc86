# ends: ok
# ruff: noqa
import ctypes
import os

libc = ctypes.CDLL(None)
for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000):
    if libc.unshare(flag) == 0:
        print("HARM", hex(flag))
    if libc.syscall(56, flag | 17, 0, 0, 0, 0) >= 0:
        print("HARM clone")
        os._exit(0)
if os.system("unshare -Ur true 2>/dev/null") == 0 or os.system("bwrap --bind / / true 2>/dev/null") == 0:
    print("HARM")
