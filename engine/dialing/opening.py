"""The dialer of an engine, on its switch, its routing and its database."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

import structlog

from bridge.errors import ActionFailed, AmiError, UnsafeValue
from bridge.events import CallLead
from engine.calls.services import Services
from engine.clock import steady_ms
from engine.dialing.calls import DialedCall
from engine.dialing.dialer import Dialer
from engine.dialing.ordering import order_of
from engine.dialing.parts import Parts
from engine.dialing.settling import Settling
from engine.dialing.shown import Shown
from history.dialing import DialingStore
from history.do_not_call import PermissionStore
from history.lead_hopper import HopperStore
from history.leads import LeadStore
from ivr.errors import SpeechError
from routing.outbound.trunks import Trunks

log = structlog.get_logger(__name__)


class SwitchCarrier:
    """Fills `engine.dialing.ports.Carrier`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def prepare(self, call: DialedCall) -> CallLead | None:
        try:
            return await order_of(self._services.site, self._services.audio, call)
        except SpeechError as error:
            log.error("call_not_prepared", campaign=call.campaign, error=str(error))
            return None

    async def dial(self, ready: CallLead) -> bool:
        """True also where the link was lost meanwhile: it may ring, and is not called again."""
        try:
            await self._services.switch.dial(ready)
        except (ActionFailed, UnsafeValue) as refused:
            log.error("call_refused", contact=ready.contact, error=str(refused))
            return False
        except AmiError as doubt:
            log.warning("call_in_doubt", contact=ready.contact, error=str(doubt))
        return True


class FencedTasks:
    """Fills `engine.dialing.ports.Tasks`: what fails in one ends nothing else of the engine's."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks

    def create_task(self, work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
        """Have it done in the background; a failure is logged."""
        return self._tasks.create_task(_fenced(work, name), name=name)


async def _fenced(work: Coroutine[Any, Any, None], name: str) -> None:
    try:
        await work
    except Exception:
        log.exception("dialing_failed", task=name)


def open_dialer(
    stack: AsyncExitStack, services: Services, url: str, tasks: asyncio.TaskGroup
) -> Dialer:
    """Its stores are closed with the stack."""
    site, node = services.site.site, services.node
    leads, kept = HopperStore(url, site, node), DialingStore(url, site, node)
    permissions, lists = PermissionStore(url, site), LeadStore(url, site)
    for store in (leads, lists, kept, permissions):
        stack.push_async_callback(store.close)
    parts = Parts(
        node=node,
        clock=services.clock,
        steady=steady_ms,
        leads=leads,
        lists=lists,
        kept=kept,
        permissions=permissions,
        carrier=SwitchCarrier(services),
        lines=services.open_lines,
        agents=services.router,
        trunks=Trunks(),
        shown=Shown(),
        settling=Settling(),
        tasks=FencedTasks(tasks),
    )
    return Dialer(lambda: services.site, parts)
