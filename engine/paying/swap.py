"""Whether what the capture process holds could be written to a disk as swap."""

from __future__ import annotations

from pathlib import Path

from config.payments import Payments
from engine.paying.unsafe import Finding

SWAPS = Path("/proc/swaps")


def swap_findings(
    memory_locked: bool | None, payments: Payments | None, swaps: Path = SWAPS
) -> tuple[Finding, ...]:
    """Where its memory is not locked, what this machine swaps to, unless the site says that this is
    encrypted. Without a capture process (None) or swap there is nothing to find."""
    if memory_locked is not False or payments is None or payments.encrypted_swap:
        return ()
    return tuple(_finding(area) for area in _areas(swaps))


def _areas(swaps: Path) -> list[str]:
    """By their names (proc_swaps(5): a line of headings, then one each). A list that cannot be read
    counts as swap."""
    try:
        lines = swaps.read_text(encoding="utf-8", errors="replace").splitlines()[1:]
    except OSError as error:
        return [f"unknown ({swaps}: {error.strerror})"]
    return [line.split()[0] for line in lines if line.strip()]


def _finding(area: str) -> Finding:
    return Finding(
        "memory_swapped",
        f"swap {area}",
        "what is being keyed could be written there, for the engine may not lock its memory",
        "raise RLIMIT_MEMLOCK (LimitMEMLOCK=infinity of a systemd unit), or switch swap off, or "
        "say encrypted_swap under payments where it is encrypted",
    )
