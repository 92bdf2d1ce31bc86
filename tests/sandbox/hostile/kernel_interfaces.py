# ends: ok
# ruff: noqa
import ctypes

libc = ctypes.CDLL(None)
numbers = {
    "bpf": 321,
    "perf": 298,
    "userfaultfd": 323,
    "io_uring": 425,
    "kcmp": 312,
    "module": 175,
    "kexec": 246,
    "ptrace": 101,
}
for name, number in numbers.items():
    if libc.syscall(number, 0, 0, 0, 0, 0) >= 0:
        print("HARM", name)
