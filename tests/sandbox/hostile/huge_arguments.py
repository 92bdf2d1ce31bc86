# ends: ok failed memory
# ruff: noqa
import subprocess

try:
    subprocess.run(["/bin/true", *["x" * 100_000] * 1000])
    print("HARM")
except OSError:
    pass
