"""The beginning of an address of the web: scheme, host and port (RFC 3986, section 3.2)."""

from __future__ import annotations

import ipaddress
import re

from config.suggest import shown

HOST = r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
ORIGIN = re.compile(rf"https?://(?P<host>{HOST})(?::(?P<port>\d{{1,5}}))?")
"""A host in the letters of DNS; a name and password before it would be a secret in the text."""

_MAX_PORT = 65_535
# RFC 1035, section 2.3.4: what a name in DNS may hold.
_MAX_LABEL, _MAX_NAME = 63, 253


def origin_fault(found: re.Match[str]) -> str | None:
    """Why a match of `ORIGIN` is nowhere that a connection could be made to; None: nothing."""
    port, host = found["port"], found["host"]
    if port is not None and not 0 < int(port) <= _MAX_PORT:
        return f"{port} is no port, 1 to {_MAX_PORT} are allowed"
    if host.startswith("["):
        return None if _is_ipv6(host[1:-1]) else f"{shown(host)} is no IPv6 address"
    labels = host.split(".")
    if len(host) > _MAX_NAME or not all(0 < len(label) <= _MAX_LABEL for label in labels):
        return f"{shown(host)} is no host: each part has 1 to {_MAX_LABEL} signs"
    return None


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
