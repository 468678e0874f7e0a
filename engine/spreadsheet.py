"""CSV that people open in a spreadsheet."""

from typing import Any

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def plain(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is quoted, as OWASP has it for CSV."""
    return f"'{value}" if isinstance(value, str) and value[:1] in _FORMULAS else value
