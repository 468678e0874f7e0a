"""Where a request goes: an address with the call's values in it, each of them encoded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from config.suggest import shown
from config.web_origin import ORIGIN, origin_fault
from ivr.errors import UnfitError
from ivr.run import Run
from ivr.terms import Names, term
from ivr.variables import Value, written
from ivr.wording import Hole, pieces

# RFC 3986, section 2: what may stand in an address without being encoded, and what is encoded.
_SIGNS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]*")
_SITE = "site."

Part = str | Hole


class Address:
    """An address that is made ready; its holes are filled in each call."""

    def __init__(self, text: str, query: Mapping[str, str], names: Names) -> None:
        self._parts = [_ready(part, names) for part in settled(text, names)]
        self._query = [(quote(key, safe=""), _value(text, names)) for key, text in query.items()]
        self._asks = "?" in text

    def url(self, run: Run) -> str:
        """With this call's values; raises UnfitError for one that would change where it leads."""
        url = "".join(part if isinstance(part, str) else part(run) for part in self._parts)
        found = ((key, value(run)) for key, value in self._query)
        query = "&".join(f"{key}={quote(value, safe='')}" for key, value in found if value)
        return f"{url}{'&' if self._asks else '?'}{query}" if query else url


def settled(text: str, names: Names) -> list[Part]:
    """Its parts, the site's own values filled in: those are the site's words, and stay as they
    are, while what a call brings is encoded."""
    parts: list[Part] = []
    for part in pieces(text):
        fixed = _fixed(part, names)
        if fixed is not None and parts and isinstance(parts[-1], str):
            parts[-1] += fixed
        else:
            parts.append(part if fixed is None else fixed)
    return parts


def host_of(text: str, names: Names) -> str | None:
    """The host that it leads to; None while that is not known."""
    first = next(iter(settled(text, names)), "")
    found = ORIGIN.match(first) if isinstance(first, str) else None
    return found["host"] if found else None


def address_faults(text: str, names: Names, *, of_service: bool) -> Iterator[str]:
    """What is wrong with it, told for its author."""
    parts = settled(text, names)
    first = parts[0] if parts else ""
    if isinstance(first, Hole):
        # A site's value is not known when a flow is checked away from its site.
        if not first.source.startswith(_SITE):
            yield "begins with a value of the call: the host must be the flow's or the site's"
        return
    yield from _below_service(first) if of_service else _whole(first, alone=len(parts) == 1)
    for part in parts:
        if isinstance(part, str) and (odd := _SIGNS.sub("", part, count=1)):
            what = "has no place in a request" if odd[0] == "#" else "must be written as %XX"
            yield f"{shown(odd[0])} {what}"
            return


def _below_service(first: str) -> Iterator[str]:
    if not first.startswith("/") or first.startswith("//"):
        yield f"{shown(first)} is no path below the service's address, begin it with one /"


def _whole(first: str, *, alone: bool) -> Iterator[str]:
    found = ORIGIN.match(first)
    rest = first[found.end() :] if found else ""
    if found is None or (rest and rest[0] not in "/?"):
        if re.match(r"https?://[^/?#]*@", first):
            yield "has a password in it: those belong in the headers of a service of the site"
        else:
            like = "write http:// or https:// and a host, or name a service"
            yield f"{shown(first)} is no address of the web, {like}"
    elif fault := origin_fault(found):
        yield fault
    elif not rest and not alone:
        yield "has a value of the call in its host: that must be the flow's or the site's"


def _fixed(part: Part, names: Names) -> str | None:
    if isinstance(part, str):
        return part
    value = names.constants.get(part.source)
    return None if value is None else written(value)


def _ready(part: Part, names: Names) -> str | Callable[[Run], str]:
    if isinstance(part, str):
        return part
    read, source = term(part.source, names).read, part.source
    return lambda run: _encoded(read(run), source)


def _encoded(value: Value, source: str) -> str:
    """One value in an address. Without it, or as dots, the path would lead elsewhere."""
    text = written(value)
    if not text.strip("."):
        raise UnfitError(f"{source} is {'no part of an address' if text else 'not set'}")
    return quote(text, safe="")


def _value(text: str, names: Names) -> Callable[[Run], str]:
    reads = [
        part if isinstance(part, str) else term(part.source, names).read for part in pieces(text)
    ]
    return lambda run: "".join(
        part if isinstance(part, str) else written(part(run)) for part in reads
    )
