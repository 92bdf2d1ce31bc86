# ends: ok
# ruff: noqa
import os
import stat

for kind, device in (
    (stat.S_IFBLK, os.makedev(8, 0)),
    (stat.S_IFBLK, os.makedev(254, 0)),
    (stat.S_IFCHR, os.makedev(1, 1)),
):
    try:
        os.mknod(f"node{device}", kind | 0o666, device)
        open(f"node{device}", "rb").read(16)
        print("HARM")
    except OSError:
        pass
