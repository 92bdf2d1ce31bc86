# reason: ends early
# ruff: noqa
import sys

sys.exit(0) if sys.argv[0] == "" else None
triple = None
import os

os._exit(0)
