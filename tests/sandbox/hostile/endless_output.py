# ends: output
# ruff: noqa
while True:
    print("x" * 1000)
