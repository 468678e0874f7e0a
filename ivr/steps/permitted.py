"""Whether the site permits a call to a number that is written in a flow."""

from __future__ import annotations

from collections.abc import Iterator

from config.problem import Path
from config.suggest import shown
from config.transfers import NUMBER, Permitted
from ivr.steps.base import Finding


def number_findings(
    path: Path, number: str, what: str, permitted: Permitted | None
) -> Iterator[Finding]:
    """``what`` is done to the number, such as ``transfer``; ``permitted`` None: not checked."""
    if NUMBER.fullmatch(number) is None:
        message = f"{shown(number)} is no E.164 number, like +3615550100 without spaces"
        yield Finding(path, message)
    elif permitted is not None and not permitted.permit(number):
        message = f"the site permits no {what} to {shown(number)}, allowed: {permitted}"
        yield Finding(path, message)
