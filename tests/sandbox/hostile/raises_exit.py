# reason: raises
def triple(x):
    raise SystemExit(0)
