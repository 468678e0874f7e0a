"""A callback is answered: by the customer, or by a machine that must be no agent's conversation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from bridge.agi.session import AgiSession
from bridge.errors import ChannelGone, CommandFailed, PlaybackFailed
from config.callbacks import First
from engine.calls.calling import HUNG_UP, CustomerCall
from engine.calls.services import Services
from engine.calls.stage import DONE, STAGE
from engine.calls.voice import Voice
from ivr.announce import Notice, notice
from ivr.commands import Ask, Prompt, Segment
from ivr.errors import SpeechError
from routing.ringing import AgentLeg

log = structlog.get_logger(__name__)

MACHINE = "machine"
NOT_CONFIRMED = "not_confirmed"
PERSON_KEY = "1"
ASKED = 2
"""So often the customer is asked to press the key."""
KEY_MS = 4_000
QUIET_MS = 1_500
"""A machine is ready to record when it has been silent for so long: its greeting has pauses of
half a second, and after its beep there is nothing."""
GREETING_MOST_S = 30
"""A machine that speaks for longer has its message spoken into."""


class Answering:
    """What happens on a customer's channel before they are joined with an agent."""

    def __init__(
        self, services: Services, session: AgiSession, voice: Voice, contact_id: str
    ) -> None:
        self._services = services
        self._session = session
        self._voice = voice
        self._id = contact_id
        story = services.chronicle.story(contact_id)
        spoken = story.language if story is not None else None
        languages = services.site.languages
        self._language = next((each for each in languages if each == spoken), languages[0])

    async def is_person(self, call: CustomerCall) -> bool:
        """Whether to go on with them. If not, the try has ended and so has the call; the contact
        waits for the next. Raises SessionClosed."""
        try:
            reason = await self._told_apart(call)
        except ChannelGone:
            reason = HUNG_UP
        except (PlaybackFailed, CommandFailed, SpeechError) as error:
            log.error("customer_not_asked", contact=self._id, error=str(error))
            reason = None  # better a machine for an agent than nobody for a customer
        if reason is None:
            return True
        calling = self._services.callbacks.calling
        try:
            await calling.let_agent_go(self._id)
            if reason != HUNG_UP:
                await self.leave_message()
        finally:
            calling.end(self._id, reason)
        return False

    async def leave_message(self) -> None:
        """After the beep, if the site has one for this language; then the call ends."""
        text = self._services.site.callbacks.message.get(self._language)
        with suppress(ChannelGone, PlaybackFailed, CommandFailed, SpeechError):
            if text is not None:
                await self._until_quiet()
                await self._voice.play(_of(self._language, text))
        with suppress(ChannelGone, CommandFailed):
            await self._session.set_variable(STAGE, DONE)
            await self._session.hangup()

    async def _told_apart(self, call: CustomerCall) -> str | None:
        """None for a person, else why it is taken for none."""
        first: First = "agent" if call.ticket is None else "customer"
        match self._services.site.callbacks.confirms(first):
            case "key":
                return None if await self._presses_key() else NOT_CONFIRMED
            case "amd":
                return MACHINE if await self._sounds_like_machine() else None
            case _:
                return None

    async def _presses_key(self) -> bool:
        own = self._services.site.callbacks.greeting.get(self._language)
        text = own or notice(self._language, Notice.CALLBACK_CONFIRM)
        ask = Ask(_of(self._language, text), self._language, 1, "", KEY_MS, KEY_MS, barge_in=True)
        for _ in range(ASKED):
            if (await self._voice.ask(ask)).digits == PERSON_KEY:
                self._tell("customer_confirmed")
                return True
        return False

    async def _sounds_like_machine(self) -> bool:
        """Asterisk's guess (app_amd): a long greeting, or many words without a pause."""
        await self._session.execute("AMD")
        return await self._session.get_variable("AMDSTATUS") == "MACHINE"

    async def _until_quiet(self) -> None:
        # How long it is to be silent, how often, and how long that is waited for.
        await self._session.execute("WaitForSilence", f"{QUIET_MS}", "1", f"{GREETING_MOST_S}")

    def _tell(self, what: str) -> None:
        story = self._services.chronicle.story(self._id)
        if story is not None:
            told = story.tell(self._services.clock(), what)
            self._services.chronicle.update(told, save=False)


class MachineWord:
    """Whether the agent whom a customer was joined with has said that it is a machine."""

    def __init__(self, services: Services, contact_id: str) -> None:
        self._services = services
        self._id = contact_id
        self.said = asyncio.Event()

    @asynccontextmanager
    async def awaited(self, leg: AgentLeg) -> AsyncIterator[None]:
        """Meanwhile the agent's word ends the conversation."""
        with self._services.callbacks.told_of_machine(self._id, self.said):
            ending = asyncio.create_task(self._end(leg), name=f"machine {leg.leg}")
            try:
                yield
            finally:
                ending.cancel()

    async def _end(self, leg: AgentLeg) -> None:
        await self.said.wait()
        await self._services.ringer.drop(leg)


def _of(language: str, text: str) -> Prompt:
    return Prompt((Segment(language, text),))
