"""Callers sent on: over a trunk by Asterisk's Dial, to an agent as routing rings one."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import structlog

from bridge.agi.session import AgiSession
from bridge.errors import ChannelGone, CommandFailed
from config.transfers import plain_number
from engine.calls.services import Services
from engine.calls.stage import FLOW, STAGE, TRANSFER
from engine.calls.story import Story
from engine.calls.whispers import Whisper
from engine.performing.line import Line
from ivr.commands import Transfer
from ivr.events import Done, Event, StepFailed
from ivr.state import CallState
from routing.agent import NotResponding, Offline
from routing.contact import Contact, Outcome
from routing.ringing import AgentLeg
from routing.ticket import Ticket

log = structlog.get_logger(__name__)

T = TypeVar("T")

DIRECT = ""
"""The queue of a contact that waits in none."""
OUTCOMES = {"ANSWER": "ended", "BUSY": "busy", "NOANSWER": "no_answer"}
"""Of DIALSTATUS (app_dial.c); CANCEL is the caller's hangup, all others nobody can help."""
JOINED = "GOSUB_RETVAL"
"""What `transfer-leg` gave back. ANSWER is Dial's word too for who answered and did not accept."""
_NOT_ANSWERED = {"Busy": "busy", "Unreachable": "unreachable"}


async def transfer(line: Line, command: Transfer, state: CallState) -> Event:
    """Connect the caller, and say how it went when they are back. Raises ChannelGone."""
    await line.voice.play(command.announce)
    _change(line, lambda story: replace(story, resume=state.to_dict()))
    if command.mode != "attended":
        return await _connected(line, command)
    caller = line.session.request.channel
    whisper = Whisper(caller, command.whisper, command.language, command.accept)
    with line.services.orders.whispers.expected(line.contact, whisper):
        return await _connected(line, command, whisper)


async def _connected(line: Line, command: Transfer, whisper: Whisper | None = None) -> Event:
    if command.number is not None:
        return await outside(line, command, command.number)
    agent = _agent_of(line, command)
    now = line.services.clock
    if agent is None:
        log.warning("transfer_to_nobody", contact=line.contact)
        return Done(now(), "unreachable")
    return Done(now(), await _to_agent(line, agent, command, whisper))


def _agent_of(line: Line, command: Transfer) -> str | None:
    agents = line.services.site.agents
    if command.agent is not None:
        return command.agent if command.agent in agents else None
    names = (name for name, agent in agents.items() if agent.extension == command.extension)
    return next(names, None)


async def outside(line: Line, command: Transfer, text: str) -> Event:
    """Call a number for the caller, if the site permits it. Raises ChannelGone."""
    site, now = line.services.site, line.services.clock
    number = plain_number(text)
    trunk = command.trunk or site.transfers.trunk or site.fallback.trunk
    if not site.transfers.permit(number) or trunk not in site.trunks:
        log.warning("transfer_refused", contact=line.contact)
        _change(line, lambda story: story.tell(now(), "transfer_refused", number=number))
        return StepFailed(now(), "the site permits no transfer there")
    _change(line, lambda story: story.transferring(now(), number, trunk))
    return Done(now(), await _dialled(line, f"PJSIP/{number}@{trunk}", command))


def _options(line: Line, command: Transfer) -> str:
    """Of Dial. `g`: it returns when the callee hangs up. `i`: what the callee's network forwards
    to is none of the numbers that the site permits, so it is not followed. `m`: music in place of
    the ringing, until they are joined. `U`: what the callee's channel does on the answer, which
    tells us of it; meanwhile the caller waits on. `L`: how long they talk at most.
    """
    limit = "" if command.max_ms is None else f"L({command.max_ms})"
    if command.mode == "attended":
        return f"gi{limit}mU(transfer-leg^{line.contact}^attended)"
    return f"gi{limit}U(transfer-leg^{line.contact})"


async def _dialled(line: Line, target: str, command: Transfer) -> str:
    """Dial lasts as long as they talk, and outlives this engine."""
    session = line.session
    await session.set_variable(STAGE, TRANSFER)
    await session.set_variable(JOINED, "")
    ring_s = str(-(-command.timeout_ms // 1000))
    try:
        await session.execute("Dial", target, ring_s, _options(line, command))
    except CommandFailed as error:
        log.warning("transfer_failed", contact=line.contact, error=str(error))
    except ChannelGone:
        await how_dial_went(line.services, session, line.contact)
        raise
    outcome = await how_dial_went(line.services, session, line.contact)
    await session.set_variable(STAGE, FLOW)
    return outcome


async def how_dial_went(services: Services, session: AgiSession, contact: str) -> str:
    """From what Dial left on the caller's channel, in the flow's words; the story is told."""
    outcome = OUTCOMES.get(await session.get_variable("DIALSTATUS") or "", "unreachable")
    if outcome == "ended" and not await session.get_variable(JOINED):
        outcome = "no_answer"
    channel = await session.get_variable("DIALEDPEERNAME")
    story = services.chronicle.story(contact)
    if story is not None:
        told = story.transferred(services.clock(), channel or "", outcome)
        services.chronicle.update(told)
    return outcome


async def _to_agent(line: Line, agent: str, command: Transfer, whisper: Whisper | None) -> str:
    services = line.services
    services.router.withdraw(line.contact, Outcome.WITHDRAWN)
    _change(line, lambda story: story.tell(services.clock(), "transferring", agent=agent))
    ticket = services.router.offer(direct(line, agent, command.timeout_ms))
    if ticket is None:
        return _not_free(line, agent)
    leg = await rung(line, ticket, music=whisper is not None)
    if leg is None:
        return _not_answered(line)
    if whisper is not None and not await _accepted(line, whisper, leg):
        return "no_answer"
    return "ended" if await line.talk(leg, command.max_ms) else "no_answer"


def direct(line: Line, agent: str, timeout_ms: int, arrived_ms: int | None = None) -> Contact:
    """The contact for this agent alone; None: it has arrived just now."""
    return Contact(
        id=line.contact,
        node=line.services.node,
        queue=DIRECT,
        skills=(),
        arrived_ms=line.services.clock() if arrived_ms is None else arrived_ms,
        leg=line.session.request.channel,
        agent=agent,
        ring_timeout_ms=timeout_ms,
    )


async def _accepted(line: Line, whisper: Whisper, leg: AgentLeg) -> bool:
    """Whether the agent takes the call; the agent's leg ends if not. Raises ChannelGone."""
    services = line.services
    accepted = False
    services.orders.whispers.heard_on(leg.leg, whisper)
    story = services.chronicle.story(line.contact)
    rung = story.leg_of(leg.leg) if story is not None else None
    if rung is not None and rung.ended_ms is not None:
        whisper.settle(False)  # gone before anybody listened
    try:
        accepted = await _unless_hung_up(line, whisper.joined)
        await line.session.music(False)
    finally:
        if not accepted:
            _change(line, lambda story: story.not_accepted(services.clock(), leg.agent))
            services.router.conversation_ended(line.contact)
            await services.ringer.drop(leg)
    return accepted


def _not_free(line: Line, agent: str) -> str:
    match line.services.router.agent_state(agent):
        case None | Offline() | NotResponding():
            return "unreachable"
        case _:
            return "busy"


async def rung(line: Line, ticket: Ticket, *, music: bool) -> AgentLeg | None:
    """Until the agent answers; None when it came to nothing. Raises ChannelGone."""
    leg = None
    try:
        if music:
            await line.session.music(True)
        else:
            # Heard until the next command plays something or joins the two.
            await line.session.execute("Ringing")
        leg = await _unless_hung_up(line, ticket.answered)
        if leg is None and music:
            await line.session.music(False)
        return leg
    finally:
        if leg is None:
            line.services.router.withdraw(line.contact, Outcome.ABANDONED)


async def _unless_hung_up(line: Line, awaited: "asyncio.Future[T]") -> T:
    """What is awaited, if the caller waits for it. Raises ChannelGone."""
    hungup = asyncio.create_task(line.session.hungup.wait())
    try:
        waits: set[asyncio.Future[Any]] = {hungup, awaited}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        hungup.cancel()
    if not awaited.done():
        raise ChannelGone(line.session.request.channel)
    return awaited.result()


def _not_answered(line: Line) -> str:
    """Why, as far as this transfer's ring has told: an earlier queue's is another matter."""
    story = line.services.chronicle.story(line.contact)
    for entry in reversed(story.timeline if story is not None else ()):
        if entry.what == "transferring":
            break
        if entry.what == "not_answered":
            return _NOT_ANSWERED.get(str(entry.fields.get("reason")), "no_answer")
    return "no_answer"


def _change(line: Line, change: Callable[[Story], Story]) -> None:
    story = line.services.chronicle.story(line.contact)
    if story is not None:
        line.services.chronicle.update(change(story))
