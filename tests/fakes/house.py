"""An engine's parts around one call, with everything outside the process in the test's hand."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from bridge.switch import Switch
from config.site import Site, load_site
from engine.calls.callbacks import Callbacks
from engine.calls.chronicle import Chronicle
from engine.calls.livecalls import LiveCalls
from engine.calls.openlines import OpenLines
from engine.calls.orders import CallOrders
from engine.calls.recordings import Recordings
from engine.calls.ringer import SwitchRinger
from engine.calls.services import Services, Sources
from engine.calls.story import Story
from engine.errors import FlowsAway
from engine.hub import Hub
from engine.loading import SiteFile
from engine.mailboxes.messages import Messages
from engine.mailboxes.post import Post
from engine.metrics import Metrics
from engine.paying.safety import PaymentSafety
from engine.prompts.audio import Audio
from engine.publishing.flows import Flows, Library, Refusal
from engine.reporting.eventlog import EventLog
from engine.reporting.today import Today
from engine.web.client import Web
from engine.workers import Workers
from history.customers import CustomerStore
from history.events import EventRow
from history.rows import ContactRow, Record
from history.spool import Settled
from history.writer import HistoryWriter
from ivr.commands import Segment
from ivr.errors import SpeechFailedError
from ivr.loader import NO_FLOWS, FlowSet
from ivr.program import Program
from ivr.prompts.static import static_texts
from ivr.prompts.takes import Takes
from recordings.recorder import Recorder
from routing.agent import Agent, AgentState, Available
from routing.contact import Contact, Outcome
from routing.errors import RoutingError, UnknownAgent
from routing.floor import LiveLegs
from routing.ringing import AgentLeg
from routing.router import Router
from routing.rules import RoutingRules
from routing.ticket import Ticket
from tests.fakes.safe_asterisk import safe
from tests.fakes.switch import FakeSwitch

PROJECT = Path(__file__).parents[2]
NODE = "n1"


class FakeRouter:
    """Routing in the test's hand: tickets by contact, and what it was told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.tickets: dict[str, Ticket] = {}
        self.site: list[Agent] = []
        self.staff: dict[str, AgentState] = {}
        self.held: list[str] = []
        self.forgotten: list[str] = []
        self.live = LiveLegs()
        self.waiting, self.staffed = 0, True
        self.expected_ms: int | None = None
        self.refusal: RoutingError | None = None
        """Why agents' codes are refused."""

    async def restore(self, live: LiveLegs) -> list[str]:
        self.live = live
        return self.held

    def forget(self, contact_ids: Iterable[str]) -> None:
        self.forgotten += contact_ids

    def contact(self, contact_id: str) -> Contact | None:
        ticket = self.tickets.get(contact_id)
        return ticket.contact if ticket is not None else None

    def explain(self, contact_id: str) -> None:
        """It knows nobody any more, as between two tries of a callback."""

    def in_line(self, queue: str) -> int:
        return self.waiting

    def is_staffed(self, contact: Contact) -> bool:
        return self.staffed

    def expected_wait_ms(self, contact: Contact) -> int | None:
        return self.expected_ms

    def enqueue(self, contact: Contact) -> Ticket:
        self.told.append(("enqueue", contact.id, contact.queue, dict(contact.skills)))
        self.tickets[contact.id] = Ticket(contact, lambda: 1, lambda: self.expected_ms)
        return self.tickets[contact.id]

    def offer(self, contact: Contact) -> Ticket | None:
        """`staff` says who is available; nobody else is rung."""
        self.told.append(("offer", contact.id, contact.agent, contact.ring_timeout_ms))
        if not isinstance(self.staff.get(contact.agent or ""), Available):
            return None
        self.tickets[contact.id] = Ticket(contact, lambda: None)
        return self.tickets[contact.id]

    def recall(self, contact: Contact) -> Ticket | None:
        """As `offer`; it is told apart."""
        self.told.append(("recall", contact.id, contact.agent))
        return self.offer(contact)

    def hand_over(self, contact_id: str, consult: str) -> bool:
        self.told.append(("hand_over", contact_id, consult))
        return True

    def agent_state(self, agent_id: str) -> AgentState | None:
        return self.staff.get(agent_id)

    def answer(self, contact: str, agent: str, leg: str) -> None:
        """The agent picks up."""
        self.tickets[contact].resolve(AgentLeg(agent, leg), None)

    def withdraw(self, contact_id: str, reason: Outcome) -> bool:
        self.told.append(("withdraw", contact_id, reason))
        return True

    def conversation_ended(self, contact_id: str) -> bool:
        self.told.append(("conversation_ended", contact_id))
        return True

    def leg_ended(self, agent_id: str, leg: str) -> None:
        self.told.append(("leg_ended", agent_id, leg))

    def phone_reachable(self, agent_id: str, reachable: bool, *, registered: bool = False) -> None:
        self.told.append(("phone", agent_id, reachable, registered))

    def reconcile(self, live: LiveLegs) -> None:
        self.told.append(("reconcile", sorted(live.agents)))

    def login(self, agent_id: str) -> AgentState:
        return self._obeyed("login", agent_id)

    def logout(self, agent_id: str) -> AgentState:
        return self._obeyed("logout", agent_id)

    def pause(self, agent_id: str, reason: str) -> AgentState:
        return self._obeyed("pause", agent_id)

    def resume(self, agent_id: str) -> AgentState:
        return self._obeyed("resume", agent_id)

    def end_wrap_up(self, agent_id: str) -> AgentState:
        return self._obeyed("end_wrap_up", agent_id)

    def extend_wrap_up(self, agent_id: str) -> AgentState:
        return self._obeyed("extend_wrap_up", agent_id)

    def _obeyed(self, verb: str, agent_id: str) -> AgentState:
        """`staff` says what state the agent is in afterwards; nobody else is known."""
        self.told.append((verb, agent_id))
        if self.refusal is not None:
            raise self.refusal
        if agent_id not in self.staff:
            raise UnknownAgent(agent_id)
        return self.staff[agent_id]

    def configure(self, site: Any, rules: RoutingRules) -> None:
        self.site = list(site)
        self.told.append(("configure", len(self.site)))


class FakeAudio:
    """Every segment's audio has its text for a name; `broken` texts have none."""

    silence = "silence"

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.previewed: list[bytes] = []

    def apology(self, site: Site, language: str) -> str:
        return f"apology {language}"

    async def make_all(self, site: Site, flows: Mapping[str, Program], progress: object) -> None:
        """As Audio.make_all: the first text that cannot be made is raised."""
        for program in flows.values():
            for segment in static_texts(program.flow):
                await self.of(segment)

    async def beep(self) -> str:
        return "beep"

    async def preview(self, language: str, recording: bytes) -> str:
        self.previewed.append(recording)
        return f"preview_{language}"

    async def of(self, segment: Segment) -> str:
        if segment.text in self.broken:
            raise SpeechFailedError(segment.language, 1, "no such voice")
        return "_".join(segment.text.lower().replace(".", "").replace(",", "").split())


class FakeLibrary:
    """Published versions in the test's hand; `broken` has why one cannot be loaded."""

    def __init__(self) -> None:
        self.versions: dict[int, dict[str, Program]] = {}
        self.broken: dict[int, Exception] = {}
        self.files: dict[str, str] = {}
        self.away = False
        self.refusal: Refusal | None = None
        self.marked: list[int] = []
        self.asked_for_in_use: set[int | None] = set()

    async def newest(self) -> int:
        if self.away:
            raise FlowsAway("the database does not answer (Fake)")
        return max([*self.versions, *self.broken], default=1)

    async def load(self, version: int, site_file: SiteFile, before: FlowSet = NO_FLOWS) -> Flows:
        return await self.as_it_was(version, site_file.site, ())

    async def as_it_was(self, version: int, site: Site, in_use: Collection[int | None]) -> Flows:
        self.asked_for_in_use = set(in_use)
        if version in self.broken:
            raise self.broken[version]
        if version not in self.versions:
            raise FlowsAway(f"the database has no version {version}")
        return Flows(version, self.versions[version], self.files)

    def in_force(self, version: int) -> None:
        self.marked.append(version)
        self.refusal = None

    def refuse(self, version: int, reasons: Sequence[str]) -> None:
        self.refusal = Refusal(version, tuple(reasons))


class FakeLive:
    """What Redis would hold, newest last."""

    def __init__(self) -> None:
        self.saved: dict[str, Story] = {}
        self.removed: list[str] = []
        self.gone: set[str] = set()
        """Contacts that another node has taken over."""
        self.of_others: dict[str, list[Story]] = {}

    async def load(self) -> list[Story]:
        return list(self.saved.values())

    async def is_gone(self, contact_id: str) -> bool:
        return contact_id in self.gone

    async def inherit(
        self, node: str, silent_ms: int, wanted: Callable[[Story], bool]
    ) -> list[Story]:
        found = self.of_others.get(node, [])
        taken = [story for story in found if wanted(story)]
        self.of_others[node] = [story for story in found if story not in taken]
        return taken

    def save(self, story: Story) -> None:
        self.saved[story.id] = story

    def remove(self, contact_id: str) -> None:
        self.saved.pop(contact_id, None)
        self.removed.append(contact_id)


class FakeWriter:
    """Keeps the rows; `settle` tells of their commit, as the real one does later."""

    def __init__(self) -> None:
        self.rows: list[Record] = []
        self.settled: list[Settled] = []
        self.told = 0
        """How many rows are committed."""

    def put(self, record: Record, settled: Settled | None = None) -> None:
        self.rows.append(record)
        if settled is not None:
            self.settled.append(settled)

    def settle(self) -> None:
        """All that was put is committed."""
        self.told = len(self.rows)
        settled, self.settled = self.settled, []
        for tell in settled:
            tell(None)

    @property
    def row(self) -> ContactRow:
        """The one contact's row."""
        (row,) = [row for row in self.rows if isinstance(row, ContactRow)]
        return row


class FakeTasks:
    """What is done in the background is done by this loop; `rest` waits for it."""

    def __init__(self) -> None:
        self._running: list[asyncio.Task[None]] = []

    def create_task(self, work: Coroutine[Any, Any, None], *, name: str) -> object:
        self._running.append(asyncio.create_task(work, name=name))
        return self._running[-1]

    async def rest(self) -> None:
        """Until everything is done."""
        await asyncio.gather(*self._running)


class House:
    """The parts; `services` is what the code under test gets. The clock stands at `now`."""

    def __init__(
        self,
        flows: dict[str, Program] | None = None,
        directory: Path = PROJECT,
        tasks: asyncio.TaskGroup | None = None,
    ) -> None:
        """`tasks` own the callbacks that are kept, if there are to be any."""
        self.now = 10_000
        self.events: list[EventRow] = []
        self.site: Site = _at_any_hour(load_site(PROJECT / "config/site.yaml", {}))
        self.switch, self.router, self.audio = FakeSwitch(), FakeRouter(), FakeAudio()
        self.library = FakeLibrary()
        self.live, self.writer, self.hub = FakeLive(), FakeWriter(), Hub()
        metrics = Metrics()
        self.chronicle = Chronicle(
            cast(LiveCalls, self.live),
            cast(HistoryWriter, self.writer),
            self.hub,
            metrics,
            self.clock,
        )
        self.web = Web(metrics, self.clock)
        recorder = Recorder(directory)
        self.tasks = FakeTasks()
        switch, router = cast(Switch, self.switch), cast(Router, self.router)
        lines = OpenLines(switch, NODE, self.clock, self.tasks)
        lines.router = router
        orders = CallOrders(self.site, self.chronicle, recorder, self.clock, lines)
        ringer = SwitchRinger(switch, NODE, orders, lines, run="")
        parts = (switch, router, ringer, self.chronicle)
        callbacks = Callbacks(self.site, NODE, parts, self.clock, tasks or asyncio.TaskGroup())
        self.services = Services(
            node=NODE,
            site=self.site,
            flows=Flows(1, flows or {}),
            library=cast(Library, self.library),
            switch=switch,
            router=router,
            ringer=ringer,
            orders=orders,
            open_lines=lines,
            callbacks=callbacks,
            recorder=recorder,
            recordings=Recordings(recorder, self.chronicle, self.tasks),
            messages=Messages(directory / "messages"),
            chronicle=self.chronicle,
            audio=cast(Audio, self.audio),
            metrics=metrics,
            takes=Takes(directory / "takes", directory / "prompts"),
            sources=Sources(self.web, CustomerStore("sqlite:///:memory:"), Workers(), Post()),
            clock=self.clock,
            events=EventLog(NODE, self.events.append),
            today=Today(self.site, NODE, self.clock),
            safety=PaymentSafety(safe, lambda: True, metrics),
        )
        self.chronicle.on_told = self.services.events.told

    def clock(self) -> int:
        """The time, epoch, ms."""
        return self.now


def _at_any_hour(site: Site) -> Site:
    """Customers are called back at the hour of the tests' clock too, which stands in a night."""
    rules = site.callbacks.model_copy(update={"hours": None})
    return site.model_copy(update={"callbacks": rules})


def unrecorded(site: Site) -> Site:
    """Where agents are rung for real and nobody looks after the recordings."""
    queues = {
        name: queue.model_copy(update={"record": False}) for name, queue in site.queues.items()
    }
    return site.model_copy(update={"queues": queues})
