"""A prompt recorded over the phone by its number, and heard by the next caller."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from config.asterisk_runtime import find_runtime
from ivr.loader import flows_as_written
from ivr.prompts.catalogue import catalogue
from ivr.prompts.loudness import TARGET_DBOV
from phones.protocol import AnswerCalls
from tests.sip.running_site import Json, RunningSite, running_site

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

SPOKEN_HZ, BEEP_HZ = 620, 1_000
NAME, LANGUAGE = "desk.main.prompt", "en"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site whose Anna may record prompts."""

    def change(site: Json) -> None:
        site["agents"]["anna"]["may_record_prompts"] = "yes"

    async with running_site(tmp_path_factory.mktemp("studio"), change) as running:
        yield running


async def test_what_is_recorded_over_the_phone_is_heard_by_the_next_caller(
    studio: RunningSite,
) -> None:
    """Anna dials *15 and the prompt's number, says a tone after the beep, ends it with #, hears
    it, keeps it with 1; a caller then hears that tone in the place of the words, and Asterisk
    sends the file as it is, in the trunk's codec."""
    prompts = catalogue(flows_as_written(studio.directory / "dialplans"))
    (number,) = (each.number for each in prompts if (each.name, each.language) == (NAME, LANGUAGE))
    anna = await studio.phone("anna", AnswerCalls(after_ms=50))
    call = await anna.dial(f"sip:*15{number}@{studio.card['sip']['address']}")
    await call.answered()
    await call.play_tone(SPOKEN_HZ)
    await call.hear_tone(BEEP_HZ, timeout_s=30)
    await asyncio.sleep(2)
    await call.send_digits("#")
    await call.stop_playing()
    await call.hear_tone(SPOKEN_HZ, timeout_s=20)
    await asyncio.sleep(3)  # the take ends, the question begins: keys cut it short
    await call.send_digits("1")
    await call.ended(15)
    kept = studio.directory / "dialplans/prompts" / LANGUAGE / f"{NAME}.wav"
    assert kept.stat().st_size > 16_000
    assert list((studio.directory / "var/spool/takes").iterdir()) == []

    caller = await studio.call()
    again = await caller.hear_tone(SPOKEN_HZ)
    assert again.dbfs == pytest.approx(TARGET_DBOV, abs=1.5)
    assert "WriteTranscode: No" in await channel_of_the_trunk(studio)
    await caller.hang_up()
    await anna.unregister()


async def channel_of_the_trunk(site: RunningSite) -> str:
    """What Asterisk says of the one channel from the carrier."""
    channels = await console(site, "core show channels concise")
    (name,) = re.findall(r"^(PJSIP/carrier-[0-9a-f]+)!", channels, re.MULTILINE)
    return await console(site, f"core show channel {name}")


async def console(site: RunningSite, words: str) -> str:
    """A command on the console of this site's Asterisk."""
    process = await asyncio.create_subprocess_exec(
        *find_runtime().remote(site.directory / "var" / "asterisk" / "etc", words),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return output.decode()


async def test_who_may_not_record_hears_so(studio: RunningSite) -> None:
    """And is let go: no beep, no recording."""
    bela = await studio.phone("bela", AnswerCalls(after_ms=50))
    call = await bela.dial(f"sip:*15@{studio.card['sip']['address']}")
    await call.answered()
    await call.first_audio()
    await call.ended(15)
    await bela.unregister()
