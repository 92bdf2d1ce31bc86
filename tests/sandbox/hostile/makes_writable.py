# ends: ok
# ruff: noqa
import ctypes
import os
import sys

libc = ctypes.CDLL(None)
for folder in ("/", "/usr", "/dev", sys.prefix):
    for flags in (0x20, 0x1020):  # remount, bind
        libc.mount(b"none", folder.encode(), b"none", flags, None)
    try:
        os.chmod(folder, 0o777)
        open(folder + "/planted", "w").close()
        print("HARM", folder)
    except OSError:
        pass
