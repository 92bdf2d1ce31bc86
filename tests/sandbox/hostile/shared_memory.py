# ends: failed
# ruff: noqa
from multiprocessing import shared_memory

shared_memory.SharedMemory(create=True, size=1 << 34)
print("HARM")
