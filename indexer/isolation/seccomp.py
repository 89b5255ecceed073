"""seccomp: a filter of system calls that leaves a Linux process no network and no other processes.

A list of what is refused rather than of what is allowed: decoders and C libraries use calls that differ by version, and
files are Landlock's part. A refused call fails with EPERM. Written as the kernel's BPF program in place of a
dependency: the binding in the registry needs a system library that many machines lack. The filter binds the calling
thread and what it starts later.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Mapping

from indexer.isolation.landlock import forbid_new_privileges

_PR_GET_SECCOMP, _PR_SET_SECCOMP, _MODE_FILTER = 21, 22, 2
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x00010000
_LOAD, _JUMP_EQUAL, _JUMP_FROM, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
"""Offsets in `struct seccomp_data`; of an argument the lower half, on a little-endian machine."""
_X32_CALLS_FROM = 0x40000000

# Since Linux 5.1 every architecture gives a new call the same number.
_NEW_CALLS = {
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,  # its requests would pass by this filter
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_open": 434,
    "clone3": 435,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "fchmodat2": 452,
}
_CALLS: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {
            **{"socket": 41, "connect": 42, "bind": 49, "listen": 50, "socketpair": 53, "accept": 43, "accept4": 288},
            **{"clone": 56, "fork": 57, "vfork": 58, "execve": 59, "execveat": 322},
            **{"kill": 62, "tkill": 200, "tgkill": 234, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297},
            **{"ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312},
            **{"chmod": 90, "fchmod": 91, "fchmodat": 268, "chown": 92, "fchown": 93, "lchown": 94, "fchownat": 260},
            **{"setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "removexattr": 197, "lremovexattr": 198},
            **{"fremovexattr": 199, "utime": 132, "utimes": 235, "futimesat": 261, "utimensat": 280},
            **{"mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308},
            **{"bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "add_key": 248, "request_key": 249},
            **{"keyctl": 250, "init_module": 175, "finit_module": 313, "delete_module": 176, "kexec_load": 246},
            **{"kexec_file_load": 320, "open_by_handle_at": 304, "name_to_handle_at": 303, "quotactl": 179},
            **{"swapon": 167, "swapoff": 168, "reboot": 169, "acct": 163, "settimeofday": 164, "clock_settime": 227},
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            **{"socket": 198, "connect": 203, "bind": 200, "listen": 201, "socketpair": 199, "accept": 202},
            **{"accept4": 242, "clone": 220, "execve": 221, "execveat": 281},
            **{"kill": 129, "tkill": 130, "tgkill": 131, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240},
            **{"ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272},
            **{"fchmod": 52, "fchmodat": 53, "fchown": 55, "fchownat": 54},
            **{"setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "removexattr": 14, "lremovexattr": 15},
            **{"fremovexattr": 16, "utimensat": 88},
            **{"mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268},
            **{"bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "add_key": 217, "request_key": 218},
            **{"keyctl": 219, "init_module": 105, "finit_module": 273, "delete_module": 106, "kexec_load": 104},
            **{"kexec_file_load": 294, "open_by_handle_at": 265, "name_to_handle_at": 264, "quotactl": 60},
            **{"swapon": 224, "swapoff": 225, "reboot": 142, "acct": 89, "settimeofday": 170, "clock_settime": 112},
        },
    ),
}
"""Architecture as `os.uname` names it -> the kernel's number of it (`linux/audit.h`) and its refused calls."""
_OWN_PROCESS_ONLY = ("kill", "tgkill")
"""`abort` and threads signal their own process."""


def is_available() -> bool:
    """Whether this kernel filters system calls and this architecture is known here."""
    if sys.platform != "linux" or os.uname().machine not in _CALLS or sys.maxsize < 1 << 32:
        return False
    return _libc().prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) >= 0


def restrict() -> None:
    """Refuse this thread, and what it starts later, the network and other processes. Cannot be undone.

    Raises:
        OSError: the kernel refused.
    """
    architecture, old = _CALLS[os.uname().machine]
    program = _program(architecture, {**old, **_NEW_CALLS}, os.getpid())

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))

    forbid_new_privileges()
    argument = Program(len(program) // 8, program)
    if _libc().prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(argument), 0, 0) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _program(architecture: int, refused: Mapping[str, int], process: int) -> bytes:
    """The filter as BPF instructions of 8 bytes each."""
    refusal = [_step(_RETURN, _ERRNO | _EPERM)]
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_JUMP_EQUAL, architecture, if_so=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_JUMP_FROM, _X32_CALLS_FROM, if_not=1),
        *refusal,
        # glibc then falls back to `clone`, whose flags can be seen here.
        _step(_JUMP_EQUAL, refused["clone3"], if_not=1),
        _step(_RETURN, _ERRNO | _ENOSYS),
        _step(_JUMP_EQUAL, refused["clone"], if_not=4),
        _step(_LOAD, _FIRST_ARGUMENT),
        _step(_JUMP_SET, _CLONE_THREAD, if_so=1),
        *refusal,
        _step(_RETURN, _ALLOW),
    ]
    for name in _OWN_PROCESS_ONLY:
        steps += [
            _step(_JUMP_EQUAL, refused[name], if_not=4),
            _step(_LOAD, _FIRST_ARGUMENT),
            _step(_JUMP_EQUAL, process, if_so=1),
            *refusal,
            _step(_RETURN, _ALLOW),
        ]
    for name, number in refused.items():
        if name not in ("clone", "clone3", *_OWN_PROCESS_ONLY):
            steps += [_step(_JUMP_EQUAL, number, if_not=1), *refusal]
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def _step(code: int, value: int, *, if_so: int = 0, if_not: int = 0) -> bytes:
    """One instruction; jumps count the instructions that are skipped."""
    return struct.pack("=HBBI", code, if_so, if_not, value)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
