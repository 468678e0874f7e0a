"""Recording a prompt over an agent's phone: hear it, speak it, hear it again, keep it or not."""

from enum import StrEnum
from pathlib import Path

import structlog

from bridge.agi.session import AgiSession
from config.people import PROMPT_DIGITS
from engine.calls.services import Services
from ivr.announce import Notice, notice
from ivr.commands import Segment
from ivr.errors import SpeechError
from ivr.prompts.catalogue import Listed, catalogue, find
from ivr.prompts.takes import FORMAT

log = structlog.get_logger(__name__)

LONGEST_MS = 120_000
TRIES = 3
_KEY_WITHIN_MS = 10_000


class Choice(StrEnum):
    """What a speaker keys after hearing the take."""

    NONE = ""
    KEEP = "1"
    AGAIN = "2"
    SYNTHETIC = "3"


_CHOICES = {Choice.KEEP, Choice.AGAIN, Choice.SYNTHETIC}


class Studio:
    """One call of one agent to the code for recording.

    Trunkline's own words are in the site's first language, the prompt in its own. Nothing is
    changed before a key says so; an agent who hangs up leaves everything as it was.
    """

    def __init__(self, services: Services, session: AgiSession) -> None:
        self._services = services
        self._session = session

    async def record(self, agent: str, number: str) -> None:
        """The whole call; `number` is what was dialled behind the code, or empty."""
        await self._session.answer()
        person = self._services.site.agents.get(agent)
        if person is None or not person.may_record_prompts:
            log.warning("prompt_recording_refused", agent=agent)
            await self._say(Notice.MAY_NOT_RECORD)
        else:
            prompt = await self._chosen(number)
            if prompt is not None:
                await self._say(await self._outcome(agent, prompt))
        await self._session.hangup()

    async def _chosen(self, number: str) -> Listed | None:
        """The prompt that was dialled, or that is keyed when asked for."""
        flows = [program.flow for program in self._services.flows.programs.values()]
        prompts = [each for each in catalogue(flows) if each.segment is not None]
        for _ in range(TRIES):
            number = number or await self._keyed(Notice.WHICH_PROMPT, PROMPT_DIGITS)
            found = find(prompts, int(number)) if number.isdecimal() else None
            if found is not None:
                return found
            await self._say(Notice.NO_SUCH_PROMPT)
            number = ""
        return None

    async def _outcome(self, agent: str, prompt: Listed) -> Notice:
        """What came of it; a disk that takes nothing is no reason for silence."""
        try:
            return await self._recorded(agent, prompt)
        except (OSError, SpeechError) as error:
            log.error("prompt_not_recorded", prompt=prompt.name, error=str(error))
            return Notice.NOT_POSSIBLE

    async def _recorded(self, agent: str, prompt: Listed) -> Notice:
        await self._say(Notice.PRESENT_PROMPT)
        if prompt.segment is not None:
            await self._play(prompt.segment)
        with self._services.takes.take(self._session.request.uniqueid) as path:
            for _ in range(TRIES):
                content = await self._take(path)
                if content is None:
                    await self._say(Notice.NOTHING_HEARD)
                    continue
                choice = await self._judged(prompt, content)
                if choice is not Choice.AGAIN:
                    return self._decided(agent, prompt, content, choice)
        return Notice.NOTHING_CHANGED

    async def _take(self, path: Path) -> bytes | None:
        await self._say(Notice.SPEAK_NOW)
        await self._session.stream_file(await self._services.audio.beep())
        await self._session.record_file(str(path), FORMAT, "#", LONGEST_MS)
        return await self._services.takes.heard(path)

    async def _judged(self, prompt: Listed, content: bytes) -> Choice:
        preview = await self._services.audio.preview(prompt.language, content)
        for _ in range(TRIES):
            await self._say(Notice.YOUR_RECORDING)
            await self._session.stream_file(preview)
            key = await self._keyed(Notice.KEEP_OR_AGAIN, 1)
            if key in _CHOICES:
                return Choice(key)
        return Choice.NONE

    def _decided(self, agent: str, prompt: Listed, content: bytes, choice: Choice) -> Notice:
        takes = self._services.takes
        told = log.bind(agent=agent, prompt=prompt.name, language=prompt.language)
        match choice:
            case Choice.KEEP:
                takes.keep(prompt, content)
                told.info("prompt_recorded")
                return Notice.RECORDING_KEPT
            case Choice.SYNTHETIC:
                takes.restore(prompt)
                told.info("prompt_synthetic_again")
                return Notice.SYNTHETIC_AGAIN
            case _:
                return Notice.NOTHING_CHANGED

    async def _keyed(self, question: Notice, digits: int) -> str:
        name = await self._words(question)
        return (await self._session.get_data(name, _KEY_WITHIN_MS, digits)).value

    async def _say(self, what: Notice) -> None:
        await self._session.stream_file(await self._words(what))

    async def _words(self, what: Notice) -> str:
        language = self._services.site.languages[0]
        return await self._services.audio.of(Segment(language, notice(language, what)))

    async def _play(self, segment: Segment) -> None:
        await self._session.stream_file(await self._services.audio.of(segment))
