# reason: limit the
# wall: 1
# ruff: noqa
def triple(x):
    while True:
        pass
