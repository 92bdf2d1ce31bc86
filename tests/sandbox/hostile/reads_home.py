# ends: ok
# ruff: noqa
import os
import sys

for home in ("/root", os.path.expanduser("~root"), os.path.expanduser("~"), sys.argv[4]):
    for folder, _, files in os.walk(home):
        for name in files:
            if name == "id_secret" or name.startswith((".ssh", ".netrc", ".bash", ".gitconfig")):
                print("HARM", folder, name)
