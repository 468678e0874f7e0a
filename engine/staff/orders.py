"""Agents as supervisors see them, and what supervisors say about them, in routing's terms."""

from config.site import Site
from config.suggest import did_you_mean
from desk.views import Json, Refused, Wanted
from engine.explained import STATES
from routing.errors import RoutingError, UnknownAgent
from routing.router import Router
from routing.snapshot import AgentView
from routing.supervisor import Order, Verb


def obey(router: Router, site: Site, agent: str, wanted: Wanted) -> None:
    """Tell routing; Refused where the site or the agent's state is against it."""
    if agent not in site.agents:
        raise Refused("unknown_agent", _unknown("agent", agent, [*site.agents]), unknown=True)
    if wanted.verb == Verb.PAUSE and wanted.reason not in site.pause_reasons:
        raise Refused("unknown_reason", _unknown("reason", wanted.reason, [*site.pause_reasons]))
    order = Order(Verb(wanted.verb), wanted.by, wanted.reason, wanted.hold)
    try:
        router.order(agent, order)
    except UnknownAgent as refused:  # the site's next version has the agent, routing not yet
        raise Refused(refused.code, str(refused), unknown=True) from refused
    except RoutingError as refused:
        raise Refused(refused.code, str(refused)) from refused


def _unknown(what: str, name: str, known: list[str]) -> str:
    return f"unknown {what} {name}, {did_you_mean(name, known)}"


def agent_json(view: AgentView, site: Site) -> Json:
    """One agent, for the API. `until_ms`: when a wrap-up ends, or a pause has lasted long enough;
    if that is gone by, the agent is over."""
    agent = site.agents.get(view.id)
    kept = view.adherence
    return {
        "id": view.id,
        "name": agent.name if agent else "",
        "extension": agent.extension if agent else "",
        "state": STATES[view.state],
        "detail": view.reason or view.contact or "",
        "since_ms": view.since_ms,
        "by": view.by,
        "held": view.held,
        "then": view.then,
        "until_ms": view.until_ms,
        "shift": view.shift,
        "adherence": kept.adherence.value if kept else None,
        "adherence_ms": kept.ms if kept else None,
    }
