# ends: failed
# ruff: noqa
print("HARM" if input() else "")
input()
