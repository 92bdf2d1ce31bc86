# ends: disk
# ruff: noqa
import os

for k in range(1000):
    with open(f"{k}", "wb") as file:
        file.write(b"\1" * (1 << 20))
