"""Memory that a child of `trunkline up` frees is overwritten."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bench.residue_events import keys_left
from engine.children import wiping

pytestmark = pytest.mark.unit

FREES = """
import ctypes, sys
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
event = b"Event: DTMFEnd\\r\\nUniqueid: 17.1\\r\\nDigit: %d\\r\\nDurationMs: 80\\r\\n\\r\\n"
held = [libc.malloc(600) for _ in range(40)]
for number, at in enumerate(held):
    told = event % (number % 10)
    ctypes.memmove(at, told, len(told))
    del told
for at in held[:20]:
    libc.free(ctypes.c_void_p(at))
print("freed", flush=True)
sys.stdin.readline()
"""


def left(environ: dict[str, str]) -> int:
    """Keys in the memory of a process that has told of forty, and freed the half of them."""
    argv = [sys.executable, "-S", "-c", FREES]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, env=environ, text=True, stdin=pipe, stdout=pipe) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "freed\n"
        found = keys_left(child.pid)
        child.communicate("\n")
    return found


def test_what_is_freed_is_gone() -> None:
    """And is found where nobody has seen to it."""
    assert 20 <= left(wiping(os.environ)) < 25
    assert left(dict(os.environ)) > 35


def test_what_an_operator_has_tuned_stays() -> None:
    """It comes before."""
    assert wiping({})["GLIBC_TUNABLES"].startswith("glibc.malloc.perturb=")
    told = wiping({"GLIBC_TUNABLES": "glibc.malloc.arena_max=2", "PATH": "/bin"})
    assert told["GLIBC_TUNABLES"].startswith("glibc.malloc.arena_max=2:glibc.malloc.perturb=")
    assert told["PATH"] == "/bin"
