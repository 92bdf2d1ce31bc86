# ends: ok
# ruff: noqa
for path in (
    "sys/kernel/core_pattern",
    "sys/kernel/hostname",
    "sys/kernel/pid_max",
    "sys/vm/drop_caches",
    "sysrq-trigger",
    "sys/kernel/modprobe",
    "sys/net/ipv4/ip_forward",
    "self/uid_map",
    "1/oom_score_adj",
    "sys/fs/binfmt_misc/register",
):
    try:
        with open("/proc/" + path, "w") as file:
            file.write("|/sandbox/main.py")
        print("HARM", path)
    except OSError:
        pass
