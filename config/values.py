"""The kinds of value that a site is written with.

Many of them end up in Asterisk's configuration files, where a line break begins a new setting,
``;`` a comment and ``${`` a function call. So each kind allows only what it needs, and none
allows those.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import phonenumbers
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from config.suggest import nearest, shown


@dataclass(frozen=True)
class _Form:
    """A text of the form ``pattern``; ``what`` completes "<value> is no …" for its author.

    ``editors`` is a pattern for them where ours would not do: their ``\\w`` has no ``á``.
    """

    pattern: str
    what: str
    editors: str = ""

    def check(self, text: str) -> str:
        if re.fullmatch(self.pattern, text) is None:
            raise ValueError(f"{shown(text)} is no {self.what}")
        return text

    def __get_pydantic_core_schema__(
        self, source: type[str], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> dict[str, str]:
        return {"type": "string", "pattern": f"^{self.editors or self.pattern}$"}


def _e164(text: str) -> str:
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not re.fullmatch(r"\+[0-9]{6,15}", text):
        raise ValueError(f"{shown(text)} is no E.164 number, like +3615550100 without spaces")
    if not phonenumbers.is_possible_number(number):
        raise ValueError(f"{shown(text)} has too few or too many digits for its country")
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = nearest(text, sorted(available_timezones()))
        hint = f'did you mean "{near}"?' if near else "like Europe/Budapest"
        raise ValueError(f"{shown(text)} is no time zone, {hint}") from None
    return text


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"{shown(text)} is no IP address, like 192.0.2.10") from None


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text)).removesuffix("/32").removesuffix("/128")
    except ValueError:
        wanted = "an address like 192.0.2.10 or a network like 192.0.2.0/24 is needed"
        raise ValueError(f"{shown(text)} is no IP address or network, {wanted}") from None


def _line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("a text of one line is needed, without control characters")
    return text


Name = Annotated[
    str,
    _Form(
        r"[a-z][a-z0-9_-]{0,31}",
        "name: small letters, digits, - and _ are allowed, a letter first, 32 at most",
    ),
]
"""What parts of a site are called by: agents, skills, queues, trunks, flows, reasons."""

ValueName = Annotated[
    str,
    _Form(
        r"[a-z][a-z0-9_]{0,31}",
        "name of a value: small letters, digits and _ are allowed, a letter first, 32 at most",
    ),
]
"""What expressions of flows call a value; a hyphen would be a minus there."""

PersonName = Annotated[
    str,
    _Form(
        r"[^\W_][\w .,'&()/-]{0,59}",
        "name to show: letters, digits, spaces and .,'&()/- are allowed, 60 at most",
        editors=r'[^\x00-\x1f";<>\\$\[\]{}`*+#@!?%=|~:^_]{1,60}',
    ),
]
"""A name as people write it; phones show it."""

Extension = Annotated[str, _Form(r"[0-9]{2,6}", "extension: 2 to 6 digits are needed")]
Code = Annotated[
    str, _Form(r"\*[0-9]{1,4}", "short code: * and 1 to 4 digits are needed, like *11")
]
TalkCode = Annotated[
    str, _Form(r"[*#][0-9]", "code in a call: * or # and one digit are needed, like #2")
]
EspeakVoiceName = Annotated[
    str,
    _Form(
        r"[A-Za-z][A-Za-z0-9_-]{0,39}(\+[A-Za-z0-9_-]{1,20})?",
        "voice of espeak-ng, like en-gb or hu+f3",
    ),
]
Host = Annotated[
    str,
    _Form(
        r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?",
        "host: an IP address or a name like sip.carrier.example is needed",
    ),
]
RelativePath = Annotated[
    str,
    _Form(
        r"[A-Za-z0-9_][A-Za-z0-9_-]*(/[A-Za-z0-9_][A-Za-z0-9_-]*){0,7}",
        "path below the data directory: names of letters, digits, - and _ with / between them",
    ),
]
Line = Annotated[str, AfterValidator(_line)]
"""One line of text that people read or hear; it never reaches Asterisk's files."""

E164 = Annotated[
    str, AfterValidator(_e164), WithJsonSchema({"type": "string", "pattern": r"^\+[0-9]{6,15}$"})
]
NumberPattern = Annotated[
    str,
    _Form(
        r"(\+[0-9]{1,14}\*|\+[0-9]{6,15})",
        "number or beginning of one, like +3615550100 or +36*",
    ),
]
"""Numbers that begin alike. Never all: a plus and at least one digit come first."""

Zone = Annotated[
    str, AfterValidator(_zone), WithJsonSchema({"type": "string", "examples": ["Europe/Budapest"]})
]
IpAddress = Annotated[
    str, AfterValidator(_ip), WithJsonSchema({"type": "string", "examples": ["127.0.0.1"]})
]
IpNetwork = Annotated[
    str, AfterValidator(_network), WithJsonSchema({"type": "string", "examples": ["192.0.2.0/24"]})
]

Port = Annotated[int, Field(ge=1, le=65535)]
Level = Annotated[int, Field(ge=1, le=5)]
"""How well an agent has a skill, or how well a queue needs it: 1 (some) to 5 (expert)."""

Language = Literal["en", "hu", "pl", "et"]
Codec = Literal["alaw", "ulaw", "gsm"]
DtmfMode = Literal["rfc4733", "inband", "auto"]


def _listed(value: object) -> object:
    if isinstance(value, list) and len(value) != len(set(map(str, value))):
        twice = next(item for item in value if value.count(item) > 1)
        raise ValueError(f"{shown(twice)} is in this list twice")
    return value


Unique = BeforeValidator(_listed)
"""For lists whose entries must differ."""
