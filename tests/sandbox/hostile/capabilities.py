# ends: ok
# ruff: noqa
for line in open("/proc/self/status"):
    name, _, value = line.partition(":")
    if name in ("CapPrm", "CapEff", "CapAmb") and int(value, 16):
        print("HARM", line)
    if name == "NoNewPrivs" and int(value) != 1:
        print("HARM", line)
