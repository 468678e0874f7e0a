"""The engine as the entry points see it: calls taken, taken back, and agents' short codes."""

from dataclasses import replace

import structlog

from bridge.agi.session import AgiSession
from bridge.switch import HEARD, KEYS
from config.document import DocumentError
from engine.calls import stretches
from engine.calls.conversation import Conversation
from engine.calls.openlines import LINE
from engine.calls.services import Services
from engine.calls.stage import DONE, FLOW, STAGE, TRANSFER
from engine.calls.story import Story
from engine.calls.voice import Voice
from engine.dialing.answered import DialedConversation
from engine.dialing.calls import DialedCall, DialedCalls, Leaving
from engine.errors import FlowsAway
from engine.performing.transfer import how_dial_went
from engine.prompts.studio import Studio
from engine.staff.own import ask
from history.outcome import EndedBy
from ivr.announce import Notice, notice, paused
from ivr.commands import Segment
from ivr.events import Done, Event, QueueLeft
from ivr.interpreter import resume, start
from ivr.program import Program
from ivr.state import CallFacts, CallState, Doing
from routing.agent import (
    AgentState,
    Offline,
    Paused,
    Reserved,
    Ringing,
    Talking,
    Then,
    WrapUp,
)
from routing.errors import (
    HeldBySupervisor,
    OffShift,
    PauseFull,
    PauseUsedUp,
    RoutingError,
    WrapUpAtMost,
)

log = structlog.get_logger(__name__)

UNKNOWN = "unknown"


class House:
    """Serves the entry points of `agi_scripts` on the running parts."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def take_call(self, session: AgiSession, called: str) -> None:
        """Run the flow of one of the site's numbers to its end, for one call to it."""
        services = self._services
        number = services.site.numbers.get(called)
        if number is None:
            log.warning("number_without_flow", called=called)
            await session.set_variable(STAGE, DONE)
            await session.hangup()
            return
        flows = services.flows
        program = flows.programs[number.flow]
        story = replace(self._story(session, called), flow=program.name, flow_version=flows.version)
        services.chronicle.begin(story)
        facts = CallFacts(
            story.caller or "",
            called,
            story.started_ms,
            zone=services.site.zone,
            id=story.id,
        )
        rehearsal = services.rehearsals.of(story.caller) if services.rehearsals else None
        if rehearsal is not None:
            program, facts = rehearsal.begin(program)
        conversation = Conversation(services, session, story.id, rehearsal, answered=False)
        await conversation.run(program, start(program, facts))

    async def take_back(self, session: AgiSession, contact_id: str) -> None:
        """The conversation ended while its engine was away or new: the flow goes on after it."""
        services = self._services
        story = services.chronicle.story(contact_id)
        program = await self._program_of(story) if story else None
        if story is None or program is None or story.resume is None:
            await session.hangup()
            return
        state = CallState.from_dict(story.resume)
        now = services.clock()
        stage = await session.get_variable(STAGE)
        # Should this engine be lost too, the caller is in the flow again, and not in conversation.
        await session.set_variable(STAGE, FLOW)
        services.adopted.discard(contact_id)
        services.chronicle.update(story.conversation_ended(now, EndedBy.AGENT))
        services.router.conversation_ended(contact_id)
        waited_ms = stretches.total_ms(story.waits, now) or 0
        event: Event = QueueLeft(
            now, "conversation_ended", agent=story.agent or "", waited_ms=waited_ms
        )
        if stage == TRANSFER:
            event = Done(now, await how_dial_went(services, session, contact_id))
        elif isinstance(state.at, Doing):  # transferred to an agent
            event = Done(now, "ended")
        turn = resume(program, state, event)
        await self._conversation(session, contact_id).run(program, turn)

    def _conversation(self, session: AgiSession, contact_id: str) -> Conversation:
        """One that goes on; the campaign hears of a lead's."""
        lead = self._lead(contact_id)
        if lead is None:
            return Conversation(self._services, session, contact_id)
        return DialedConversation(self._services, session, *lead)

    def _lead(self, contact_id: str) -> tuple[DialedCall, DialedCalls] | None:
        """The call that a campaign of the site has under way, and whom to tell of it."""
        dialing = self._services.dialing
        call = dialing.call_of(contact_id) if dialing is not None else None
        if dialing is None or call is None or call.campaign not in self._services.site.campaigns:
            return None
        return call, dialing

    async def _program_of(self, story: Story) -> Program | None:
        """The flow as the contact began it, published anew or not; None if it is not to be had."""
        services, version = self._services, story.flow_version
        flows = services.flows
        if version not in (None, flows.version):
            in_use = {other.flow_version for other in services.chronicle.stories()}
            try:
                flows = await services.library.as_it_was(version, services.site, in_use)
            except (FlowsAway, DocumentError) as error:
                log.error("flow_not_resumed", contact=story.id, version=version, error=str(error))
                return None
        return flows.programs.get(story.flow or "")

    async def called_back(self, session: AgiSession, contact_id: str) -> None:
        """A customer who is called back has answered."""
        services = self._services
        call = services.callbacks.calling.reached(contact_id, session.request.uniqueid)
        story = services.chronicle.story(contact_id)
        if call is None or story is None:
            await session.set_variable(STAGE, DONE)
            await session.hangup()
            return
        program = await self._program_of(story)
        await Conversation(services, session, contact_id).called_back(program, call)

    async def lead_answered(self, session: AgiSession, contact_id: str) -> None:
        """Somebody has answered whom a campaign has called. One of whom nothing is known here, as
        the engine that called them is gone, is left to the dialplan, which says the message."""
        lead = self._lead(contact_id)
        if lead is None:
            log.warning("lead_unknown", contact=contact_id)
            return
        await DialedConversation(self._services, session, *lead).answered()

    async def whisper(self, session: AgiSession, contact_id: str) -> None:
        """Somebody has answered for a caller who is being transferred: may they be joined?"""
        services = self._services
        audio = services.audio
        voice = Voice(session, audio.of, audio.silence, services.clock)
        await services.orders.whispers.speak(session, contact_id, voice)

    async def agent_code(self, session: AgiSession, code: str, agent: str, reason: str) -> None:
        """Do what the agent dialled, and say in the site's first language what came of it.

        ``reason`` is what stands behind the code: a pause's reason, a prompt's number.
        """
        if code == "record_prompt":
            await Studio(self._services, session).record(agent, number=reason)
            return
        if code == "line":
            await self._line(session, agent)
            return
        language = self._services.site.languages[0]
        came = self._obey(code, agent, reason)
        text = (
            notice(language, came)
            if isinstance(came, Notice)
            else _confirmation(language, code, came)
        )
        await self._say(session, text)
        await session.hangup()

    async def _line(self, session: AgiSession, agent: str) -> None:
        """The agent's line is closed; or this very call stays as one, for the dialplan to keep."""
        lines = self._services.open_lines
        if lines.state(agent) == "idle":
            await lines.close(agent)
            came = Notice.LINE_CLOSED
        else:
            came = Notice.LINE_OPENED if lines.may_open(agent) else Notice.NOT_POSSIBLE
        await self._say(session, notice(self._services.site.languages[0], came))
        if came is not Notice.LINE_OPENED:
            await session.hangup()
            return
        for name, value in (("TRK_AGENT", agent), (KEYS, HEARD), (LINE, "hand")):
            await session.set_variable(name, value)

    async def _say(self, session: AgiSession, text: str) -> None:
        language = self._services.site.languages[0]
        await session.answer()
        await session.stream_file(await self._services.audio.of(Segment(language, text)))

    def _obey(self, code: str, agent: str, reason: str) -> AgentState | Notice:
        """The state that the agent is in now; if it was refused, why."""
        services = self._services
        wish = Leaving(code, reason, services.clock())
        try:
            state = ask(services.router, services.dialing, agent, wish)
        except RoutingError as refused:
            log.info("agent_code_refused", agent=agent, what=code, reason=refused.code)
            return _REFUSED.get(refused.code, Notice.NOT_POSSIBLE)
        return Notice.ONCE_NOT_NEEDED if state is None else state

    def _story(self, session: AgiSession, called: str) -> Story:
        request, services = session.request, self._services
        caller = None if request.callerid == UNKNOWN else request.callerid
        story = Story(
            id=request.uniqueid,
            site=services.site.site,
            node=services.node,
            channel="voice",
            started_ms=services.clock(),
            leg=request.channel,
            caller=caller,
            called=called,
        )
        return replace(story, language=services.site.languages[0])


_REFUSED = {
    HeldBySupervisor.code: Notice.HELD,
    PauseFull.code: Notice.PAUSE_FULL,
    PauseUsedUp.code: Notice.PAUSE_USED_UP,
    WrapUpAtMost.code: Notice.WRAP_UP_AT_MOST,
    OffShift.code: Notice.OFF_SHIFT,
}
_IN_TURN = {
    "login": Notice.LOGGED_IN,
    "resume": Notice.RESUMED,
    "end_wrap_up": Notice.WRAP_UP_ENDED,
}


def _confirmation(language: str, code: str, state: AgentState) -> str:
    """What is true of the agent now: what was dialled may have to wait for the contact's end."""
    if code == "extend_wrap_up":
        return notice(language, Notice.WRAP_UP_EXTENDED)
    match state:
        case Offline():
            return notice(language, Notice.LOGGED_OUT)
        case Paused(reason=reason):
            return paused(language, reason)
        case Reserved(then=then) | Ringing(then=then) if then == Then():
            # Given to the next in line at once: the agent is available, and the phone will ring.
            return notice(language, _IN_TURN[code])
        case Reserved(then=then) | Ringing(then=then) | Talking(then=then) | WrapUp(then=then):
            return notice(language, _afterwards(then))
        case _:
            return notice(language, _IN_TURN[code])


def _afterwards(then: Then) -> Notice:
    if then.logout or then.unreachable:
        return Notice.LOGGED_OUT_AFTERWARDS
    return Notice.AVAILABLE_AFTERWARDS if then.pause is None else Notice.PAUSED_AFTERWARDS
