# ends: memory
# ruff: noqa
import mmap

mmap.mmap(-1, 1 << 40)
