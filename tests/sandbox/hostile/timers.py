# ends: ok
# ruff: noqa
import ctypes

libc = ctypes.CDLL(None)
timer = ctypes.c_void_p()
made = 0
while made < 5000 and libc.timer_create(0, None, ctypes.byref(timer)) == 0:
    made += 1
if not 0 < made <= 1024:
    print("HARM", made)
