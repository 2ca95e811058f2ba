"""Locks a process in: whatever a broken file makes of it, it opens no file, no socket and no other program.

Linux only (seccomp, through libseccomp); elsewhere the decoder still has its own list of formats and protocols, and a
warning is logged.
"""

from __future__ import annotations

import errno
import logging
import resource
from pathlib import Path

log = logging.getLogger(__name__)

_FORBIDDEN = (
    # files
    "open", "openat", "openat2", "open_by_handle_at", "creat", "mknod", "mknodat", "truncate", "rename", "renameat",
    "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chmod",
    "fchmodat", "chown", "fchownat", "mount", "umount2", "chroot", "pivot_root", "memfd_create", "name_to_handle_at",
    # the network
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg",
    # other programs and processes
    "execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev", "kill", "tkill",
    "pidfd_open", "pidfd_getfd", "setns", "unshare",
    # the kernel's larger doors
    "bpf", "io_uring_setup", "perf_event_open", "userfaultfd", "keyctl", "add_key", "init_module", "finit_module",
    "kexec_load", "reboot",
)  # fmt: skip

_CLONE_THREAD = 0x10000


def confine(memory: int) -> bool:
    """Forbid the calling process, for good, all that decoding does not need. Call when everything is loaded.

    Threads may still be made, pipes that are open still be used.

    Args:
        memory: bytes of address space that may be added to what the process has now.

    Returns:
        Whether the kernel enforces it.
    """
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + memory,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError) as error:
        log.warning("decoder is not confined: libseccomp cannot be loaded (%s)", error)
        return False
    try:
        rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
        for name in _FORBIDDEN:
            try:
                rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
            except (OSError, ValueError):  # this architecture has no such call
                continue
        # Threads are made with clone, processes too; clone3 hides which, without it the C library takes clone.
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, 0))
        rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
        rules.load()
    except OSError as error:
        log.warning("decoder is not confined: %s", error.strerror)
        return False
    return True
