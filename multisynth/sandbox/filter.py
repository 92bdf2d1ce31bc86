"""System calls that a program in the sandbox may not make, as a classic BPF program for seccomp.

The namespaces and the missing rights already refuse most of these; the filter is there for the kernel's own mistakes,
most of which need one of them (user namespaces within, io_uring, bpf, keys), and for what no namespace holds: memory
that no limit counts, and sockets that leave a virtual machine. To such memory belong shared anonymous mappings: all of
one stays while a page of it is mapped somewhere, and it seems to be as small as that page. A shared mapping of a file
in the program's folder is counted by the folder. Where the processor is neither x86-64 nor 64-bit ARM there is no
filter.
"""

from __future__ import annotations

import errno
import platform
import struct
from typing import NamedTuple

_REFUSED = {
    # name: (x86-64, arm64)
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "move_mount": (429, 429), "open_tree": (428, 428), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265), "fanotify_init": (300, 262), "quotactl": (179, 60), "acct": (163, 89),
    "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142), "syslog": (103, 116),
    "sethostname": (170, 161), "setdomainname": (171, 162), "ptrace": (101, 117), "kcmp": (312, 272),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106),
    # Memory that belongs to no process and no folder.
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "semget": (64, 190),
    "msgget": (68, 186), "mq_open": (240, 180),
}  # fmt: skip
_FAMILIES = (1, 2, 10)
"""Unix, IPv4 and IPv6 sockets, which the network namespace holds; vsock, for one, it does not."""
_NEW_NAMESPACES = 0x7E020000
"""All CLONE_NEW… flags of clone."""
_TERMINAL = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX, which type on somebody's terminal."""
_KIND_OF_MAPPING, _SHARED_ANONYMOUS = 0x2F, 0x21
"""MAP_TYPE and MAP_ANONYMOUS, and what they are of memory that forks share."""


class _Machine(NamedTuple):
    column: int
    audit: int
    clone: int
    socket: int
    ioctl: int
    mmap: int


_MACHINES = {
    "x86_64": _Machine(0, 0xC000003E, 56, 41, 16, 9),
    "aarch64": _Machine(1, 0xC00000B7, 220, 198, 29, 222),
}
_CLONE3 = 435
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND, _FOURTH = 0, 4, 16, 24, 40  # offsets in struct seccomp_data, little endian
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000


def program() -> bytes | None:
    """The filter for this machine, as `bwrap --seccomp` reads it; None where there is none."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return None
    lines = [
        _line(_LOAD, _ARCHITECTURE), _line(_EQUAL, machine.audit, 1, 0), _line(_RETURN, _KILL),
        _line(_LOAD, _NUMBER),
        # The x32 calls of an x86-64 kernel are the same calls under other numbers.
        _line(_AT_LEAST, 0x40000000, 0, 1), _refuse(errno.EPERM),
    ]  # fmt: skip
    for numbers in _REFUSED.values():
        lines += [_line(_EQUAL, numbers[machine.column], 0, 1), _refuse(errno.EPERM)]
    # Its flags lie in memory that a filter cannot read; the C library then takes clone.
    lines += [_line(_EQUAL, _CLONE3, 0, 1), _refuse(errno.ENOSYS)]
    lines += [
        _line(_EQUAL, machine.clone, 0, 4), _line(_LOAD, _FIRST),
        _line(_ANY_BIT, _NEW_NAMESPACES, 0, 1), _refuse(errno.EPERM), _line(_RETURN, _ALLOW),
    ]  # fmt: skip
    lines += [
        _line(_EQUAL, machine.mmap, 0, 5), _line(_LOAD, _FOURTH), _line(_AND, _KIND_OF_MAPPING),
        _line(_EQUAL, _SHARED_ANONYMOUS, 0, 1), _refuse(errno.ENOMEM), _line(_RETURN, _ALLOW),
    ]  # fmt: skip
    lines += [_line(_EQUAL, machine.socket, 0, len(_FAMILIES) + 3), _line(_LOAD, _FIRST)]
    lines += [_line(_EQUAL, family, len(_FAMILIES) - k, 0) for k, family in enumerate(_FAMILIES)]
    lines += [_refuse(errno.EAFNOSUPPORT), _line(_RETURN, _ALLOW)]
    lines += [_line(_EQUAL, machine.ioctl, 0, 1 + 2 * len(_TERMINAL)), _line(_LOAD, _SECOND)]
    for command in _TERMINAL:
        lines += [_line(_EQUAL, command, 0, 1), _refuse(errno.EPERM)]
    return b"".join([*lines, _line(_RETURN, _ALLOW)])


def _line(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, k)


def _refuse(number: int) -> bytes:
    return _line(_RETURN, _ERROR | number)
