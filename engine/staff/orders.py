"""Agents as supervisors see them, and what supervisors say about them, in routing's terms."""

from config.site import Site
from config.suggest import did_you_mean
from desk.views import Json, Refused, Wanted
from engine.calls.openlines import OpenLines
from engine.dialing.calls import DialedCalls, Leaving, Pausing
from engine.explained import STATES
from engine.staff.own import LEAVES, PRESENCE, ask
from routing.errors import RoutingError, UnknownAgent
from routing.router import Router
from routing.snapshot import AgentView
from routing.supervisor import Order, Verb

OWN = (*LEAVES, "resume", "end_wrap_up")
"""What agents may ask for themselves, under the rules that hold for their phones' codes."""


def obey(
    router: Router,
    site: Site,
    agent: str,
    wanted: Wanted,
    dialing: DialedCalls | None = None,
    now_ms: int = 0,
) -> None:
    """Tell routing; Refused where the site or the agent's state is against it. A supervisor's word
    takes effect at once; an agent's own, as by phone, once nobody in the air needs them."""
    if agent not in site.agents:
        raise Refused("unknown_agent", _unknown("agent", agent, [*site.agents]), unknown=True)
    if wanted.verb == Verb.PAUSE and wanted.reason not in site.pause_reasons:
        raise Refused("unknown_reason", _unknown("reason", wanted.reason, [*site.pause_reasons]))
    try:
        if wanted.by == agent and wanted.verb in OWN and not wanted.hold:
            ask(router, dialing, agent, Leaving(wanted.verb, wanted.reason, now_ms))
            return
        router.order(agent, Order(Verb(wanted.verb), wanted.by, wanted.reason, wanted.hold))
        if dialing is not None and wanted.verb in PRESENCE:
            dialing.stays(agent)
    except UnknownAgent as refused:  # the site's next version has the agent, routing not yet
        raise Refused(refused.code, str(refused), unknown=True) from refused
    except RoutingError as refused:
        raise Refused(refused.code, str(refused)) from refused


async def set_line(lines: OpenLines, site: Site, agent: str, *, is_open: bool) -> None:
    """Open an agent's line by hand, once the phone is answered, or close it; Refused where it
    cannot be opened."""
    if agent not in site.agents:
        raise Refused("unknown_agent", _unknown("agent", agent, [*site.agents]), unknown=True)
    if not is_open:
        await lines.close(agent)
    elif not await lines.open(agent, asked_by="hand"):
        why = f"{agent} is not available, or has not answered"
        raise Refused("line_not_opened", why)


def _unknown(what: str, name: str, known: list[str]) -> str:
    return f"unknown {what} {name}, {did_you_mean(name, known)}"


def agent_json(
    view: AgentView, site: Site, line: str | None, pausing: Pausing | None = None
) -> Json:
    """One agent, for the API. Who is `pausing` has asked for a pause, or to log out, at `since_ms`:
    `waits_to` says which, and `waits_for` for how many calls in the air. `until_ms`: when a wrap-up
    ends, or a pause has lasted long enough; if that is gone by, the agent is over. `line`: opening,
    idle or busy; None without one."""
    agent = site.agents.get(view.id)
    kept, wish = view.adherence, pausing.wish if pausing else None
    return {
        "id": view.id,
        "name": agent.name if agent else "",
        "extension": agent.extension if agent else "",
        "state": STATES[view.state] if pausing is None else "pausing",
        "detail": wish.reason if wish else view.reason or view.contact or "",
        "line": line,
        "since_ms": wish.since_ms if wish else view.since_ms,
        "waits_to": wish.verb if wish else None,
        "waits_for": pausing.calls if pausing else None,
        "by": view.by,
        "held": view.held,
        "then": view.then,
        "until_ms": view.until_ms,
        "shift": view.shift,
        "adherence": kept.adherence.value if kept else None,
        "adherence_ms": kept.ms if kept else None,
    }
