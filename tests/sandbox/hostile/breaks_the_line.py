# reason: unreadable raises broken ends early
# ruff: noqa
import os
import sys

os.write(int(sys.argv[2]), b'{"names": ' + b"[" * 100_000 + b"\n")
os.write(int(sys.argv[2]), b"x" * 10_000_000)
