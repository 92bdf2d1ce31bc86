# ends: ok
# ruff: noqa
import ctypes

libc = ctypes.CDLL(None)
if sum(libc.msgget(0, 0o1600) >= 0 for _ in range(100)):
    print("HARM msgget")
if libc.mq_open(b"/hoard", 0o102, 0o600, None) >= 0:
    print("HARM mq_open")
