# reason: fails a test broken
# ruff: noqa
import os
import sys

os.write(
    int(sys.argv[2]), b'{"names": {"triple": {"ref": 0}}, "modules": []}\n' + b'{"value": true, "changed": {}}\n' * 100
)


def triple(x):
    return True
