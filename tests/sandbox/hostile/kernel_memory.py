# ends: ok
# ruff: noqa
for path in ("/proc/kcore", "/dev/mem", "/dev/kmsg", "/proc/1/mem", "/proc/kmsg", "/proc/kallsyms"):
    try:
        with open(path, "rb") as file:
            head = file.read(64)
        if head.strip(b"0 \n") and not head.startswith(b"0000000000000000"):
            print("HARM", path, head)
    except OSError:
        pass
