# ends: ok
# ruff: noqa
import os

for fd in os.listdir("/proc/self/fd"):
    try:
        place = os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        continue
    if int(fd) > 2 and not place.startswith(("/proc", "/sandbox")):
        print("HARM", fd, place)
