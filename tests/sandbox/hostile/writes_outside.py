# ends: ok
# ruff: noqa
import sys

for folder in (
    sys.argv[2],
    "/",
    "/usr",
    "/etc",
    "/var",
    "/root",
    "/home",
    "/dev",
    "/dev/shm",
    sys.prefix,
    sys.prefix + "/lib",
):
    try:
        with open(folder + "/planted", "w") as file:
            file.write("here")
        print("HARM", folder)
    except OSError:
        pass
