# ends: ok
# ruff: noqa
import os

for path in ("/proc/self/fd/0", "/dev/stdin"):
    try:
        fd = os.open(path, os.O_RDWR)
        os.write(fd, b"x" * 1000)
        print("HARM")
    except OSError:
        pass
try:
    os.ftruncate(0, 1 << 40)
    print("HARM")
except OSError:
    pass
