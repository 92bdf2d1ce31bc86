# ends: ok
# ruff: noqa
import os
import sys

os.symlink(sys.argv[2], "canary")
os.symlink("/etc", "etc")
os.symlink("../" * 20, "up")
for path in ("canary/secret", "etc/shadow", "up/etc/shadow", "up" + sys.argv[2] + "/secret"):
    try:
        print("HARM", open(path).read())
    except OSError:
        pass
try:
    open("canary/planted", "w").close()
    print("HARM")
except OSError:
    pass
