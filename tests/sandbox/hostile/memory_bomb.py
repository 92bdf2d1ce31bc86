# ends: memory
# ruff: noqa
hoard = []
while True:
    hoard.append(bytearray(1 << 20))
