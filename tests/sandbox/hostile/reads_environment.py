# ends: ok
# ruff: noqa
import os

print(dict(os.environ))
for name in os.listdir("/proc"):
    try:
        print(open(f"/proc/{name}/environ", "rb").read())
    except OSError:
        pass
