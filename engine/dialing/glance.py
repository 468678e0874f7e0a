"""What a node has of a campaign at the moment, as it shows it and tells the other nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from engine.dialing.run import CampaignRun
from routing.outbound.course import InAir, Joined, PickedUp

STAGES = {InAir: "dialing", PickedUp: "answered", Joined: "talking"}


@dataclass(frozen=True, slots=True)
class Glance:
    """`agents` and `lines` (calls) by what they do."""

    agents: Mapping[str, int]
    lines: Mapping[str, int]
    calls_per_minute: int


def glance_at(run: CampaignRun, now_ms: int) -> Glance:
    """At one that runs."""
    stages = Counter(_stage(up.state, up.call.ringing_ms) for up in run.outcomes.calls.values())
    lately = sum(at_ms > now_ms - 60_000 for at_ms in run.placed_ms)
    return Glance(dict(run.crew.doing()), dict(stages), lately)


def _stage(state: object, ringing_ms: int | None) -> str:
    stage = STAGES.get(type(state), "ending")
    return "ringing" if stage == "dialing" and ringing_ms is not None else stage
