"""Why a campaign calls nobody, or no more than it does, for people."""

from __future__ import annotations

from collections.abc import Iterator

from engine.dialing.run import CampaignRun


def why(run: CampaignRun, now_ms: int) -> tuple[str, ...]:
    """What keeps it from calling, or from dialing ahead, and whom it waits for, beside an order;
    empty: nothing does."""
    held = tuple(_held(run, now_ms))
    waits = () if held else tuple(_waits(run, now_ms))
    return (*held, *run.dearth.why(), *waits, *run.slowed)


def _held(run: CampaignRun, now_ms: int) -> Iterator[str]:
    awaited, free = run.crew.awaited(), run.pacer.team.free.keys()
    if not run.has_agents():
        yield "no agent can be reserved: Redis does not answer"
    if run.campaign.mode != "agentless" and not run.crew.with_lines():
        yield "no agent is on an open line"
    if not run.placer.has_number_to_show:
        yield "each number of the pool was shown as often as it may be today"
    if awaited & free:
        yield "callers wait"
    if awaited - free:
        yield "callers wait for agents who are busy: it calls for those who are free alone"
    if no_line := run.why_no_line():
        yield f"no line is free: {no_line}"
    if not run.planning.is_counted(now_ms):
        yield "the calls of today are being counted"


def _waits(run: CampaignRun, now_ms: int) -> Iterator[str]:
    """For whom, where nothing else is in the way."""
    mode, free = run.campaign.mode, len(run.pacer.team.free)
    if mode == "preview" and free:
        yield "it calls when an agent says so"
    elif mode == "agentless" or run.wants(now_ms):
        return
    elif not free:
        doing = (f"{count} {what.replace('_', ' ')}" for what, count in run.crew.doing().items())
        yield f"no agent is free: {', '.join(doing)}"
    elif free <= run.in_air().calls:
        yield "each free agent has a call in the air"
