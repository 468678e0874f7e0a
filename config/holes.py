"""Holes in the texts that a site writes: ``{name}`` stands for what is put there."""

from __future__ import annotations

import re

HOLE = re.compile(r"\{([^{}]*)\}")
BRACE = re.compile(r"[{}]")


def stray_brace(text: str) -> bool:
    """Whether a brace is left that belongs to no hole."""
    return BRACE.search(HOLE.sub("", text)) is not None
