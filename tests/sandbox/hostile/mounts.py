# ends: ok
# ruff: noqa
import ctypes
import os

libc = ctypes.CDLL(None)
os.mkdir("there")
for kind in (b"tmpfs", b"proc", b"sysfs", b"overlay"):
    if libc.mount(b"none", b"there", kind, 0, None) == 0:
        print("HARM", kind)
if libc.chroot(b".") == 0:
    print("HARM")
