# reason: limit unreadable raises broken fails a test
# ruff: noqa
def triple(x):
    return list(range(10**9))
