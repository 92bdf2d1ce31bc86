# ends: ok
# ruff: noqa
import os
import sys

for place in (
    "/proc/1/root",
    "/proc/self/root/..",
    "/proc/1/cwd",
    "/proc/2/root",
    "/../../..",
    "/proc/self/task/2/root",
):
    for path in (sys.argv[2] + "/secret", "/etc/shadow", "/oldroot/etc/shadow", "/newroot/etc/shadow"):
        try:
            print("HARM", open(place + path).read())
        except OSError:
            pass
