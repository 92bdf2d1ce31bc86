# ends: failed
# ruff: noqa
import os

hoard = []
while True:
    hoard.append(os.memfd_create("hoard"))
    os.write(hoard[-1], b"\1" * (1 << 22))
    print("HARM")
