"""The carrier's end of a trunk: a phone on a fixed port that needs no registration.

Asterisk dials out to the trunk's host and port, and the carrier's phone rings there; as a
caller it dials the site's numbers. Asterisk must know the trunk by the carrier's address.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from phones.bank import PhoneBank
from phones.phone import Call, Phone
from phones.protocol import AnswerCalls, IncomingPolicy

_ANY_CALLEE = "carrier"


class CarrierPhone:
    """The far side of a SIP trunk. Use `open`."""

    def __init__(self, bank: PhoneBank, callee: Phone) -> None:
        self.bank = bank
        self.callee = callee

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        sip_port: int,
        *,
        address: str = "127.0.0.1",
        number: str = _ANY_CALLEE,
        incoming: IncomingPolicy | None = None,
        log: Path | None = None,
    ) -> AsyncIterator[CarrierPhone]:
        """Listen on `address:sip_port`, answering calls unless `incoming` says otherwise.

        `number` is the fallback number, that Asterisk dials at this carrier.
        """
        async with PhoneBank.open(address=address, sip_port=sip_port, log=log) as bank:
            callee = await bank.phone(number, incoming=incoming or AnswerCalls())
            yield cls(bank, callee)

    async def caller(self, number: str) -> Phone:
        """A subscriber of the carrier, whose calls show `number`."""
        return await self.bank.phone(number)

    async def incoming(self, timeout_s: float = 10.0) -> Call:
        """The next call that Asterisk has sent out over the trunk."""
        return await self.callee.incoming(timeout_s)
