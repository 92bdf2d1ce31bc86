# ends: failed killed memory
# ruff: noqa
source = "(" * 100_000 + ")" * 100_000
try:
    eval(source)
except SyntaxError:
    raise SystemExit(1) from None
