"""What all campaigns of an engine share."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engine.dialing.ports import Agents, Carrier, Lines, Tasks
from engine.dialing.settling import Settling
from engine.dialing.shown import Shown
from history.dialing import DialingStore
from history.do_not_call import PermissionStore
from history.lead_hopper import HopperStore
from history.leads import LeadStore
from routing.outbound.trunks import Trunks


class Parts(NamedTuple):
    """Stores, the switch's and routing's side, and what is counted over all campaigns."""

    node: str
    clock: Callable[[], int]
    """Unix epoch, ms."""

    steady: Callable[[], int]
    """Milliseconds of a clock that only goes forward."""

    leads: HopperStore
    lists: LeadStore
    kept: DialingStore
    permissions: PermissionStore
    carrier: Carrier
    lines: Lines
    agents: Agents
    trunks: Trunks
    shown: Shown
    settling: Settling
    tasks: Tasks
