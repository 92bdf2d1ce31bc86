# ends: ok
# ruff: noqa
import ctypes
import os

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
SIZE = 30 << 20


def hoards(flags, file):
    for _ in range(10):
        at = libc.mmap(None, SIZE, 3, flags, file, 0)
        if at in (None, 2**64 - 1):
            return False
        ctypes.memset(at, 1, SIZE)
        libc.munmap(at + 4096, SIZE - 4096)
    return True


if hoards(0x21, -1) or hoards(0x21 | 0x40000, -1):
    print("HARM anonymous")
try:
    if hoards(0x01, os.open("/dev/zero", os.O_RDWR)):
        print("HARM /dev/zero")
except OSError:
    pass
with open("/dev/zero", "rb") as zeros:
    assert zeros.read(5000) == bytes(5000)
