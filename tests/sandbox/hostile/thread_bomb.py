# ends: processes memory
# ruff: noqa
import threading
import time

threading.stack_size(1 << 16)
while True:
    try:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    except (RuntimeError, MemoryError):
        pass
