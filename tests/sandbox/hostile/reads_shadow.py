# ends: failed
# ruff: noqa
print("HARM", open("/etc/shadow").read())
