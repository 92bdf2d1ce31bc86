# ends: disk
# ruff: noqa
for k in range(10_000_000):
    open(f"{k}", "w").close()
