"""The caller's side of a conversation: one AGI session, which goes where the table says."""

import asyncio
import contextlib

from bridge.agi.session import AgiSession
from bridge.errors import ChannelGone
from bridge.switch import KEYS
from engine.calls.services import Services
from engine.calls.stage import FLOW, HELD, PEER, RELAYED, STAGE, about_to_talk
from engine.transfers.party import Party, Relayed
from engine.transfers.table import InRelay, Music, Over, Where, With

PARKS_S = 2.0
"""So long an agent's leg may take from the relay to where it is fetched: a few ms."""


async def stay(services: Services, session: AgiSession, party: Party) -> None:
    """Until nobody is left for the caller; ChannelGone when it is the caller who leaves."""
    while not isinstance(place := party.table.place, Over):
        if isinstance(place, Music):
            await _on_hold(services, session, party)
        elif isinstance(place, InRelay):
            await _in_relay(services, session, party)
        else:
            await _together(services, session, party, place)


async def _together(services: Services, session: AgiSession, party: Party, place: With) -> None:
    """`Bridge` and `BridgeAdd` last as long as they talk, and outlive this engine. The one brings
    the other leg here, the other brings the caller to where two are."""
    party.fetching(place.leg)
    channel = services.ringer.channel_of(place.leg)
    await session.execute("MSet", *about_to_talk(channel))
    await session.execute("BridgeAdd" if place.joins else "Bridge", channel)
    # Asterisk tells of a hangup before it takes the next command, not before.
    await session.set_variable(STAGE, FLOW)
    if session.hungup.is_set():
        raise ChannelGone(session.request.channel)
    party.returned()


async def _in_relay(services: Services, session: AgiSession, party: Party) -> None:
    """Until the relay is over. Should the engine be lost, and the relay with it, Asterisk brings
    the caller back to the agent."""
    peer, relayed = party.table.agent, party.relayed
    if peer is None or relayed is None:
        party.relay_over()
        return
    party.tell(lambda story: story.tell(services.clock(), "capture"))
    await session.set_variable(PEER, services.ringer.channel_of(peer.leg))
    await session.set_variable(STAGE, RELAYED)
    try:
        await stay_relayed(session, relayed)
        await session.set_variable(STAGE, FLOW)
        if session.hungup.is_set():
            raise ChannelGone(session.request.channel)
    finally:
        party.relay_over()
    party.tell(lambda story: story.tell(services.clock(), "capture_over"))
    await _parked(party)


async def stay_relayed(session: AgiSession, relayed: Relayed) -> None:
    """Until the relay is known to be over, and any that follows it. Out of one the caller waits in
    silence. What they key is told by the manager to nobody.

    Asterisk lets go of a leg by itself, too: of one whose relay does not read, once some two
    seconds of audio fill the connection (`ast_audiosocket_send_frame()` in res_audiosocket.c), and
    of one on which nothing comes from either side for two seconds (`audiosocket_run()` in
    app_audiosocket.c).

    `AudioSocket` then ends with -1, as when the other end dies in the middle of a frame, which
    would look like a caller who hung up; `TryExec` makes it an ordinary end (app_exec.c).
    """
    following: Relayed | None = relayed
    while following is not None:
        await session.set_variable(KEYS, "")
        # Asterisk tells of a hangup before it takes the next command, not before.
        if session.hungup.is_set():
            raise ChannelGone(session.request.channel)
        following.begin(following)
        socket, server = following.caller, following.server
        await session.execute("TryExec", f"AudioSocket({socket}", f"{server})")
        following = await _after(session, following)


async def _after(session: AgiSession, relayed: Relayed) -> Relayed | None:
    hungup = asyncio.create_task(session.hungup.wait())
    after = asyncio.ensure_future(relayed.after())
    try:
        await asyncio.wait((hungup, after), return_when=asyncio.FIRST_COMPLETED)
        if session.hungup.is_set():
            raise ChannelGone(session.request.channel)
        return after.result()
    finally:
        hungup.cancel()
        after.cancel()


async def _parked(party: Party) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PARKS_S):
            while party.table.agent is not None and party.table.agent.where is Where.MOVING:
                party.changed.clear()
                await party.changed.wait()


async def _on_hold(services: Services, session: AgiSession, party: Party) -> None:
    """Music until there is something else. Should the engine be lost, Asterisk brings the caller
    back to the agent."""
    peer = party.table.agent
    party.tell(lambda story: story.tell(services.clock(), "held"))
    try:
        if peer is not None:
            await session.set_variable(PEER, services.ringer.channel_of(peer.leg))
            await session.set_variable(STAGE, HELD)
        await session.music(True, _music(services, party.contact))
        await _changed(session, party)
        await session.music(False)
        await session.set_variable(STAGE, FLOW)
    finally:
        party.tell(lambda story: story.tell(services.clock(), "unheld"))


def _music(services: Services, contact: str) -> str:
    """That of the queue that the caller came from."""
    story = services.chronicle.story(contact)
    queue = services.site.queues.get(story.queue or "") if story is not None else None
    return queue.music if queue is not None else ""


async def _changed(session: AgiSession, party: Party) -> None:
    hungup = asyncio.create_task(session.hungup.wait())
    try:
        while isinstance(party.table.place, Music):
            party.changed.clear()
            changed = asyncio.create_task(party.changed.wait())
            try:
                await asyncio.wait((hungup, changed), return_when=asyncio.FIRST_COMPLETED)
            finally:
                changed.cancel()
            if hungup.done():
                raise ChannelGone(session.request.channel)
    finally:
        hungup.cancel()
