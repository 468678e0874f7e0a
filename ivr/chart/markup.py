"""Writing XML: elements, attributes and text that can hold anything."""

from __future__ import annotations

import html
import re

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped (section 2.2, production Char)."""


def text(words: str) -> str:
    """``words`` as character data."""
    return html.escape(_NO_XML.sub("\ufffd", words), quote=True)


def tag(name: str, *children: str, **attributes: str | float) -> str:
    """An element; children are markup already. ``class_`` is written class, ``_`` as a hyphen."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
    )
    inner = "".join(children)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def _value(value: str | float) -> str:
    return text(value) if isinstance(value, str) else number(value)


def number(value: float) -> str:
    """A length, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")
