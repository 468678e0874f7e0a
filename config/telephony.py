"""How calls reach the site: numbers, trunks, addresses and ports, and what happens if all fails."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import Field

from config.document import DocumentModel
from config.values import (
    E164,
    Codec,
    DtmfMode,
    Host,
    IpAddress,
    IpNetwork,
    Language,
    Line,
    Name,
    Port,
    RelativePath,
    Unique,
)


class Number(DocumentModel):
    """A number that the site answers, with the flow that its callers meet."""

    flow: Name = Field(description="the flow, by the name that it begins with")


class Trunk(DocumentModel):
    """A carrier's SIP server. Its calls are known by the address that they come from."""

    host: Host = Field(description="where calls are sent")
    port: Port = Field(default=5060, description="the carrier's UDP port")
    match: Annotated[list[IpNetwork], Unique] = Field(
        default=[], description="addresses that calls come from; needed when host is a name"
    )
    codecs: Annotated[list[Codec], Unique] = Field(
        default=["alaw", "ulaw"], min_length=1, description="allowed, the preferred first"
    )
    dtmf: DtmfMode = Field(default="rfc4733", description="how digits come")
    lines: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None, description="calls at once that campaigns may have on it, of all nodes"
    )
    calls_per_second: Annotated[float, Field(ge=0.1, le=1_000)] | None = Field(
        default=None, description="calls that campaigns may begin on it in a second, of all nodes"
    )

    @property
    def sources(self) -> list[str]:
        """The addresses and networks whose calls belong to this trunk."""
        return list(self.match) or ([self.host] if is_ip(self.host) else [])


class Fallback(DocumentModel):
    """Where callers go when the engine cannot serve them; Asterisk does this by itself."""

    number: E164 = Field(description="a number that is answered by people")
    trunk: Name = Field(description="the trunk that leads there")
    apology: dict[Language, Line] = Field(
        default={}, description="what callers hear first, in their language"
    )


class Recording(DocumentModel):
    """Where conversations are kept."""

    directory: RelativePath = Field(
        default="recordings", description="below the data directory (var)"
    )


class Network(DocumentModel):
    """Every address and port. TRUNKLINE_<NAME> in the environment overrides each of them."""

    sip_address: IpAddress = Field(default="127.0.0.1", description="where phones register")
    sip_port: Port = Field(default=5060, description="UDP")
    trunk_address: IpAddress | None = Field(
        default=None, description="where carriers send calls, when not to sip_address"
    )
    trunk_port: Port | None = Field(
        default=None, description="UDP, when carriers do not send to sip_port"
    )
    media_address: IpAddress | None = Field(
        default=None, description="where sound is sent, when not to sip_address"
    )
    rtp_first: Port = Field(default=10000, description="the first UDP port for sound, even")
    rtp_last: Port = Field(default=10999, description="the last UDP port for sound, odd")
    ami_port: Port = Field(default=5038, description="Asterisk's manager, on 127.0.0.1, TCP")
    agi_port: Port = Field(default=4573, description="the engine's FastAGI, on 127.0.0.1, TCP")
    http_address: IpAddress = Field(default="127.0.0.1", description="the desk and the metrics")
    http_port: Port = Field(default=8080, description="TCP")

    @property
    def trunk_listener(self) -> tuple[str, int] | None:
        """Address and port of the transport that only carriers use, None when phones share it."""
        listener = (self.trunk_address or self.sip_address, self.trunk_port or self.sip_port)
        return None if listener == (self.sip_address, self.sip_port) else listener

    @property
    def media(self) -> str | None:
        """The address that sound is bound to; None leaves the choice to the routing table."""
        if self.media_address is not None:
            return self.media_address
        return None if ipaddress.ip_address(self.sip_address).is_unspecified else self.sip_address


def is_ip(host: str) -> bool:
    """Whether ``host`` is an address and not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
