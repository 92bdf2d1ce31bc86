# ends: failed killed time memory
# ruff: noqa
import sys

sys.setrecursionlimit(1 << 30)


def down(n):
    return down(n + 1) + sorted([n, 1], key=lambda k: down(n + 2))[0]


down(0)
