"""Callers sent on: over a trunk by Asterisk's Dial, to an agent as routing rings one."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog

from bridge.agi.session import AgiSession
from bridge.errors import ChannelGone, CommandFailed
from config.transfers import plain_number
from engine.performing.line import Line
from engine.services import Services
from engine.stage import FLOW, STAGE, TRANSFER
from engine.story import Story
from ivr.commands import Transfer
from ivr.events import Done, Event, StepFailed
from ivr.state import CallState
from routing.agent import NotResponding, Offline
from routing.contact import Contact, Outcome
from routing.ringing import AgentLeg
from routing.ticket import Ticket

log = structlog.get_logger(__name__)

DIRECT = ""
"""The queue of a contact that waits in none."""
OUTCOMES = {"ANSWER": "ended", "BUSY": "busy", "NOANSWER": "no_answer"}
"""Of DIALSTATUS (app_dial.c); CANCEL is the caller's hangup, all others nobody can help."""
_NOT_ANSWERED = {"Busy": "busy", "Unreachable": "unreachable"}


async def transfer(line: Line, command: Transfer, state: CallState) -> Event:
    """Connect the caller, and say how it went when they are back. Raises ChannelGone."""
    await line.voice.play(command.announce)
    _change(line, lambda story: replace(story, resume=state.to_dict()))
    if command.number is not None:
        return await _outside(line, command, command.number)
    agent = _agent_of(line, command)
    now = line.services.clock
    if agent is None:
        log.warning("transfer_to_nobody", contact=line.contact)
        return Done(now(), "unreachable")
    return Done(now(), await _to_agent(line, agent, command.timeout_ms))


def _agent_of(line: Line, command: Transfer) -> str | None:
    agents = line.services.site.agents
    if command.agent is not None:
        return command.agent if command.agent in agents else None
    names = (name for name, agent in agents.items() if agent.extension == command.extension)
    return next(names, None)


async def _outside(line: Line, command: Transfer, text: str) -> Event:
    site, now = line.services.site, line.services.clock
    number = plain_number(text)
    trunk = command.trunk or site.transfers.trunk or site.fallback.trunk
    if not site.transfers.permit(number) or trunk not in site.trunks:
        log.warning("transfer_refused", contact=line.contact)
        _change(line, lambda story: story.tell(now(), "transfer_refused", number=number))
        return StepFailed(now(), "the site permits no transfer there")
    _change(line, lambda story: story.transferring(now(), number, trunk))
    return Done(now(), await _dialled(line, f"PJSIP/{number}@{trunk}", command.timeout_ms))


async def _dialled(line: Line, target: str, timeout_ms: int) -> str:
    """Dial lasts as long as they talk, and outlives this engine.

    `g`: it returns when the callee hangs up. `i`: what the callee's network forwards to is none
    of the numbers that the site permits, so it is not followed. `U`: what the callee's channel
    does on the answer, which tells us of it.
    """
    session = line.session
    await session.set_variable(STAGE, TRANSFER)
    options = f"giU(transfer-leg^{line.contact})"
    try:
        await session.execute("Dial", target, str(-(-timeout_ms // 1000)), options)
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
    channel = await session.get_variable("DIALEDPEERNAME")
    story = services.chronicle.story(contact)
    if story is not None:
        told = story.transferred(services.clock(), channel or "", outcome)
        services.chronicle.update(told)
    return outcome


async def _to_agent(line: Line, agent: str, timeout_ms: int) -> str:
    services = line.services
    services.router.withdraw(line.contact, Outcome.WITHDRAWN)
    _change(line, lambda story: story.tell(services.clock(), "transferring", agent=agent))
    contact = Contact(
        id=line.contact,
        node=services.node,
        queue=DIRECT,
        skills=(),
        arrived_ms=services.clock(),
        leg=line.session.request.channel,
        agent=agent,
        ring_timeout_ms=timeout_ms,
    )
    ticket = services.router.offer(contact)
    if ticket is None:
        return _not_free(line, agent)
    leg = await _rung(line, ticket)
    if leg is None:
        return _not_answered(line)
    return "ended" if await line.talk(leg) else "no_answer"


def _not_free(line: Line, agent: str) -> str:
    match line.services.router.agent_state(agent):
        case None | Offline() | NotResponding():
            return "unreachable"
        case _:
            return "busy"


async def _rung(line: Line, ticket: Ticket) -> AgentLeg | None:
    """Until the agent answers; None when it came to nothing. Raises ChannelGone."""
    hungup = asyncio.create_task(line.session.hungup.wait())
    leg = None
    try:
        # Heard until the next command plays something or joins the two.
        await line.session.execute("Ringing")
        waits: set[asyncio.Future[Any]] = {hungup, ticket.answered}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        if not ticket.answered.done():
            raise ChannelGone(line.session.request.channel)
        leg = ticket.answered.result()
        return leg
    finally:
        hungup.cancel()
        if leg is None:
            line.services.router.withdraw(line.contact, Outcome.ABANDONED)


def _not_answered(line: Line) -> str:
    story = line.services.chronicle.story(line.contact)
    reasons = [
        str(entry.fields.get("reason"))
        for entry in (story.timeline if story is not None else ())
        if entry.what == "not_answered"
    ]
    return _NOT_ANSWERED.get(reasons[-1] if reasons else "", "no_answer")


def _change(line: Line, change: Callable[[Story], Story]) -> None:
    story = line.services.chronicle.story(line.contact)
    if story is not None:
        line.services.chronicle.update(change(story))
