# ends: ok
# ruff: noqa
import os
import subprocess

for become in (os.setuid, os.seteuid, os.setgid):
    try:
        become(0)
        print("HARM")
    except OSError:
        pass
if os.getuid() == 0 or os.geteuid() == 0 or 0 in os.getgroups():
    print("HARM")
for tool in ("su", "sudo", "mount", "passwd", "chsh", "newgrp", "pkexec"):
    try:
        out = subprocess.run([tool, "-c", "id"], capture_output=True, stdin=subprocess.DEVNULL, timeout=5).stdout
        if b"uid=0" in out:
            print("HARM", tool)
    except (OSError, subprocess.TimeoutExpired):
        pass
os.chmod("main.py", 0o4777) if os.stat("main.py").st_uid == os.getuid() else None
