"""One caller's call: the flow's commands carried out on the channel, its events handed back."""

from collections.abc import Callable
from dataclasses import replace

import structlog

from bridge.agi.session import AgiSession
from bridge.errors import ChannelGone, PlaybackFailed, SessionClosed
from engine.performing import PERFORMERS, Line
from engine.services import Services
from engine.story import Story
from engine.voice import Voice
from engine.waiting import Waiting
from history.outcome import EndedBy, Outcome
from ivr.commands import Ask, Command, Enqueue, Hangup, Play
from ivr.errors import SpeechError
from ivr.events import CallerHungUp, Event, Played, QueueLeft, StepFailed
from ivr.interpreter import Turn, resume
from ivr.program import Program
from ivr.state import CallState
from routing.contact import Contact
from routing.ringing import AgentLeg
from routing.skills import skill_set

log = structlog.get_logger(__name__)

STAGE = "TRK_STAGE"
"""Tells Asterisk's dialplan what to do when the engine is lost."""
FLOW, TALKING, DONE = "flow", "talking", "done"
LANGUAGE = "TRK_LANGUAGE"
SHORT_MS = 500
"""A conversation as short as that may be none: the agent's leg was gone when it was fetched."""


class Conversation:
    """Drives one contact from its flow's first command to its end, on one AGI session."""

    def __init__(self, services: Services, session: AgiSession, contact_id: str) -> None:
        self._services = services
        self._session = session
        self._id = contact_id
        self._began_ms = services.clock()
        self._spoke = False
        self._language: str = services.site.languages[0]
        self._voice = Voice(session, services.audio.of, services.audio.silence, services.clock)
        self._line = Line(services, session, contact_id, self._voice)

    async def run(self, program: Program, turn: Turn) -> None:
        """Go on from a turn until the flow or the caller ends the call; the story is closed.

        After a fault of ours the session ends with the channel up: Asterisk then apologises and
        dials the fallback number, as when the engine is away.
        """
        try:
            while not isinstance(turn.command, Hangup):
                self._tell(turn)
                await self._speak(turn.state.scope.language)
                event = await self._perform(turn.command, turn.state)
                turn = resume(program, turn.state, event)
            self._tell(turn)
            await self._finish()
        except SessionClosed:
            # Asterisk's end is gone, and nobody knows who hung up.
            story = self._services.chronicle.story(self._id)
            talked = story is not None and story.talked
            self._services.router.conversation_ended(self._id)
            self._close(Outcome.ANSWERED if talked else Outcome.FAILED, EndedBy.UNKNOWN)
        except Exception:
            self._close(Outcome.FAILED, EndedBy.ENGINE)
            raise

    async def _speak(self, language: str) -> None:
        """Let Asterisk know the caller's language, for the apology when the engine is lost."""
        if language != self._language and not self._session.hungup.is_set():
            await self._session.set_variable(LANGUAGE, language)
            self._language = language

    async def _perform(self, command: Command, state: CallState) -> Event:
        now = self._services.clock
        try:
            match command:
                case Play(prompt=prompt, barge_in=barge_in):
                    self._first_word()
                    await self._voice.play(prompt, barge_in=barge_in)
                    return Played(now())
                case Ask():
                    self._first_word()
                    self._services.chronicle.asking(self._id, _step_of(state))
                    return await self._voice.ask(command)
                case Enqueue():
                    return await self._queue(command, state)
                case Hangup():
                    raise AssertionError("the flow's end is not performed but finished")
                case _:
                    return await self._perform_other(command, state)
        except ChannelGone:
            if self._session.lost:
                raise SessionClosed("Asterisk's end is gone") from None
            return CallerHungUp(now())
        except (PlaybackFailed, SpeechError) as error:
            log.error("prompt_not_played", contact=self._id, error=str(error))
            return StepFailed(now(), "a prompt could not be played")

    async def _perform_other(self, command: Command, state: CallState) -> Event:
        performer = PERFORMERS.get(type(command))
        if performer is None:
            log.error("command_unknown", contact=self._id, command=type(command).__name__)
            return StepFailed(self._services.clock(), "this engine cannot do that")
        return await performer(self._line, command, state)

    def _first_word(self) -> None:
        if not self._spoke:
            self._spoke = True
            elapsed = self._services.clock() - self._began_ms
            self._services.metrics.first_prompt.observe(elapsed / 1000)

    async def _queue(self, command: Enqueue, state: CallState) -> Event:
        services, now = self._services, self._services.clock
        if command.queue not in services.site.queues:
            return QueueLeft(now(), "no_such_queue")
        contact = self._contact(command)
        self._change(
            lambda story: replace(
                story.queued(now(), command.queue, dict(contact.skills)),
                resume=state.to_dict(),
                language=command.language,
            )
        )
        while True:
            waiting = Waiting(services, self._session, contact, command.language)
            left = await waiting.until_left(command.timeout_ms)
            if not isinstance(left, AgentLeg):
                self._change(lambda story: story.left_queue(now(), "timeout"))
                return QueueLeft(now(), left)
            if await self._talk(left):
                return QueueLeft(now(), "conversation_ended")

    def _contact(self, command: Enqueue) -> Contact:
        """What the queue and the flow ask for together: of each skill the higher level."""
        queue = self._services.site.queues[command.queue]
        asked = dict(queue.skills)
        for skill, level in command.skills.items():
            asked[skill] = max(level, asked.get(skill, 0))
        return Contact(
            id=self._id,
            node=self._services.node,
            queue=command.queue,
            skills=skill_set(asked),
            arrived_ms=self._services.clock(),
            leg=self._session.request.channel,
            priority=command.priority,
        )

    async def _talk(self, leg: AgentLeg) -> bool:
        """Join the two; `Bridge` lasts as long as they talk, and outlives this engine.

        False when the agent's leg was gone before they were joined.
        """
        services, now = self._services, self._services.clock
        began_ms = now()
        channel = services.ringer.channel_of(leg.leg)
        self._change(lambda story: story.answered(began_ms, leg.agent, channel, leg.leg))
        try:
            await self._session.set_variable(STAGE, TALKING)
            await self._session.execute("Bridge", channel)
            # Asterisk tells of a hangup before it takes the next command, not before.
            await self._session.set_variable(STAGE, FLOW)
        except ChannelGone:
            self._talk_ended(EndedBy.CALLER)
            # Where they were never joined, nothing else would end the agent's leg.
            await services.ringer.drop(leg)
            raise
        # When the engine is stopped instead, the two go on talking, and so does the story.
        self._talk_ended(EndedBy.CALLER if self._session.hungup.is_set() else EndedBy.AGENT)
        if now() - began_ms < SHORT_MS and not await self._were_joined():
            self._change(lambda story: story.not_joined(now(), leg.leg))
            return False
        return True

    async def _were_joined(self) -> bool:
        return await self._session.get_variable("BRIDGERESULT") == "SUCCESS"

    def _talk_ended(self, by: EndedBy) -> None:
        services = self._services
        self._change(lambda story: story.conversation_ended(services.clock(), by))
        services.router.conversation_ended(self._id)

    async def _finish(self) -> None:
        """Close the story, and tell Asterisk's dialplan that there is nothing left to do."""
        story = self._services.chronicle.story(self._id)
        if story is None:
            return
        hung_up = self._session.hungup.is_set()
        outcome, by = how_it_ended(story, hung_up)
        try:
            await self._session.set_variable(STAGE, DONE)
            if not hung_up:
                await self._session.hangup()
        except ChannelGone:
            log.debug("caller_left_first", contact=self._id)
        self._close(outcome, by)

    def _close(self, outcome: Outcome, by: EndedBy) -> None:
        self._services.chronicle.close(self._id, outcome, by)

    def _tell(self, turn: Turn) -> None:
        def told(story: Story) -> Story:
            for entry in turn.trace:
                story = story.tell(entry.at_ms, "step", step=entry.step, did=entry.what)
            return replace(story, language=turn.state.scope.language)

        self._change(told, save=False)

    def _change(self, change: Callable[[Story], Story], save: bool = True) -> None:
        story = self._services.chronicle.story(self._id)
        if story is not None:
            self._services.chronicle.update(change(story), save)


def _step_of(state: CallState) -> str:
    return getattr(state.at, "step", "")


def how_it_ended(story: Story, hung_up: bool) -> tuple[Outcome, EndedBy]:
    """The outcome of a contact whose flow is over, by what its story tells."""
    by = EndedBy.CALLER if hung_up else EndedBy.ENGINE
    if story.talked:
        ended_by = _last_by(story)
        return Outcome.ANSWERED, ended_by or by
    if not hung_up:
        return Outcome.FLOW_ENDED, by
    if story.in_queue:
        return Outcome.ABANDONED, by
    return Outcome.HUNG_UP_IN_FLOW, by


def _last_by(story: Story) -> EndedBy | None:
    for entry in reversed(story.timeline):
        if entry.what == "conversation_ended":
            return EndedBy(str(entry.fields["by"]))
    return None
