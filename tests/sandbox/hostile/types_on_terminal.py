# ends: failed
# ruff: noqa
import fcntl
import os
import termios

for path in ("/dev/tty", "/dev/console", "/dev/pts/0"):
    try:
        fd = os.open(path, os.O_RDWR)
        fcntl.ioctl(fd, termios.TIOCSTI, b"x")
        print("HARM", path)
    except OSError:
        pass
fcntl.ioctl(0, termios.TIOCSTI, b"x")
print("HARM")
