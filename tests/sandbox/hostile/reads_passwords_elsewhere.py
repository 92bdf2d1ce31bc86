# ends: ok
# ruff: noqa
import os

for path in ("/etc/passwd", "/etc/sudoers", "/root/.ssh", "/root/.bash_history", "/home", "/var/log", "/sys/kernel"):
    if os.path.exists(path):
        print("HARM", path)
