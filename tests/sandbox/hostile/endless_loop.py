# ends: time
# ruff: noqa
while True:
    pass
