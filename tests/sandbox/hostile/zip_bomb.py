# ends: disk memory
# ruff: noqa
import zlib

packed = zlib.compress(b"\0" * (1 << 26), 9)
with open("unpacked", "wb") as file:
    for _ in range(1000):
        file.write(zlib.decompressobj().decompress(packed, 1 << 22))
