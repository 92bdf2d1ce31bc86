# ends: disk memory
# ruff: noqa
with open("big", "wb") as file:
    while True:
        file.write(b"\1" * (1 << 20))
        file.flush()
