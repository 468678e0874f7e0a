"""What the capture process asks of the kernel before it takes a key."""

from __future__ import annotations

import ctypes
import os
import resource
import signal

import structlog

log = structlog.get_logger(__name__)

# linux/prctl.h, bits/mman-linux.h
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4


def harden(parent: int) -> bool:
    """No core image, no reading of the memory by other processes of this user, no page of it on a
    disk, and no life without the engine, whose process id is `parent`.

    Returns whether its memory is locked: not where it may not be (RLIMIT_MEMLOCK without
    CAP_IPC_LOCK). Raises OSError when a core image could be written.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _require(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0))
    _require(libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    if os.getppid() != parent:  # it died before it could be watched
        raise ProcessLookupError("the engine is gone")
    # On fault: the stacks of threads are mostly never touched.
    locked: bool = libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0
    log.info("capture_process_hardened", memory_locked=locked)
    return locked


def _require(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
