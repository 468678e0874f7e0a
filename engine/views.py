"""What the desk shows of a running engine: fills `desk.views.Views`."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from math import nan
from typing import Any

from bridge.agi.server import AgiServer
from desk.views import Health, Json, Part, Unavailable, Wanted
from engine.calls.services import Services
from engine.calls.story import Story
from engine.explained import STATES, explained, is_out_of_line, told_afterwards, told_of_promise
from engine.hub import Hub
from engine.metrics import Metrics
from engine.nodes import nodes_of, told_in_short
from engine.promises.views import told_of
from engine.staff.orders import agent_json, obey, set_line
from engine.watch import Watch
from history.database import HistoryDatabase
from history.errors import DatabaseAway
from history.outcome import EndedBy, Outcome
from history.writer import HistoryWriter
from reports.figures import OF_FIRST_CONTACTS, Figures, Subject
from routing.snapshot import AgentView, Snapshot


class EngineViews:
    """Reads the running parts, and hands on what supervisors and publishers say. Before `services`
    are there, health says so."""

    def __init__(self, hub: Hub, database: HistoryDatabase, writer: HistoryWriter) -> None:
        self._hub = hub
        self._database = database
        self._writer = writer
        self.services: Services | None = None
        self.agi: AgiServer | None = None
        self.watch: Watch | None = None

    async def health(self) -> Health:
        """True only when a call that comes now would be served, told and routed."""
        services = self.services
        if services is None or self.agi is None:
            return Health([Part("engine", False, "starting: waiting for Asterisk")])
        store, history = services.router.health, self._writer.health
        return Health(
            [
                Part("asterisk", services.switch.up, "" if services.switch.up else "no link"),
                Part("calls", self.agi.serving, f"{self.agi.sessions} sessions"),
                Part("live state", store.up, "" if store.up else "Redis does not answer"),
                Part("nodes", True, told_in_short(nodes_of(services.router))),
                Part("site", True, self._of_site()),
                Part("flows", True, _of_flows(services)),
                Part("history", history.healthy, f"{history.waiting} rows waiting"),
            ]
        )

    def status(self) -> Json:
        """Calls, queues and agents now."""
        services = self.services
        if services is None:
            nothing: Json = {
                "calls": [],
                "queues": [],
                "agents": [],
                "payments_unsafe": [],
                "nodes": [],
                "today": None,
            }
            return {"site": "", "node": "", "now_ms": 0, **self.changes(), **nothing}
        snapshot = services.router.snapshot()
        return {
            "site": services.site.site,
            "node": services.node,
            "now_ms": snapshot.at_ms,
            **self.changes(),
            "calls": [_call(story) for story in services.chronicle.stories()],
            "queues": [asdict(queue) for queue in snapshot.queues],
            "agents": _agents(services, snapshot),
            "payments_unsafe": _unsafe(services),
            "nodes": nodes_of(services.router),
            "today": _told(services.today.since_ms, services.today.figures()),
            "lately": _told(services.today.lately_since_ms, services.today.lately()),
        }

    def agents(self) -> Json:
        """Every agent now."""
        services = self._running()
        snapshot = services.router.snapshot()
        return {
            "now_ms": snapshot.at_ms,
            "agents": _agents(services, snapshot),
        }

    def order(self, agent: str, wanted: Wanted) -> Json:
        """A supervisor's word about an agent."""
        services = self._running()
        told = services.dialing, services.clock()
        obey(services.router, services.site, agent, wanted, *told)
        return self._agent(agent)

    async def line(self, agent: str, *, is_open: bool) -> Json:
        """Open an agent's line, or close it."""
        services = self._running()
        await set_line(services.open_lines, services.site, agent, is_open=is_open)
        return self._agent(agent)

    def _agent(self, agent: str) -> Json:
        told = self.agents()
        return {**told, "agents": [each for each in told["agents"] if each["id"] == agent]}

    def _running(self) -> Services:
        if self.services is None:
            raise Unavailable("the engine is starting: it waits for Asterisk")
        return self.services

    def changes(self) -> Json:
        """Which flows are in force, None before any are, and what was refused."""
        return {
            "flows": None if self.services is None else _flows(self.services),
            "site_refused": list(self.watch.refused) if self.watch else [],
        }

    async def payments_unsafe(self) -> list[Json]:
        """Why no card is taken now, read from Asterisk as it is."""
        return [finding._asdict() for finding in await self._running().safety.findings()]

    def live(self, contact_id: str) -> Json | None:
        """The story so far; its fields are a row's, those of the end with nothing."""
        services = self.services
        story = services.chronicle.story(contact_id) if services is not None else None
        if services is None or story is None:
            return None
        row = asdict(story.close(services.clock(), Outcome.FLOW_ENDED, EndedBy.ENGINE))
        told = [asdict(entry) for entry in story.timeline]
        legs = [asdict(leg) for leg in story.legs]
        still = {"outcome": "under_way", "at": place_of(story), "ended_ms": None, "ended_by": None}
        return {**row, **still, "timeline": told, "legs": legs, "recordings": [], "answers": []}

    async def why(self, contact_id: str) -> Json | None:
        """What routing knows of a live contact, or the history of one that is over."""
        services = self.services
        if services is not None:
            story = services.chronicle.story(contact_id)
            kept = services.callbacks.kept(contact_id)
            told = told_of(kept, services.node, services.clock()) if kept else None
            found = services.router.explain(contact_id)
            if story and kept and told and is_out_of_line(found):
                return told_of_promise(story, kept.promise, told, services.clock())
            if found is not None:
                return explained(found, story.decisions if story is not None else (), told)
        with _or_unavailable():
            row = await self._database.contact(contact_id)
        return None if row is None else told_afterwards(row)

    def metrics(self) -> bytes:
        """The exposition text, with the gauges as they are now."""
        if self.services is not None:
            self._set_gauges(self.services, self.services.router.snapshot())
            return self.services.metrics.text()
        return b""

    async def contacts(self, limit: int) -> list[Json]:
        """The newest rows first."""
        with _or_unavailable():
            return [asdict(row) for row in await self._database.recent(limit)]

    async def contact(self, contact_id: str) -> Json | None:
        """One row with its recordings."""
        with _or_unavailable():
            row = await self._database.contact(contact_id)
            if row is None:
                return None
            recordings = await self._database.recordings(contact_id)
            answers = await self._database.answers(contact_id)
        return {
            **asdict(row),
            "recordings": [asdict(recording) for recording in recordings],
            "answers": [asdict(answer) for answer in answers],
        }

    async def look_for_flows(self) -> Json:
        """Take what was published, and try again what was refused."""
        if self.watch is None or self.services is None:
            raise Unavailable("the engine is starting, and takes what is published then")
        await self.watch.look(again=True)
        return _flows(self.services)

    def events(self) -> AsyncIterator[dict[str, Any]]:
        """Live events from now on."""
        return self._hub.subscribe()

    def _of_site(self) -> str:
        """As with the flows: calls are served, and why it was refused is for the status."""
        refused = self.watch is not None and self.watch.refused
        return "a change was refused, see `trunkline status`" if refused else ""

    def _set_gauges(self, services: Services, snapshot: Snapshot) -> None:
        metrics = services.metrics
        counts = dict.fromkeys(STATES.values(), 0)
        for agent in snapshot.agents:
            counts[STATES[agent.state]] += 1
        for state, count in counts.items():
            metrics.agents.labels(state).set(count)
        for queue in snapshot.queues:
            metrics.waiting.labels(queue.name).set(queue.waiting)
            metrics.longest_wait.labels(queue.name).set(queue.longest_wait_ms / 1000)
            error = queue.expected_wait_error
            metrics.wait_error.labels(queue.name).set(nan if error is None else error)
        for subject, figures in services.today.figures().items():
            if subject.kind == "queue":
                _set_today(metrics, subject.name, figures)
        metrics.tasks.set(len(asyncio.all_tasks()))
        metrics.history_pending.set(self._writer.health.waiting)
        if self.agi is not None:
            metrics.agi_rejected.set(self.agi.refused.total())


@contextmanager
def _or_unavailable() -> Iterator[None]:
    try:
        yield
    except DatabaseAway as away:
        raise Unavailable("the history's database does not answer") from away


def _flows(services: Services) -> Json:
    refusal = services.library.refusal
    return {
        "version": services.flows.version,
        "refused": None if refusal is None else asdict(refusal),
    }


def _unsafe(services: Services) -> list[Json]:
    """As it was found last, where it matters."""
    found = services.safety.last or () if services.site.payments is not None else ()
    return [finding._asdict() for finding in found]


def _of_flows(services: Services) -> str:
    """Calls are served whatever was refused. Why it was is for who may see the status."""
    refusal, version = services.library.refusal, services.flows.version
    if refusal is None:
        return f"version {version}"
    return f"version {version}; version {refusal.version} was refused, see `trunkline status`"


def _told(since_ms: int, figures: Mapping[Subject, Figures]) -> Json:
    """As a stored report of that time would tell it, by kind and name; but for first contacts, of
    which nothing is known before days have passed."""
    told: Json = {"since_ms": since_ms, "queue": {}, "agent": {}, "skill": {}}
    for subject, found in sorted(figures.items()):
        told[subject.kind][subject.name] = {
            name: value for name, value in found.told().items() if name not in OF_FIRST_CONTACTS
        }
    return told


def _set_today(metrics: Metrics, queue: str, figures: Figures) -> None:
    """What is of nothing yet is not a number."""
    for gauge, value, unit in (
        (metrics.service_level, figures.service_level, 1),
        (metrics.abandoned, figures.abandon_rate, 1),
        (metrics.answer_speed, figures.asa_ms, 1000),
        (metrics.handling, figures.aht_ms, 1000),
    ):
        gauge.labels(queue).set(nan if value is None else value / unit)


def _agents(services: Services, snapshot: Snapshot) -> list[Json]:
    site, lines, dialing = services.site, services.open_lines, services.dialing

    def told(view: AgentView) -> Json:
        pausing = dialing.pausing(view.id) if dialing is not None else None
        return agent_json(view, site, lines.state(view.id), pausing)

    return [told(view) for view in snapshot.agents]


def _call(story: Story) -> Json:
    return {
        "id": story.id,
        "caller": story.caller,
        "called": story.called,
        "direction": story.direction.value,
        "campaign": story.campaign or None,
        "flow": story.flow,
        "flow_version": story.flow_version,
        "language": story.language,
        "at": place_of(story),
        "queue": story.queue,
        "agent": agent_with(story),
        "note": story.note,
        "since_ms": story.started_ms,
    }


def agent_with(story: Story) -> str | None:
    """Who is with a call, or is rung for it; nobody once an agent has handed it on and left."""
    at_it = (leg for leg in story.legs if leg.agent == story.agent and leg.ended_ms is None)
    return story.agent if story.in_conversation or any(at_it) else None


def place_of(story: Story) -> str:
    """Where a call is: `conversation`, `transfer`, `callback` (promised), `queue` or `flow`."""
    if story.in_conversation:
        return "conversation"
    if story.transfer is not None or story.is_outside:
        return "transfer"
    if story.in_queue and not story.alone:
        return "queue"
    if story.promise is not None:
        return "callback"
    return "flow"
