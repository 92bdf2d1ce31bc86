# ends: killed
# ruff: noqa
import os
import resource

try:
    resource.setrlimit(resource.RLIMIT_CORE, (1 << 30, 1 << 30))
    print("HARM")
except (OSError, ValueError):
    pass
os.abort()
