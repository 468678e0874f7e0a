"""Callbacks where Asterisk guesses who has answered: with a real Asterisk and real sound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from phones.phone import Phone
from phones.protocol import AnswerCalls
from tests.sip.promises import (
    CUSTOMER_HZ,
    FLOWS,
    GREETING_HZ,
    gone,
    promised,
    short_tries,
    told,
)
from tests.sip.running_site import Json, RunningSite, running_site

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

WORD_S, GREETING_S = 0.4, 3


def _by_guess(site: Json) -> None:
    short_tries(site)
    site["callbacks"] |= {"confirm": "amd"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site that has Asterisk listen to how a callback is answered."""
    async with running_site(tmp_path_factory.mktemp("site"), _by_guess, FLOWS) as running:
        yield running


async def test_a_long_greeting_is_a_machine_and_a_word_a_person(
    site: RunningSite, customer: Phone
) -> None:
    """The first call is answered by a machine, the second by somebody who says a word and waits."""
    await customer.policy(AnswerCalls())
    contact = await promised(site, customer, "1")
    anna = await site.phone("anna", AnswerCalls())
    machine = await customer.incoming(15)
    await machine.play_tone(GREETING_HZ)
    await asyncio.sleep(GREETING_S)
    await machine.stop_playing()
    await machine.ended(25)
    person = await customer.incoming(15)
    await person.answered()
    await person.play_tone(GREETING_HZ)
    await asyncio.sleep(WORD_S)
    await person.stop_playing()
    taken = await anna.incoming()
    await person.play_tone(CUSTOMER_HZ)
    await taken.hear_tone(CUSTOMER_HZ)
    await person.hang_up()
    row = await site.row(contact)
    assert row["outcome"] == "answered"
    reasons = [entry["fields"]["reason"] for entry in told(row, "not_called_back")]
    assert (reasons, len(told(row, "ringing"))) == (["machine"], 1)
    await site.agent_is("anna", "available")
    await gone(site, anna)
