"""A site whose flow promises callbacks by key, and what its customer and its people do."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise

from phones.phone import Call, Phone
from tests.sip.running_site import NUMBER, Json, RunningSite, until

CUSTOMER = "+36201234567"
CUSTOMER_HZ, AGENT_HZ, GREETING_HZ = 440, 620, 350
LOUD_DBFS = -50
SILENCE_MS = 5_000
"""Longer than a customer is waited for after they were asked: what follows is the message."""
FLOWS = {
    "desk": """\
flow: desk
about: Promises by key, for tests
owner: test@example.test
languages: [en, hu]
start: which
exits: {on_timeout: bye, on_invalid: bye, on_error: bye}
steps:
  which:
    menu:
      prompt: {en: Yes?, hu: Igen?}
      options: {1: customer, 2: agent, 3: later, 4: cancel}
  customer: {callback: {queue: support, first: customer}, next: bye, already: bye}
  agent: {callback: support, next: bye}
  later: {callback: {queue: support, after: "0.05", first: customer}, next: bye}
  cancel: {callback: {cancel: yes}, next: bye, none: which}
  bye: {hangup: normal}
"""
}


def short_tries(site: Json) -> None:
    """Two tries, a second apart, with words of its own."""
    site["callbacks"] = {
        "tries": "2",
        "retry_after": "1s",
        "retry_growth": "1",
        "ring_timeout": "5s",
        "greeting": {"en": "Press one."},
        "message": {"en": "We could not reach you. We will call again."},
    }


async def promised(site: RunningSite, customer: Phone, key: str) -> str:
    """The customer has called, pressed the key, and the call is over."""
    call = await customer.dial(f"sip:{NUMBER}@{site.card['sip']['trunk']}")
    await call.answered()
    await call.first_audio()
    calls = (await site.client.get("/api/status"))["calls"]
    (contact,) = [each["id"] for each in calls if each["at"] == "flow"]
    await call.send_digits(key)
    await call.ended(10)
    return str(contact)


async def listed(site: RunningSite) -> list[Json]:
    """What `trunkline callbacks list` tells."""
    code, printed = await site.trunkline("callbacks", "list", "--json")
    assert code == 0
    found: list[Json] = json.loads(printed)
    return found


async def gone(site: RunningSite, *phones: Phone) -> None:
    """They have left."""
    for phone in phones:
        await phone.unregister()
        await site.agent_is(phone.user, "offline")


def told(row: Json, what: str) -> list[Json]:
    """A kind of entry in a contact's timeline."""
    return [entry for entry in row["timeline"] if entry["what"] == what]


async def confirmed(customer: Phone) -> Call:
    """The customer answers the call, and presses one."""
    back = await customer.incoming(15)
    await back.answered()
    await back.first_audio()
    await asyncio.sleep(0.3)
    await back.send_digits("1")
    return back


async def hears_after_silence(machine: Call) -> None:
    """Something is said once the line has been silent for longer than it was before."""

    async def look() -> bool | None:
        loud = [moment for moment, dbfs in await machine.levels() if dbfs > LOUD_DBFS]
        gaps = (later.ms_since(earlier) for earlier, later in pairwise(loud))
        return any(gap > SILENCE_MS for gap in gaps) or None

    await until("a message after silence", look, 25)
