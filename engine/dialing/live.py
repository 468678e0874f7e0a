"""A campaign at a glance, for the API, the stream of events, the metrics and the terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from engine.clock import Clock
from engine.dialing.dialer import PAUSE, START, STOP, Dialer
from engine.dialing.glance import STAGES, Glance, glance_at
from engine.dialing.reasons import why
from engine.dialing.run import CampaignRun
from engine.hub import Hub
from engine.metrics import Metrics

TOLD_S = 1.0


@dataclass(frozen=True, slots=True)
class Learned:
    """What the pacer has learned: a share, and seconds."""

    answer_rate: float
    attempt_s: float
    talk_s: float
    wrap_up_s: float


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The abandon budget of this node. Rates are shares of 1, caps None where they are off; `room`
    is how many calls may be in the air without an agent."""

    today: float
    cap_today: float | None
    in_30_days: float
    cap_30_days: float | None
    lost_today: int
    room: int
    relied_on: int


@dataclass(frozen=True, slots=True)
class CampaignView:
    """One campaign of this node, as of `at_ms` (Unix epoch). `state`: starting, running, paused,
    stopped or stopping; `agents` and `lines` by what they do; `wants`: calls to place now; `why`:
    what keeps it from placing more. `blocks`: leads that were not called, by the rule that refused.
    `left`: leads that are due; `hopper`: those at hand. `others`: by node, what the others that
    dial have said of it last, in the last ten seconds as a rule."""

    name: str
    at_ms: int
    mode: str
    state: str
    agents: Mapping[str, int]
    lines: Mapping[str, int]
    trunks: Mapping[str, int]
    wants: int
    why: tuple[str, ...]
    learned: Learned | None
    abandoned: Abandoned | None
    blocks: Mapping[str, int]
    hopper: int
    left: int
    calls_per_minute: int
    others: Mapping[str, Glance]


def views_of(dialer: Dialer, now_ms: int) -> list[CampaignView]:
    """Every campaign of the site, in its order."""
    return [
        view_of(dialer.runs[name], state, dialer, now_ms)
        if name in dialer.runs
        else _at_rest(name, mode, state, dialer, now_ms)
        for name, mode, state in dialer.campaigns()
    ]


def view_of(run: CampaignRun, state: str, dialer: Dialer, now_ms: int) -> CampaignView:
    """One that runs, or whose last calls are up."""
    glance = glance_at(run, now_ms)
    return CampaignView(
        name=run.name,
        at_ms=now_ms,
        mode=run.campaign.mode,
        state={START: "running", PAUSE: "paused"}.get(state, "stopping"),
        agents=glance.agents,
        lines=glance.lines,
        trunks=dict(dialer.lines_of(run.name)),
        wants=run.wants(now_ms),
        why=(*dialer.held_back(run.name), *why(run, now_ms)),
        learned=Learned(*run.pacer.seen()) if run.pacer.lines.answers.has_learned else None,
        abandoned=_abandoned(run),
        blocks=dict(run.placer.blocks),
        hopper=len(run.hopper),
        left=run.planning.left,
        calls_per_minute=glance.calls_per_minute,
        others=dialer.others_of(run.name),
    )


def _abandoned(run: CampaignRun) -> Abandoned:
    budget, in_air = run.pacer.budget, run.in_air()
    today, month = budget.rates()
    day_cap, month_cap = (
        None if cap is None else float(cap) for cap in (budget.day, budget.window)
    )
    kept = min(in_air.calls, in_air.free)
    return Abandoned(
        today=float(today),
        cap_today=day_cap,
        in_30_days=float(month),
        cap_30_days=month_cap,
        lost_today=budget.today.lost,
        room=budget.expecting(in_air.relied_on).room(kept),
        relied_on=in_air.relied_on.live,
    )


def _at_rest(name: str, mode: str, state: str, dialer: Dialer, now_ms: int) -> CampaignView:
    """One that does not run, or not yet."""
    return CampaignView(
        name=name,
        at_ms=now_ms,
        mode=mode,
        state={STOP: "stopped", PAUSE: "paused"}.get(state, "starting"),
        agents={},
        lines={},
        trunks={},
        wants=0,
        why=dialer.held_back(name) or ("it is starting",),
        learned=None,
        abandoned=None,
        blocks={},
        hopper=0,
        left=0,
        calls_per_minute=0,
        others=dialer.others_of(name),
    )


async def tell(dialer: Dialer, hub: Hub, metrics: Metrics, clock: Clock) -> None:
    """Until cancelled: the stream of events and the metrics, of campaigns that run."""
    while True:
        for view in views_of(dialer, clock()):
            if view.abandoned is not None:
                hub.publish({"what": "campaign", **asdict(view)})
                _measure(metrics, view, view.abandoned)
        await asyncio.sleep(TOLD_S)


def _measure(metrics: Metrics, view: CampaignView, abandoned: Abandoned) -> None:
    for stage in (*STAGES.values(), "ringing", "ending"):
        metrics.campaign_calls.labels(view.name, stage).set(view.lines.get(stage, 0))
    metrics.campaign_abandoned.labels(view.name).set(abandoned.today)
    metrics.campaign_room.labels(view.name).set(abandoned.room)
    metrics.campaign_leads.labels(view.name).set(view.left)
