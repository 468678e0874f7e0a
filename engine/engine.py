"""The engine: its parts started in the order of their needs, stopped in the reverse."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial

import structlog
from aiohttp import web

from agi_scripts.entry import dispatch
from bridge.agi.server import AgiServer
from bridge.agi.session import AgiSession
from bridge.ami.settings import AmiSettings
from bridge.inspection import Inspected, Inspector
from bridge.switch import Switch
from config.asterisk import AMI_USER, CONSOLE_USER
from config.secrets import Secrets, load_or_create
from config.site import Site
from desk.app import build
from desk.callbacks import add_routes as add_callbacks
from desk.campaign_reports import add_routes as add_campaign_reports
from desk.campaigns import add_routes as add_campaigns
from desk.card_payments import add_routes as add_card_payments
from desk.leads import add_routes as add_leads
from desk.payment_safety import add_routes as add_payment_safety
from desk.payments import add_routes as add_payments
from engine import card, card_contents
from engine.agreement import PHONES, digest_of
from engine.asterisk_files import LOOPBACK
from engine.calls.adopting import Adopting
from engine.calls.callbacks import Callbacks
from engine.calls.chronicle import Chronicle
from engine.calls.listening import RoutingListener
from engine.calls.livecalls import LiveCalls
from engine.calls.openlines import OpenLines
from engine.calls.orders import CallOrders
from engine.calls.recordings import Recordings
from engine.calls.rehearsals import Rehearsals
from engine.calls.returning import Returning
from engine.calls.ringer import SwitchRinger
from engine.calls.services import Services, Sources
from engine.calls.story import Story
from engine.calls.switchboard import Switchboard
from engine.campaigns.reports.summing import keep_sums
from engine.campaigns.reports.views import CampaignReportViews
from engine.campaigns.views import LeadViews
from engine.capturing.keeper import CaptureProcess
from engine.dialing.dialer import Dialer
from engine.dialing.live import tell as live_campaigns
from engine.dialing.opening import open_dialer
from engine.dialing.views import CampaignViews
from engine.garbage import look_at_all_when_idle
from engine.house import House
from engine.hub import Hub
from engine.loading import SiteFile, known_of, load_site_file
from engine.mailboxes.courier import Courier
from engine.mailboxes.mailroom import Mailroom
from engine.mailboxes.messages import Messages
from engine.mailboxes.post import Post
from engine.metrics import Metrics
from engine.paying.keeper import PaymentKeeper
from engine.paying.room import CaptureRoom
from engine.paying.safety import PaymentSafety
from engine.paying.swap import swap_findings
from engine.paying.taking import Books
from engine.paying.takings import Takings
from engine.paying.views import PaymentViews
from engine.promises.sorry import send_sorry
from engine.promises.views import PromiseViews
from engine.prompts.at_start import prepare
from engine.prompts.audio import Audio
from engine.publishing.flows import Flows, Library, open_flows
from engine.reporting.eventlog import EventLog
from engine.reporting.today import Today
from engine.reporting.upkeep import Upkeep
from engine.settings import Settings, keep_node
from engine.site_rules import agents_of, rules_of
from engine.transfers.handling import Handling
from engine.views import EngineViews
from engine.watch import Watch
from engine.web.client import Web
from engine.workers import Workers
from history.bundles import BundleStore
from history.customers import CustomerStore
from history.database import HistoryDatabase
from history.deliveries import DeliveryStore
from history.eventstore import EventStore
from history.messages import MessageStore
from history.migrations import upgrade_to_head
from history.rollups import Rollups
from history.spool import Spool
from history.writer import HistoryWriter
from ivr.announce import Notice, notice
from ivr.commands import Segment
from ivr.program import Program
from ivr.prompts.takes import Takes
from payments.ledger import Ledger
from recordings.recorder import Recorder
from routing.callbacks import Promise
from routing.client import RedisLink
from routing.clock import SharedClock
from routing.embedded import EmbeddedServer
from routing.events import RoutingEvent
from routing.router import Router
from routing.store import Store

log = structlog.get_logger(__name__)

SWITCH_INTERVAL_S = 0.0005
"""How long calls wait at most for a thread that computes, such as one that loads flows; Python's
own 5 ms would be waited at every turn of the event loop."""


async def serve(settings: Settings) -> int:
    """Run the engine until SIGINT or SIGTERM; a part that fails ends it, to be started again."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    running = asyncio.ensure_future(Engine(settings).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        log.info("engine_stopped")
    return 0


def _site_in_force(at_start: Site, views: EngineViews) -> Site:
    return at_start if views.services is None else views.services.site


class Engine:
    """One engine: `run` builds the parts, starts them, and keeps them until it is cancelled."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._layout = settings.layout
        self._hub = Hub()
        self._metrics = Metrics()
        self._clock = SharedClock()
        self._dialer: Dialer | None = None

    async def run(self) -> None:
        """Everything up and the card written; then until cancelled, or until a part fails."""
        self._layout.create()
        keep_node(self._settings)
        site_file = load_site_file(self._settings)
        site = site_file.site
        secrets = load_or_create(self._layout.secrets, site)
        async with AsyncExitStack() as stack:
            database, writer = await self._history(stack)
            library, flows = await self._flows(stack, site_file)
            views = EngineViews(self._hub, database, writer)
            known = known_of(site, flows.functions)
            rehearsals = Rehearsals(known, self._clock) if self._settings.rehearsal else None
            handling = Handling()
            app = build(views, secrets.api, rehearsals, handling)
            promised = partial(database.promised, site.site)
            add_callbacks(app, PromiseViews(lambda: views.services, promised))
            payments = self._payments(stack, site, views)
            add_payments(app, payments)
            add_card_payments(app, PaymentViews(lambda: views.services, payments.ledger))
            add_payment_safety(app, views)
            add_leads(app, self._leads(stack, site, views))
            campaigns = CampaignViews(partial(_site_in_force, site, views), self._clock)
            add_campaigns(app, campaigns)
            add_campaign_reports(app, self._campaign_reports(stack, site, views))
            await self._http(stack, site, app)
            redis = await self._redis(stack)
            redis_url = redis.url if redis else self._settings.redis_url
            chronicle = await self._chronicle(stack, site, redis_url, writer)
            audio = await self._audio(site, flows.programs)
            routing_link = RedisLink(redis_url)
            stack.push_async_callback(routing_link.close)  # after the router's last write
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            if redis:
                # Its end ends the engine: the next one starts a fresh server on the same data.
                tasks.create_task(redis.watch(), name="private redis")
            switchboard = Switchboard(tasks)
            switch = await self._switch(stack, site, secrets, switchboard)
            sources = await self._sources(stack, site, secrets)
            today = Today(site, self._settings.node, self._clock)
            events = EventLog(self._settings.node, writer.put, today.take)
            safety = self._safety(site, secrets, switch, views)
            parts = chronicle, audio, switch, tasks, sources, (events, today), safety
            services = self._services(site, library, flows, routing_link, *parts)
            services.take(flows)
            services.rehearsals = rehearsals
            returning = Returning(services, database, self._layout.journal)
            services.router.estate = Adopting(services, returning)
            await services.router.join()
            link = await switchboard.first_link
            await returning.take_up(link, services.recordings)
            await services.pauses.resume_left(link.channels)
            store = await self._take_up_events(stack, services)
            tasks.create_task(today.follow(store), name="other engines' events")
            tasks.create_task(services.router.run(), name="router")
            switchboard.phones(link, services)
            services.open_lines.take_up(link.channels)
            switchboard.open(services, services.recordings)
            tasks.create_task(services.open_lines.run(), name="open lines")
            handling.services = services
            self._dialer = dialer = open_dialer(stack, services, self._settings.sql_url, tasks)
            services.dialing = campaigns.dialer = dialer
            channels = frozenset(channel.uniqueid for channel in link.channels)
            await dialer.take_up(channels, returning.met)
            await services.ears.start()
            stack.push_async_callback(services.ears.stop)
            views.services, views.agi = services, await self._agi(stack, services)
            tasks.create_task(dialer.run(), name="campaigns")
            live = live_campaigns(dialer, self._hub, self._metrics, self._clock)
            tasks.create_task(live, name="live campaigns")
            tasks.create_task(returning.watch(), name="journal")
            tasks.create_task(self._mailroom(stack, services).run(), name="messages")
            tasks.create_task(self._courier(stack, services).run(), name="deliveries")
            tasks.create_task(self._upkeep(stack, services).run(), name="upkeep")
            sums = keep_sums(self._settings.sql_url, site.site, self._clock)
            tasks.create_task(sums, name="sums of calls")
            tasks.create_task(payments.run(), name="payments")
            tasks.create_task(look_at_all_when_idle(lambda: not chronicle), name="garbage")
            services.takings = self._takings(tasks, services, payments)
            tasks.create_task(safety.run(), name="payment safety")
            views.watch = Watch(self._settings, services, site_file)
            tasks.create_task(views.watch.run(), name="watch")
            apart = await self._phones_apart(routing_link, site, secrets)
            self._write_card(stack, site, secrets, apart)
            log.info("engine_up", site=site.site, node=services.node, flows=flows.version)
            await asyncio.Event().wait()

    async def _history(self, stack: AsyncExitStack) -> tuple[HistoryDatabase, HistoryWriter]:
        await upgrade_to_head(self._settings.sql_url)
        database = HistoryDatabase(self._settings.sql_url)
        stack.push_async_callback(database.close)
        writer = HistoryWriter(database, Spool(self._layout.spool / "history"))
        return database, writer

    async def _flows(self, stack: AsyncExitStack, site_file: SiteFile) -> tuple[Library, Flows]:
        store = BundleStore(self._settings.sql_url)
        stack.push_async_callback(store.close)
        return await open_flows(self._settings, store, site_file)

    async def _http(self, stack: AsyncExitStack, site: Site, app: web.Application) -> None:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        network = site.network
        await web.TCPSite(runner, network.http_address, network.http_port).start()

    async def _redis(self, stack: AsyncExitStack) -> EmbeddedServer | None:
        """The private server, unless the settings name another."""
        if self._settings.redis_url:
            return None
        server = EmbeddedServer(self._layout.redis, self._layout.run)
        await stack.enter_async_context(server)
        return server

    async def _chronicle(
        self, stack: AsyncExitStack, site: Site, redis_url: str, writer: HistoryWriter
    ) -> Chronicle:
        link = RedisLink(redis_url)
        stack.push_async_callback(link.close)
        live = LiveCalls(link, site.site, self._settings.node)
        live.start()
        stack.push_async_callback(live.stop)
        # Stopped before the live records are: what it commits last is removed from them.
        await writer.start()
        stack.push_async_callback(writer.stop)
        return Chronicle(live, writer, self._hub, self._metrics, self._clock)

    async def _audio(self, site: Site, flows: Mapping[str, Program]) -> Audio:
        audio = Audio(
            self._layout.prompts,
            self._settings.recorded_prompts,
            self._settings.site_file.parent,
        )
        await prepare(audio, site, flows, self._layout)
        return audio

    async def _switch(
        self, stack: AsyncExitStack, site: Site, secrets: Secrets, switchboard: Switchboard
    ) -> Switch:
        settings = AmiSettings(LOOPBACK, site.network.ami_port, AMI_USER, secrets.ami)
        switch = Switch(settings, switchboard.on_event)
        stack.push_async_callback(switch.stop)
        await switch.start()
        self._metrics.ami_up.set(1)
        return switch

    def _safety(
        self, site: Site, secrets: Secrets, switch: Switch, views: EngineViews
    ) -> PaymentSafety:
        address = LOOPBACK, site.network.ami_port
        inspector = Inspector(AmiSettings(*address, CONSOLE_USER, secrets.console))

        async def read() -> Inspected:
            return await inspector.inspect(keys_filtered=switch.keys_filtered)

        def takes_payments() -> bool:
            return views.services is not None and views.services.site.payments is not None

        return PaymentSafety(read, takes_payments, self._metrics)

    def _tell_dialer(self, event: RoutingEvent) -> None:
        if self._dialer is not None:
            self._dialer.on_event(event)

    def _leads(self, stack: AsyncExitStack, site: Site, views: EngineViews) -> LeadViews:
        leads = LeadViews(partial(_site_in_force, site, views), site.site, self._settings.sql_url)
        stack.push_async_callback(leads.close)
        return leads

    def _campaign_reports(
        self, stack: AsyncExitStack, site: Site, views: EngineViews
    ) -> CampaignReportViews:
        url = self._settings.sql_url
        in_force = partial(_site_in_force, site, views)
        reports = CampaignReportViews(in_force, site.site, url, self._clock)
        stack.push_async_callback(reports.close)
        return reports

    async def _sources(self, stack: AsyncExitStack, site: Site, secrets: Secrets) -> Sources:
        client = await stack.enter_async_context(Web(self._metrics, self._clock).open())
        client.configure(site.services, secrets.services)
        customers = CustomerStore(self._settings.sql_url)
        stack.push_async_callback(customers.close)
        post = Post()
        post.configure(site.mail, secrets.services)
        return Sources(client, customers, Workers(), post)

    def _services(
        self,
        site: Site,
        library: Library,
        flows: Flows,
        link: RedisLink,
        chronicle: Chronicle,
        audio: Audio,
        switch: Switch,
        tasks: asyncio.TaskGroup,
        sources: Sources,
        reporting: tuple[EventLog, Today],
        safety: PaymentSafety,
    ) -> Services:
        events, today = reporting
        listener = RoutingListener(self._hub, self._metrics, chronicle)
        recorder = Recorder(self._layout.root / site.recording.directory)
        language = site.languages[0]
        calls_back = audio.path(Segment(language, notice(language, Notice.CALLBACK)))
        lines = OpenLines(switch, self._settings.node, self._clock, tasks)
        orders = CallOrders(site, chronicle, recorder, self._clock, lines, notice=calls_back)
        ringer = SwitchRinger(switch, self._settings.node, orders, lines)
        router = Router(
            Store(link, site.site, self._settings.node),
            ringer,
            agents_of(site),
            rules_of(site),
            clock=self._clock,
            listeners=[listener, events, lines.on_event, self._tell_dialer],
        )
        lines.router = router
        chronicle.on_written, chronicle.on_told = router.forget, events.told
        events.contact_of = router.contact
        parts = (switch, router, ringer, chronicle)
        callbacks = Callbacks(site, self._settings.node, parts, self._clock, tasks)

        async def unreached(story: Story, promise: Promise) -> str | None:
            return await send_sorry(callbacks.site, sources.web, story, promise)

        callbacks.unreached = unreached
        return Services(
            node=self._settings.node,
            site=site,
            flows=flows,
            library=library,
            switch=switch,
            router=router,
            ringer=ringer,
            orders=orders,
            open_lines=lines,
            callbacks=callbacks,
            recorder=recorder,
            recordings=Recordings(recorder, chronicle, tasks),
            messages=Messages(self._layout.messages),
            chronicle=chronicle,
            audio=audio,
            metrics=self._metrics,
            takes=Takes(self._layout.takes, self._settings.recorded_prompts),
            sources=sources,
            clock=self._clock,
            events=events,
            today=today,
            safety=safety,
        )

    async def _take_up_events(self, stack: AsyncExitStack, services: Services) -> EventStore:
        """What the event log says of agents is what is true of them now; today goes on from it."""
        store = EventStore(self._settings.sql_url)
        stack.push_async_callback(store.close)
        now = self._clock()
        services.events.employ(services.site, now)
        services.events.take_up(services.router.own_agents(), await store.before(now), now)
        await services.today.load(store)
        return store

    def _mailroom(self, stack: AsyncExitStack, services: Services) -> Mailroom:
        store = MessageStore(self._settings.sql_url)
        stack.push_async_callback(store.close)
        return Mailroom(services, store)

    def _courier(self, stack: AsyncExitStack, services: Services) -> Courier:
        store = DeliveryStore(self._settings.sql_url)
        stack.push_async_callback(store.close)
        return Courier(services, store)

    def _payments(self, stack: AsyncExitStack, site: Site, views: EngineViews) -> PaymentKeeper:
        ledger = Ledger(self._settings.sql_url, site.site, self._settings.node)
        stack.push_async_callback(ledger.close)

        def in_force() -> Site | None:
            return None if views.services is None else views.services.site

        return PaymentKeeper(in_force, self._layout, ledger, self._clock)

    def _takings(
        self, tasks: asyncio.TaskGroup, services: Services, payments: PaymentKeeper
    ) -> Takings:
        """From now on cards can be captured in calls."""
        books = Books(payments.ledger, services.chronicle, self._metrics, self._clock)
        return Takings(self._captures(tasks, services), books, payments.counter, tasks)

    def _captures(self, tasks: asyncio.TaskGroup, services: Services) -> CaptureRoom:
        safety = services.safety
        places = self._layout.captures_socket, self._layout.captures_log
        process = CaptureProcess(*places, on_up=safety.settings_changed)

        safety.besides = lambda: swap_findings(process.memory_locked, services.site.payments)

        async def keep() -> None:
            while True:  # a changed site may name a provider
                if services.site.payments is not None:
                    await process.run()
                await asyncio.sleep(1)

        def secrets(site: Site) -> Mapping[str, str]:
            return load_or_create(self._layout.secrets, site).services

        tasks.create_task(keep(), name="capture process")
        return CaptureRoom(process, services, secrets)

    def _upkeep(self, stack: AsyncExitStack, services: Services) -> Upkeep:
        events, rollups = EventStore(self._settings.sql_url), Rollups(self._settings.sql_url)
        stack.push_async_callback(events.close)
        stack.push_async_callback(rollups.close)
        return Upkeep(lambda: services.site, events, rollups, self._clock)

    async def _agi(self, stack: AsyncExitStack, services: Services) -> AgiServer:
        house = House(services)

        async def handle(session: AgiSession) -> None:
            await dispatch(session, house)

        server = AgiServer(handle)
        await server.start(LOOPBACK, services.site.network.agi_port)
        stack.push_async_callback(server.stop, 0)
        return server

    async def _phones_apart(self, link: RedisLink, site: Site, secrets: Secrets) -> list[str]:
        """The other nodes that know the agents' phones by other passwords."""
        store = Store(link, site.site, self._settings.node)
        apart = await store.differing(PHONES, digest_of(site, secrets))
        if apart:
            log.error("phone_passwords_differ", nodes=apart, remedy="docs/several-nodes.md")
        return apart

    def _write_card(
        self, stack: AsyncExitStack, site: Site, secrets: Secrets, apart: list[str]
    ) -> None:
        contents = card_contents.contents(self._settings, site, secrets, os.getpid())
        card.write(self._layout.card, {**contents, "phones_apart": apart})
        stack.callback(self._layout.card.unlink, missing_ok=True)
