"""Where captures are opened: legs into the relay of the capture process, and back."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from bridge.errors import ChannelGone, SessionClosed
from config.site import Site
from engine.calls.services import Services
from engine.capturing import messages
from engine.paying.captures import CapturesAway, OpenCapture, Order
from engine.paying.pauses import NotPaused, Pause
from engine.paying.relays import Relays
from engine.paying.remote import Process, RemoteCapture
from engine.paying.safety import PaymentSafety
from engine.performing.line import Line
from engine.transfers.caller import stay_relayed
from engine.transfers.party import Party, Relayed
from engine.transfers.table import Mode

log = structlog.get_logger(__name__)

BACK_S = 60.0
"""So long the legs may take to be back where they came from: a few ms, but for what follows a relay
that was lost (`Relays`)."""
LOOKS_EVERY_S = 5.0
"""How often Asterisk is asked again while a card is keyed: most of its settings change without an
event."""

Secrets = Callable[[Site], Mapping[str, str]]
"""Those of the services of a site, as they are now."""


class CaptureRoom:
    """Fills `Captures`. No card is captured where it would be seen in Asterisk, or recorded."""

    def __init__(self, process: Process, services: Services, secrets: Secrets) -> None:
        self._process = process
        self._services = services
        self._secrets = secrets

    async def beside(self, contact: str, order: Order) -> OpenCapture:
        """See the port."""
        party = self._services.parties.of(contact)
        agent = party.table.agent
        async with self._unheard(self._line_of(contact), agent.leg if agent else None) as unheard:
            capture, relayed = self._new(order, party)
            party.relay(relayed)
            capture.back = lambda: _back(party)
            try:
                self._open(capture, order, relayed.caller, relayed.agent)
                await capture.legs_in()
            except BaseException:
                party.relay_off()
                await capture.close()
                raise
            return unheard.keep(capture)

    async def alone(self, line: Line, order: Order) -> OpenCapture:
        """See the port."""
        if line.session.hungup.is_set():
            raise ChannelGone(line.session.request.channel)
        async with self._unheard(line.session.request.uniqueid, None) as unheard:
            capture, relayed = self._new(order, None)
            self._open(capture, order, relayed.caller, None)
            name = f"relay of {line.contact}"
            inside = asyncio.create_task(_inside(line, relayed), name=name)
            capture.back = lambda: _out(inside)
            try:
                await capture.legs_in()
            except BaseException:
                await capture.close()
                raise
            return unheard.keep(capture)

    def _line_of(self, contact: str) -> str:
        story = self._services.chronicle.story(contact)
        return story.line if story is not None else contact

    @asynccontextmanager
    async def _unheard(self, caller: str, agent: str | None) -> AsyncIterator[_Unheard]:
        """Nothing of Asterisk's settings shows what is keyed, and no recording runs: until this is
        left or, where it is kept, until the capture is closed. Raises CapturesAway."""
        if found := await self._services.safety.findings():
            raise CapturesAway("unsafe", ", ".join(each.setting for each in found))
        async with contextlib.AsyncExitStack() as stack:
            try:
                pausing = self._services.pauses.paused(caller, agent)
                pause = await stack.enter_async_context(pausing)
            except NotPaused as refusal:
                raise CapturesAway(refusal.reason) from None
            unheard = _Unheard(stack, pause, self._services.safety)
            yield unheard

    def _new(self, order: Order, party: Party | None) -> tuple[RemoteCapture, Relayed]:
        """Nothing has happened yet. Raises CapturesAway."""
        if self._services.site.payments is None:
            raise CapturesAway("no_provider")
        if self._process.port is None:
            raise CapturesAway("restarting")
        capture = RemoteCapture(str(uuid.uuid4()), self._process, self._services.audio, order)
        return capture, Relays(self._process, party).first(capture.hold)

    def _open(self, capture: RemoteCapture, order: Order, caller: str, agent: str | None) -> None:
        site = self._services.site
        if site.payments is not None:
            section = site.payments.model_dump(mode="json")
            known, needed = self._secrets(site), site.payments.secrets
            secrets = {name: value for name, value in known.items() if name in needed}
            self._process.configure(messages.Configure(section, secrets))
        today = datetime.now(ZoneInfo(site.zone))
        how = order.rules, order.language, today.year, today.month, order.prompts
        self._process.listen(capture.id, capture.take)
        if not self._process.send(messages.Open(capture.id, caller, agent, *how)):
            capture.take(None)


class _Unheard:
    """Where nobody records, and what makes it so."""

    def __init__(
        self, stack: contextlib.AsyncExitStack, pause: Pause, safety: PaymentSafety
    ) -> None:
        self._stack = stack
        self._pause = pause
        self._safety = safety

    def keep(self, capture: RemoteCapture) -> RemoteCapture:
        """It lasts until the capture's legs are back; should it break, the capture ends."""
        stack, back = self._stack.pop_all(), capture.back
        watching = asyncio.create_task(self._watch(capture), name=f"who listens to {capture.id}")
        stack.callback(watching.cancel)

        async def over() -> None:
            try:
                if back is not None:
                    await back()
            finally:
                await stack.aclose()

        capture.back = over
        return capture

    async def _watch(self, capture: RemoteCapture) -> None:
        broken = self._pause.broken
        try:
            while not broken.is_set() and not await self._safety.findings():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(broken.wait(), LOOKS_EVERY_S)
        finally:
            # Also where nobody can watch any more; of a capture that is over it is nothing.
            await capture.spoil()


async def _inside(line: Line, relayed: Relayed) -> None:
    """The caller of a flow, until the relay lets go of them; that they have hung up meanwhile, or
    Asterisk is lost, the next command tells."""
    with contextlib.suppress(ChannelGone, SessionClosed):
        await stay_relayed(line.session, relayed)


async def _out(inside: asyncio.Task[None]) -> None:
    """Until the flow has its caller back."""
    done, _ = await asyncio.wait((inside,), timeout=BACK_S)
    if not done:
        log.error("caller_stuck_in_relay")
        inside.cancel()
    for each in done:
        each.result()


async def _back(party: Party) -> None:
    """Until agent and caller are out of the relay."""
    try:
        async with asyncio.timeout(BACK_S):
            while party.table.mode is Mode.RELAY:
                party.changed.clear()
                await party.changed.wait()
    except TimeoutError:
        log.error("conversation_stuck_in_relay", contact=party.contact)
        party.relay_over()
