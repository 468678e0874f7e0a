"""What those who are rung for a caller hear before they are joined, and whether they accept."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from bridge.agi.session import AgiSession
from bridge.errors import PlaybackFailed
from engine.calls.voice import Voice
from ivr.commands import Ask, Prompt
from ivr.errors import SpeechError

log = structlog.get_logger(__name__)

WHISPER = "TRK_WHISPER"
"""An agent's leg that has it asks the engine before it waits to be fetched."""
ACCEPTED = "TRK_ACCEPTED"
"""Set to yes on the channel of who has accepted; all else ends their leg."""
TRIES = 2
"""So often the whole is said; a mailbox hears it out and keys nothing."""
KEY_MS = 5_000
FETCHED_S = 3.0
"""From an agent's consent until that leg can be fetched: a few ms in Asterisk's dialplan."""


@dataclass(frozen=True, slots=True)
class Whisper:
    """What is said, and the key that accepts; without one, who hears it out has accepted.

    ``caller`` is the channel of who waits meanwhile.
    """

    caller: str
    prompt: Prompt
    language: str
    accept: str = ""
    joined: "asyncio.Future[bool]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """True once they can be joined; False when they did not accept, or have gone."""

    def settle(self, accepted: bool) -> None:
        """The first word on it counts."""
        if not self.joined.done():
            self.joined.set_result(accepted)

    async def told(self, voice: Voice) -> bool:
        """Say it on the channel of who was rung. Raises ChannelGone."""
        if not self.accept:
            await voice.play(self.prompt)
            return True
        ask = Ask(
            self.prompt,
            self.language,
            max_digits=1,
            end="",
            timeout_ms=KEY_MS,
            inter_digit_ms=KEY_MS,
            barge_in=True,
        )
        for _ in range(TRIES):
            if (await voice.ask(ask)).digits == self.accept:
                return True
        return False


class Whispers:
    """One for each contact that is being transferred so, for as long as that takes."""

    def __init__(self) -> None:
        self._by_contact: dict[str, Whisper] = {}
        self._by_leg: dict[str, Whisper] = {}

    @contextmanager
    def expected(self, contact: str, whisper: Whisper) -> Iterator[None]:
        """Whoever answers for the contact meanwhile hears it."""
        self._by_contact[contact] = whisper
        try:
            yield
        finally:
            del self._by_contact[contact]
            self._by_leg = {leg: on for leg, on in self._by_leg.items() if on is not whisper}

    def of(self, contact: str) -> Whisper | None:
        """What is to be said to who answers for a contact."""
        return self._by_contact.get(contact)

    def heard_on(self, leg: str, whisper: Whisper) -> None:
        """An agent's leg is up, and nobody but this agent can accept any more."""
        self._by_leg[leg] = whisper

    def leg_ended(self, leg: str) -> None:
        """A leg is gone; if a whisper was heard on it, it was not accepted."""
        whisper = self._by_leg.get(leg)
        if whisper is not None:
            whisper.settle(False)

    def up(self, contact: str) -> None:
        """The leg of who accepted can be joined with the caller's."""
        whisper = self.of(contact)
        if whisper is not None:
            whisper.settle(True)

    async def speak(self, session: AgiSession, contact: str, voice: Voice) -> None:
        """Say it on this session's channel, and note there whether it was accepted. A whisper that
        is not there, as the engine is new, accepts nothing. Raises ChannelGone."""
        whisper = self.of(contact)
        if whisper is None:
            return
        accepted = False
        try:
            accepted = await whisper.told(voice) and await _is_there(session, whisper.caller)
            if accepted:
                await session.set_variable(ACCEPTED, "yes")
        except (PlaybackFailed, SpeechError) as error:
            log.error("whisper_not_played", contact=contact, error=str(error))
        finally:
            # Consent counts once the leg can be fetched: `up`.
            wait_s = FETCHED_S if accepted else 0.0
            asyncio.get_running_loop().call_later(wait_s, whisper.settle, False)


async def _is_there(session: AgiSession, caller: str) -> bool:
    """Whether the caller still waits. Dial looks at its caller's hangup only after the whisper;
    what has asked for the hangup is noted at once (chan_pjsip_session_end in chan_pjsip.c)."""
    return await session.evaluate("${CHANNEL(hangupsource)}", caller) == ""
