"""One caller's call: the flow's commands carried out on the channel, its events handed back."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import Literal

import structlog

from bridge.agi.session import AgiSession
from bridge.errors import AmiError, ChannelGone, PlaybackFailed, SessionClosed
from engine.calls.answering import Answering, MachineWord
from engine.calls.calling import CustomerCall
from engine.calls.callrecording import CallRecording
from engine.calls.rehearsals import Rehearsal
from engine.calls.services import Services
from engine.calls.stage import BRIDGED, DONE, STAGE
from engine.calls.story import Story
from engine.calls.voice import Voice
from engine.calls.waiting import Gone, Waiting, wait_ms
from engine.calls.wishes import contact_of
from engine.mailboxes.messages import CallMessages
from engine.performing import PERFORMERS, Line
from engine.transfers.caller import stay
from engine.transfers.onward import Onward
from engine.transfers.party import Party
from history.outcome import EndedBy, Outcome
from ivr.commands import (
    Ask,
    Command,
    Enqueue,
    Hangup,
    Lookup,
    Play,
    RunPython,
    Segment,
    SendSms,
    SwitchRecording,
    Transfer,
)
from ivr.errors import SpeechError
from ivr.events import CallerHungUp, Event, Played, QueueLeft, StepFailed
from ivr.interpreter import Turn, resume
from ivr.program import Program
from ivr.run import FAILED
from ivr.state import CallState
from ivr.variables import written
from routing.contact import Contact
from routing.ringing import AgentLeg
from routing.ticket import Ticket

log = structlog.get_logger(__name__)

LANGUAGE = "TRK_LANGUAGE"
BEFORE_ANSWER = frozenset({Lookup, RunPython, SendSms, Hangup})
"""What is done while the caller still hears the ringing. A flow that hangs up after these alone
refuses the call, and it costs the caller nothing."""
CAUSES = {"busy": 17, "congestion": 34, "rejected": 21}
"""The flow's words for causes of Q.850, which Asterisk tells as 486, 503 and 403
(hangup_cause2sip in channels/chan_pjsip.c) to a caller who was not answered."""
Closed = Literal["full", "no_agents", "long_wait"]
"""Why a caller is not let into a queue."""
SHORT_MS = 500
"""A conversation as short as that may be none: the agent's leg was gone when it was fetched."""


class Conversation:
    """Drives one contact from its flow's first command to its end, on one AGI session.

    A call that is not `answered` yet is answered when the flow first needs the caller.
    """

    def __init__(
        self,
        services: Services,
        session: AgiSession,
        contact_id: str,
        rehearsal: Rehearsal | None = None,
        *,
        answered: bool = True,
    ) -> None:
        self._services = services
        self._rehearsal = rehearsal
        self._session = session
        session.keys_taken = partial(services.keys.taken, session.request.uniqueid)
        self._id = contact_id
        self._began_ms = services.clock()
        self._answered = answered
        self._spoke = False
        self._machine: MachineWord | None = None
        self._language: str = services.site.languages[0]
        self._messages = CallMessages(services.messages, contact_id, self._next_take)
        self._voice = Voice(session, self._audio_of, services.audio.silence, services.clock)
        self._recording = CallRecording(services, session, contact_id)
        self._line = Line(
            services, session, contact_id, self._voice, self._recording, self._messages, self._talk
        )

    async def run(self, program: Program, turn: Turn) -> None:
        """Go on from a turn until the flow or the caller ends the call; the story is closed.

        After a fault of ours or of the flow the session ends with the channel up: Asterisk then
        apologises and dials the fallback number, as when the engine is away.
        """
        async with self._to_the_end():
            await self._drive(program, turn)

    async def _drive(self, program: Program, turn: Turn) -> None:
        while not isinstance(turn.command, Hangup):
            self._tell(turn, program)
            await self._speak(turn.state.scope.language)
            event = await self._perform(turn.command, turn.state)
            if self._rehearsal is not None:
                event = self._rehearsal.moved(event)
            turn = resume(program, turn.state, event)
        self._tell(turn, program)
        if turn.command == FAILED.command:
            await self._failed(turn)
        else:
            await self._finish(turn.command.cause)

    @asynccontextmanager
    async def _to_the_end(self) -> AsyncIterator[None]:
        """Whatever goes wrong meanwhile, the story is closed."""
        try:
            yield
        except SessionClosed:
            # Asterisk's end is gone, and nobody knows who hung up.
            story = self._services.chronicle.story(self._id)
            talked = story is not None and story.talked
            self._services.router.conversation_ended(self._id)
            self._close(Outcome.ANSWERED if talked else Outcome.FAILED, EndedBy.UNKNOWN)
        except Exception:
            self._close(Outcome.FAILED, EndedBy.ENGINE)
            raise

    async def _audio_of(self, segment: Segment) -> str:
        if segment.message is None:
            return await self._services.audio.of(segment)
        take = self._messages.find(segment.message)
        return take.sound if take is not None else self._services.audio.silence

    async def _speak(self, language: str) -> None:
        """Let Asterisk know the caller's language, for the apology when the engine is lost."""
        if language != self._language and not self._session.hungup.is_set():
            await self._session.set_variable(LANGUAGE, language)
            self._language = language

    async def _perform(self, command: Command, state: CallState) -> Event:
        now = self._services.clock
        if self._rehearsal is not None:
            given = self._rehearsal.given_event(command, state)
            if given is not None:
                return given
            command = self._rehearsal.prepared(command)
        try:
            await self._answer(command)
            await self._record(command)
            match command:
                case Play(prompt=prompt, barge_in=barge_in):
                    self._first_word()
                    await self._voice.play(prompt, barge_in=barge_in)
                    return Played(now())
                case Ask():
                    self._first_word()
                    self._services.chronicle.asking(self._id, _step_of(state))
                    await self._about_to_ask(command)
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

    async def _about_to_ask(self, ask: Ask) -> None:
        """Who rehearses keys when there is something to hear: words may have to be spoken first."""
        if self._rehearsal is not None:
            for segment in (*ask.lead.segments, *ask.prompt.segments):
                await self._audio_of(segment)
            self._rehearsal.asks()

    async def _answer(self, command: Command) -> None:
        if self._answered or type(command) in BEFORE_ANSWER or self._session.hungup.is_set():
            return
        # `i`: without waiting for the caller's first audio, up to 500 ms (__ast_answer in
        # main/channel.c); who offered media is ready to hear it (RFC 3264, section 5.1).
        await self._session.execute("Answer", "", "i")
        self._answered = True

    async def _record(self, command: Command) -> None:
        """With an agent it is the conversation's recording that counts, on the agent's leg."""
        match command:
            case Enqueue() | Transfer(number=None):
                await self._recording.pause()
            case SwitchRecording():
                pass
            case _:
                await self._recording.resume()

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

    async def called_back(self, program: Program | None, call: CustomerCall) -> None:
        """A callback is answered: join the customer, then go on with the flow where a caller who
        waited in the queue would. The story is closed, unless they are to be called again."""
        async with self._to_the_end():
            story = self._services.chronicle.story(self._id)
            promise = story.promise if story is not None else None
            answering = Answering(self._services, self._session, self._voice, self._id)
            if not await answering.is_person(call):
                return
            machine = self._machine = MachineWord(self._services, self._id)
            event = await self._joined(call)
            if machine.said.is_set() and promise is not None:
                self._services.callbacks.was_machine(self._id, promise)
                await answering.leave_message()
                return
            if program is None or story is None or story.resume is None:
                await self._finish("normal")
                return
            state = CallState.from_dict(story.resume)
            await self._drive(program, resume(program, state, event))

    async def _joined(self, call: CustomerCall) -> Event:
        services = self._services
        contact, story = services.router.contact(self._id), services.chronicle.story(self._id)
        if contact is None or story is None:
            if call.leg is not None:
                await services.ringer.drop(call.leg)
            return StepFailed(services.clock(), "routing has lost the contact")
        command = _plain(contact, story.language or self._language)
        try:
            if call.ticket is not None:
                services.callbacks.calling.there(self._id)
            return await self._served(contact, command, call.leg, call.ticket)
        except ChannelGone:
            if self._session.lost:
                raise SessionClosed("Asterisk's end is gone") from None
            return CallerHungUp(services.clock())

    async def _queue(self, command: Enqueue, state: CallState) -> Event:
        services, now = self._services, self._services.clock
        if command.queue not in services.site.queues:
            return QueueLeft(now(), "no_such_queue")
        contact = await contact_of(services, self._id, self._session.request.channel, command)
        closed = self._closed_to(contact, command)
        if closed is not None:
            self._change(lambda story: story.turned_away(now(), command.queue, closed))
            expected_ms = services.router.expected_wait_ms(contact)
            return QueueLeft(now(), closed, expected_ms=expected_ms)
        self._change(
            lambda story: replace(
                story.queued(now(), command.queue, dict(contact.skills), contact.requires).waits_at(
                    state.to_dict()
                ),
                language=command.language,
            )
        )
        services.callbacks.join(self._id)
        return await self._served(contact, command)

    async def _served(
        self,
        contact: Contact,
        command: Enqueue,
        leg: AgentLeg | None = None,
        ticket: Ticket | None = None,
    ) -> QueueLeft:
        """Until the caller has talked, at first to the agent on `leg`, or left the line; the place
        there is new, unless they have a `ticket`."""
        now = self._services.clock
        while True:
            left = leg or await self._waiting(contact, command, ticket).until_left()
            leg = ticket = None
            waited_ms = now() - contact.arrived_ms
            if isinstance(left, Gone):
                self._left_queue(left.why)
                return QueueLeft(
                    now(), left.why, left.key, waited_ms=waited_ms, expected_ms=left.expected_ms
                )
            if await self._talk(left):
                return QueueLeft(now(), "conversation_ended", agent=left.agent, waited_ms=waited_ms)

    def _waiting(self, contact: Contact, command: Enqueue, ticket: Ticket | None = None) -> Waiting:
        wait = self._rehearsal.wait if self._rehearsal is not None else wait_ms
        return Waiting(self._services, self._session, contact, command, wait=wait, ticket=ticket)

    def _left_queue(self, why: str) -> None:
        self._change(lambda story: story.left_queue(self._services.clock(), why))

    def _closed_to(self, contact: Contact, command: Enqueue) -> Closed | None:
        """Why the caller is not let in."""
        router, limit = self._services.router, command.max_waiting
        has_place = self._services.callbacks.place_in(contact.queue, self._id) is not None
        if limit is not None and not has_place and router.in_line(contact.queue) >= limit:
            return "full"
        if command.needs_staff and not router.is_staffed(contact):
            return "no_agents"
        if command.max_wait_ms is not None and not has_place:
            expected_ms = router.expected_wait_ms(contact)
            if expected_ms is not None and expected_ms > command.max_wait_ms:
                return "long_wait"
        return None

    async def _talk(self, leg: AgentLeg, max_ms: int | None = None) -> bool:
        """Join the two, and the caller with whomever agents hand them on to.

        False when an agent's leg was gone before they were joined.
        """
        onward = Onward(self._line, self._waiting)
        next_leg: AgentLeg | None = leg
        joined = True
        while joined and next_leg is not None:
            party = Party(self._services, self._id, next_leg.agent, next_leg.leg)
            async with self._services.parties.open(party):
                joined = await self._with(party, next_leg, max_ms)
                next_leg = await onward.leg_after(party)
        return joined

    async def _with(self, party: Party, leg: AgentLeg, max_ms: int | None) -> bool:
        """Until nobody is left for the caller; what they do outlives this engine."""
        services, now = self._services, self._services.clock
        began_ms = now()
        channel = services.ringer.channel_of(leg.leg)
        services.callbacks.answered(self._id)
        self._change(lambda story: story.answered(began_ms, leg.agent, channel, leg.leg))
        try:
            await self._limit(channel, max_ms)
            async with self._machine.awaited(leg) if self._machine else nullcontext():
                await stay(services, self._session, party)
        except ChannelGone:
            self._talk_ended(EndedBy.CALLER)
            # Where they were never joined, nothing else would end the agent's leg.
            await party.clear()
            raise
        # When the engine is stopped instead, they go on talking, and so does the story.
        self._talk_ended(EndedBy.AGENT)
        await party.clear()
        short = party.untouched and now() - began_ms < SHORT_MS
        if short and not await self._were_joined():
            self._change(lambda story: story.not_joined(now(), leg.leg))
            return False
        return True

    async def _limit(self, channel: str, max_ms: int | None) -> None:
        """Asterisk counts, so that the engine may be lost. `Bridge` has an option for it, which
        does nothing without a sound to warn with (bridge_exec in main/features.c)."""
        if max_ms is None:
            return
        try:
            await self._services.switch.limit(channel, -(-max_ms // 1000))
        except AmiError as error:
            log.error("conversation_not_limited", contact=self._id, code=error.code)

    async def _were_joined(self) -> bool:
        return await self._session.get_variable(BRIDGED) == "SUCCESS"

    def _talk_ended(self, by: EndedBy) -> None:
        services = self._services
        self._change(lambda story: story.conversation_ended(services.clock(), by))
        services.router.conversation_ended(self._id)

    async def _finish(self, word: str) -> None:
        """Close the story, and tell Asterisk's dialplan that there is nothing left to do."""
        story = self._services.chronicle.story(self._id)
        if story is None:
            return
        hung_up = self._session.hungup.is_set()
        cause = CAUSES.get(word)
        outcome, by = how_it_ended(story, hung_up)
        if cause is not None and not self._answered:
            outcome = Outcome.REJECTED
        try:
            await self._session.set_variable(STAGE, DONE)
            if not hung_up:
                await self._session.hangup(cause)
        except ChannelGone:
            log.debug("caller_left_first", contact=self._id)
        self._close(outcome, by, None if hung_up else cause)

    async def _failed(self, turn: Turn) -> None:
        """The flow could not go on: who still listens is left to Asterisk's dialplan, which knows
        the language in which to apologise. What the caller came to before it stays true."""
        self._tell_failure(turn)
        if self._session.hungup.is_set():
            await self._finish("normal")
            return
        with suppress(ChannelGone):  # they hung up at this moment: the flow failed before
            await self._recording.pause()
            await self._speak(turn.state.scope.language)
        story = self._services.chronicle.story(self._id)
        if story is not None:
            outcome, by = how_it_ended(story, hung_up=False)
            self._close(Outcome.FAILED if outcome is Outcome.FLOW_ENDED else outcome, by)

    def _tell_failure(self, turn: Turn) -> None:
        story, flow = self._services.chronicle.story(self._id), turn.state.scope.flow
        version = story.flow_version if story is not None else None
        step = turn.trace[-1].step if turn.trace else ""
        log.error("flow_failed", contact=self._id, flow=flow, version=version, step=step)
        self._services.metrics.flows_failed.labels(flow).inc()

    def _close(self, outcome: Outcome, by: EndedBy, cause: int | None = None) -> None:
        """The caller has left; with a callback promised the contact has not."""
        self._recording.end()
        self._messages.end()
        story = self._services.chronicle.story(self._id)
        if story is not None and story.promise is not None:
            self._services.callbacks.keep(self._id)
        else:
            self._services.chronicle.close(self._id, outcome, by, cause)

    def _tell(self, turn: Turn, program: Program) -> None:
        if self._rehearsal is not None:
            self._rehearsal.tell(program, turn)

        def told(story: Story) -> Story:
            for entry in turn.trace:
                story = story.tell(turn.at_ms, "step", step=entry.step, did=entry.what)
            topic = turn.state.scope.facts.get("call.topic")
            told_of = written(topic) if topic is not None else story.topic
            return replace(story, language=turn.state.scope.language, topic=told_of)

        self._change(told, save=False)

    def _next_take(self) -> int:
        self._change(lambda story: replace(story, takes=story.takes + 1))
        story = self._services.chronicle.story(self._id)
        return story.takes if story is not None else 1

    def _change(self, change: Callable[[Story], Story], save: bool = True) -> None:
        story = self._services.chronicle.story(self._id)
        if story is not None:
            self._services.chronicle.update(change(story), save)


def _plain(contact: Contact, language: str) -> Enqueue:
    """How a customer waits on who was called back for an agent who has gone meanwhile."""
    return Enqueue(contact.queue, dict(contact.skills), contact.priority, language, None)


def _step_of(state: CallState) -> str:
    return getattr(state.at, "step", "")


def how_it_ended(story: Story, hung_up: bool) -> tuple[Outcome, EndedBy]:
    """The outcome of a contact whose flow is over, by what its story tells."""
    by = EndedBy.CALLER if hung_up else EndedBy.ENGINE
    if story.talked:
        ended_by = _last_by(story)
        return Outcome.ANSWERED, ended_by or by
    if story.was_transferred:
        return Outcome.TRANSFERRED, by
    if not hung_up:
        return Outcome.FLOW_ENDED, by
    if story.in_queue:
        return Outcome.ABANDONED, by
    return Outcome.HUNG_UP_IN_FLOW, by


def _last_by(story: Story) -> EndedBy | None:
    """Who ended the last conversation; None where the agent handed the caller on with it."""
    by: EndedBy | None = None
    for entry in reversed(story.timeline):
        match entry.what:
            case "conversation_ended":
                by = by or EndedBy(str(entry.fields["by"]))
            case "handed_over":
                return None
            case "answered":
                break
    return by
