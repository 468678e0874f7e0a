"""The FastAGI entry points: the path of `agi://host:port/PATH` names one of these scripts."""

from collections.abc import Awaitable, Callable

import structlog

from agi_scripts.house import House
from bridge.agi.session import AgiSession

log = structlog.get_logger(__name__)

Script = Callable[[AgiSession, House], Awaitable[None]]


async def inbound(session: AgiSession, house: House) -> None:
    """`/inbound`: a call from a trunk, in the extension that is the called number."""
    await house.take_call(session, session.request.extension)


async def resume(session: AgiSession, house: House) -> None:
    """`/resume`, contact: the conversation ended while its engine was away; the flow goes on."""
    (contact_id,) = session.request.args
    await house.take_back(session, contact_id)


async def callback(session: AgiSession, house: House) -> None:
    """`/callback`, contact: a customer who is called back has answered."""
    (contact_id,) = session.request.args
    await house.called_back(session, contact_id)


async def dialed(session: AgiSession, house: House) -> None:
    """`/dialed`, contact: the lead of a campaign has answered."""
    (contact_id,) = session.request.args
    await house.lead_answered(session, contact_id)


async def whisper(session: AgiSession, house: House) -> None:
    """`/whisper`, contact: somebody has answered to whom a caller is to be transferred."""
    (contact_id,) = session.request.args
    await house.whisper(session, contact_id)


async def code(session: AgiSession, house: House) -> None:
    """`/code`, name, agent, a pause's reason or a prompt's number: an agent dialled a code."""
    name, agent, *rest = session.request.args
    await house.agent_code(session, name, agent, "".join(rest[:1]))


SCRIPTS: dict[str, Script] = {
    "inbound": inbound,
    "resume": resume,
    "callback": callback,
    "dialed": dialed,
    "whisper": whisper,
    "code": code,
}


async def dispatch(session: AgiSession, house: House) -> None:
    """Run the script that the request names; an unknown one is Asterisk's configuration's fault."""
    script = SCRIPTS.get(session.request.script)
    if script is None:
        log.error("unknown_agi_script", script=session.request.script, known=sorted(SCRIPTS))
        return
    await script(session, house)
