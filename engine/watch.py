"""Takes a changed site file and newly published flows while running, if nothing is wrong in them.

The site's file is taken when it is saved, flows when they are published. Each must fit the other
as it is in force; one that was refused is tried again when the other has changed.
"""

import asyncio
from collections.abc import Set as AbstractSet

import structlog

from bridge.errors import AmiError
from config.asterisk_runtime import AsteriskMissingError, find_runtime
from config.secrets import Secrets, SecretsError, load_or_create
from config.site import Site
from engine.asterisk_files import RELOADED, place_apologies, write_all
from engine.calls.services import Services
from engine.errors import FlowsAway, SiteInvalid
from engine.loading import SiteFile, load_site_file
from engine.publishing.flows import Flows, fitting, reasons_of
from engine.settings import Settings
from engine.site_rules import agents_of, rules_of
from ivr.errors import SpeechError

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0
Mark = tuple[int, int]
"""Time of the last change, ns, and size of a file."""


class Watch:
    """Looks at the file's time and at the newest version; what changed is taken as a whole.

    Calls under way keep the flow that they began with.
    """

    def __init__(self, settings: Settings, services: Services, site_file: SiteFile) -> None:
        self._settings = settings
        self._services = services
        self._site_file = site_file
        self._lock = asyncio.Lock()
        self._site_mark = self._mark()
        self._site_refused: tuple[Mark | None, int] | None = None
        self.refused: tuple[str, ...] = ()
        """Why the site is not in force as its file is now; empty when it is."""

        self._flows_refused: tuple[int, Mark | None] | None = None
        self._away = False
        self._to_reload: set[str] = set()
        """What Asterisk has yet to read: it may be away when its files are written."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self, again: bool = False) -> None:
        """Take what has changed since the last look; `again`: also try once more what was refused,
        whatever was the matter with it."""
        async with self._lock:
            if again:
                self._flows_refused = None
            while await self._look_at_site() or await self._look_at_flows():
                pass

    async def _look_at_site(self) -> bool:
        """Whether a new site was taken."""
        mark, version = await asyncio.to_thread(self._mark), self._services.flows.version
        if mark == self._site_mark:
            self._site_refused, self.refused = None, ()  # it was put back
        if mark in (None, self._site_mark) or (mark, version) == self._site_refused:
            return False
        if not await self._take_site():
            self._site_refused = (mark, version)
            return False
        self._site_mark, self._site_refused, self.refused = mark, None, ()
        return True

    async def _look_at_flows(self) -> bool:
        """Whether new flows were taken."""
        services = self._services
        try:
            newest = await services.library.newest()
        except FlowsAway as away:
            self._note_away(str(away))
            return False
        self._away = False
        services.metrics.flows_published.set(newest)
        tried = (newest, self._site_mark)
        if newest in (0, services.flows.version) or tried == self._flows_refused:
            return False
        if not await self._take_flows(newest):
            self._flows_refused = tried
            return False
        return True

    def _mark(self) -> Mark | None:
        try:
            status = self._settings.site_file.stat()
        except FileNotFoundError:
            return None  # being replaced by an editor: seen again at the next look
        return status.st_mtime_ns, status.st_size

    def _note_away(self, error: str) -> None:
        if not self._away:
            log.warning("flows_not_looked_at", error=error)
        self._away = True

    async def _take_site(self) -> bool:
        """Check the file as it is now, and take it if nothing is wrong in it."""
        try:
            site_file, flows = await asyncio.to_thread(self._load_site)
            await self._apply(site_file.site, flows)
        except SiteInvalid as invalid:
            self.refused = reasons_of(invalid)
            for reason in self.refused:
                log.error("change_refused", problem=reason)
            return False
        except (SpeechError, SecretsError, AsteriskMissingError, AmiError, OSError) as error:
            self.refused = reasons_of(error)
            log.error("change_not_taken", error=str(error))
            return False
        self._site_file = site_file
        return True

    def _load_site(self) -> tuple[SiteFile, Flows]:
        site_file, flows = load_site_file(self._settings), self._services.flows
        fixed = self._services.site.network
        if site_file.site.network != fixed:
            log.warning("network_change_needs_a_restart")
            site = site_file.site.model_copy(update={"network": fixed})
            site_file = site_file._replace(site=site)
        home = self._settings.functions
        return site_file, fitting(flows.version, flows.files, site_file, home, flows.made)

    async def _take_flows(self, version: int) -> bool:
        """Audio first, then the calls that come from now on."""
        services = self._services
        try:
            before = services.flows
            flows = await services.library.load(version, self._site_file, before.made)
            new = flows.since(before)
            await services.audio.make_all(services.site, new, lambda done, of: None)
        except (SiteInvalid, FlowsAway, SpeechError, OSError) as error:
            services.library.refuse(version, reasons_of(error))
            return False
        services.take(flows)
        log.info("flows_taken", version=version, flows=len(flows.programs))
        return True

    async def _apply(self, site: Site, flows: Flows) -> None:
        """Audio first, then Asterisk, then the calls that come from now on."""
        services, layout = self._services, self._settings.layout
        await services.audio.make_all(site, flows.programs, lambda done, of: None)
        await place_apologies(site, services.audio, layout)
        secrets = load_or_create(layout.secrets, site)
        await self._reconfigure_asterisk(site, secrets)
        services.sources.web.configure(site.services, secrets.services)
        services.sources.post.configure(site.mail, secrets.services)
        newcomers = site.agents.keys() - services.site.agents.keys()
        services.router.configure(agents_of(site), rules_of(site))
        services.events.employ(site, services.clock())
        services.today.configure(site)
        services.orders.site = services.callbacks.site = site
        services.site, services.flows = site, flows
        log.info("change_taken", flows=len(flows.programs), agents=len(site.agents))
        if newcomers:
            await self._welcome(newcomers)

    async def _welcome(self, newcomers: AbstractSet[str]) -> None:
        """Tell routing of new agents' phones that are registered already.

        A phone may register as soon as Asterisk knows it, a moment before routing does, and
        that of an agent who is named again may have been registered all the time: for neither
        will another event come. A phone that is away needs no telling: a new agent is offline.
        """
        try:
            phones = await self._services.switch.phones()
        except AmiError as error:
            # Not a change refused: it is taken, and the next link tells of every phone.
            log.warning("phones_not_asked", error=str(error))
            return
        for phone in phones:
            if phone.reachable and phone.endpoint in newcomers:
                self._services.router.phone_reachable(phone.endpoint, True)

    async def _reconfigure_asterisk(self, site: Site, secrets: Secrets) -> None:
        runtime = await asyncio.to_thread(find_runtime)
        changed = await asyncio.to_thread(write_all, self._settings, site, secrets, runtime)
        for name in changed:
            if name not in RELOADED:
                log.warning("asterisk_change_needs_a_restart", file=name)
        self._to_reload |= {module for name in changed for module in RELOADED.get(name, ())}
        if self._to_reload:
            await self._services.switch.reload(*sorted(self._to_reload))
            self._to_reload.clear()
