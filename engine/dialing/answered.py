"""The call of a lead who has answered: who it is, and what they hear."""

from __future__ import annotations

from dataclasses import replace

import structlog

from bridge.agi.session import AgiSession
from bridge.errors import ChannelGone, CommandFailed, PlaybackFailed, SessionClosed
from engine.calls.conversation import Conversation
from engine.calls.services import Services
from engine.calls.stage import DONE, STAGE
from engine.calls.story import Story
from engine.calls.waiting import Gone
from engine.dialing import messages
from engine.dialing.calls import DialedCall, DialedCalls
from engine.dialing.detecting import PEOPLE, Duty, detector_of
from engine.dialing.flow import begun
from engine.dialing.meeting import Meeting, contact_of
from history.outcome import EndedBy, Outcome
from ivr.commands import Enqueue
from ivr.errors import SpeechError
from ivr.interpreter import Turn
from ivr.names import DISPOSITION
from ivr.program import Program
from ivr.variables import Value, written
from listening.port import AnswerDetector
from listening.values import Verdict, Who
from routing.ringing import AgentLeg

log = structlog.get_logger(__name__)

BEGINS_MS = 150
"""From the end of the wait until the message is heard on the callee's phone."""
KEY_MS = 5_000
"""After the message the key may still be pressed for so long."""


class DialedConversation(Conversation):
    """Drives the contact that an answered call is, on its one AGI session.

    Once a person is joined with an agent it is a conversation like any other.
    """

    def __init__(
        self, services: Services, session: AgiSession, call: DialedCall, dialing: DialedCalls
    ) -> None:
        super().__init__(services, session, call.contact)
        self._call = call
        self._told = dialing
        self._is_told = False
        self._word: Value = None
        self._campaign = services.site.campaigns[call.campaign]
        self._speaks = messages.language_of(services.site, call.language)
        self._language = self._speaks  # as the order has told Asterisk
        self._duty = Duty.to(services.site, call.campaign, call.number, call.told)

    async def answered(self) -> None:
        """From the answer to the end of the call; the story is closed."""
        self._begin()
        async with self._to_the_end():
            try:
                await self._go_on()
            except ChannelGone:
                if self._session.lost:
                    raise SessionClosed("Asterisk's end is gone") from None
                await self._finish("normal")

    def _begin(self) -> None:
        """It is a contact from now on; that it was answered the switch may have told before."""
        call, services, now = self._call, self._services, self._services.clock()
        if call.answered_ms is None:
            self._told.answered(self._id, now)
        answered_ms = self._answered_ms = call.answered_ms or now
        story = Story(
            id=self._id,
            site=services.site.site,
            node=services.node,
            channel="voice",
            started_ms=call.placed_ms,
            leg=self._session.request.channel,
            caller=call.number,
            called=call.caller_id,
            language=self._speaks,
            back=self._session.request.uniqueid,
            campaign=call.campaign,
            lead=call.lead_id,
        )
        services.chronicle.begin(story)
        self._change(
            lambda story: story.dialed(call.placed_ms, call.trunk, call.ringing_ms, answered_ms)
        )

    async def _go_on(self) -> None:
        machines, ears = self._campaign.machines, self._services.ears
        detector = detector_of(machines, self._duty, ears, self._session)
        verdict = await self._verdict(detector) if detector is not None else None
        if detector is not None and verdict is not None and verdict.who not in PEOPLE:
            await self._no_person(detector, verdict)
        elif self._campaign.queue is not None:
            await self._meet(self._campaign.queue, verdict)
        else:
            await self._talk_alone()

    async def _verdict(self, detector: AnswerDetector) -> Verdict | None:
        """None where nobody could listen: better a machine for an agent than nobody for a
        person."""
        try:
            verdict = await detector.verdict()
        except CommandFailed as error:
            log.error("answer_not_judged", contact=self._id, error=str(error))
            return None
        if self._session.hungup.is_set():  # nothing was judged: there was nothing left to hear
            raise ChannelGone(self._session.request.channel)
        now = self._services.clock()
        who, cause = verdict.who.value, verdict.cause
        self._change(lambda story: story.tell(now, "judged", who=who, because=cause), save=False)
        self._told.judged(self._id, verdict, now)
        return verdict

    # a person, and an agent

    async def _meet(self, queue: str, verdict: Verdict | None) -> None:
        """Joined with an agent, or told in time that there is none."""
        services = self._services
        contact = contact_of(services, self._call, queue, self._session.request.channel)
        self._change(lambda story: story.queued(services.clock(), queue, dict(contact.skills)))
        by_ms = self._duty.met_by_ms(self._answered_ms, verdict) - BEGINS_MS
        while True:
            left_ms = max(0, by_ms - services.clock())
            wish = Enqueue(queue, dict(contact.skills), contact.priority, self._speaks, left_ms)
            met = await Meeting(services, self._session, contact, wish).until_left()
            if isinstance(met, Gone):
                await self._lost()
                return
            if await self._joined_with(met):
                await self._finish("normal")
                return

    async def _joined_with(self, leg: AgentLeg) -> bool:
        """Until they have talked; False when the agent's leg was gone before."""
        self._told.connected(self._id, leg.agent, self._services.clock())
        return await self._talk(leg)

    async def _lost(self) -> None:
        now = self._services.clock()
        self._left_queue("timeout")
        self._change(lambda story: story.tell(now, "lost"))
        self._told.lost(self._id, now)
        if await self._wants_no_more():
            pressed_ms = self._services.clock()
            self._change(lambda story: story.tell(pressed_ms, "opted_out"))
            self._told.opted_out(self._id, pressed_ms)
        await self._over(Outcome.LOST)

    async def _wants_no_more(self) -> bool:
        """Says the message; whether its key is pressed, then or thereafter. Another key is none,
        and cuts nothing short. The call ends at once with it (47 CFR 64.1200(b)(3))."""
        services, key = self._services, self._campaign.sorry.key
        said = messages.sorry(services.site, self._campaign, self._speaks, self._call.caller_id)
        try:
            heard = await self._session.stream_file(await services.audio.of(said), key)
        except (PlaybackFailed, SpeechError) as error:
            log.error("message_not_played", contact=self._id, error=str(error))
            return False
        played_ms = services.clock()
        self._change(lambda story: story.tell(played_ms, "sorry_played"))
        digit, until_ms = heard.digit, played_ms + KEY_MS
        while digit != key and (left_ms := until_ms - services.clock()) > 0:
            digit = await self._session.wait_for_digit(left_ms)
            if digit is None:
                return False
        return digit == key

    # nobody, and nobody's agent

    async def _no_person(self, detector: AnswerDetector, verdict: Verdict) -> None:
        """A machine may get a message after its beep; of all else there is nothing to do."""
        left = messages.left_on_machines(self._campaign, self._speaks)
        if verdict.who is Who.MACHINE and left is not None and await detector.cue() is not None:
            try:
                await self._session.stream_file(await self._services.audio.of(left))
                now = self._services.clock()
                self._change(lambda story: story.tell(now, "message_left"))
            except (PlaybackFailed, SpeechError) as error:
                log.error("message_not_left", contact=self._id, error=str(error))
        await self._over(Outcome.MACHINE)

    async def _talk_alone(self) -> None:
        """The campaign's flow, as the flow of a called number."""
        services, flows = self._services, self._services.flows
        program, turn = begun(services, self._call, self._speaks)
        self._change(lambda story: replace(story, flow=program.name, flow_version=flows.version))
        self._told.connected(self._id, None, services.clock())
        await self._drive(program, turn)

    def _tell(self, turn: Turn, program: Program) -> None:
        """What the flow says came of it counts from then on, whoever hangs up next."""
        super()._tell(turn, program)
        word = turn.state.scope.facts.get(DISPOSITION)
        if word is not None and word != self._word:
            self._word, said = word, written(word)
            self._change(lambda story: replace(story, disposition=said))
            self._told.said(self._id, said, self._services.clock())

    # the end

    async def _over(self, outcome: Outcome) -> None:
        """The call ends here, and came to this."""
        hung_up = self._session.hungup.is_set()
        await self._session.set_variable(STAGE, DONE)
        if not hung_up:
            await self._session.hangup()
        self._close(outcome, EndedBy.CALLER if hung_up else EndedBy.ENGINE)

    def _close(self, outcome: Outcome, by: EndedBy, cause: int | None = None) -> None:
        super()._close(outcome, by, cause)
        if not self._is_told:
            self._is_told = True
            self._told.ended(self._id, self._services.clock(), by)
