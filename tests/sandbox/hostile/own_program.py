# ends: ok
# ruff: noqa
import os
import sys

for path in ("/proc/self/exe", os.path.realpath("/proc/self/exe"), "/proc/1/exe", "/usr/bin/bwrap", "/usr/bin/env"):
    try:
        open(path, "r+b").write(b"#!/bin/false")
        print("HARM", path)
    except OSError:
        pass
