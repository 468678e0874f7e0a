"""Takes a changed site or dialplan while running; of a file with errors the old one stays."""

import asyncio
from collections.abc import Set as AbstractSet
from pathlib import Path

import structlog

from bridge.errors import AmiError
from config.asterisk_runtime import AsteriskMissingError, find_runtime
from config.secrets import Secrets, SecretsError, load_or_create
from config.site import Site
from engine.asterisk_files import RELOADED, place_apologies, write_all
from engine.errors import SiteInvalid
from engine.loading import load_site_and_flows
from engine.services import Services
from engine.settings import Settings
from engine.site_rules import agents_of, rules_of
from ivr.errors import SpeechError
from ivr.program import Program

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0
Marks = dict[Path, tuple[int, int]]


class Watch:
    """Looks at the files' times; what changed is checked whole, then taken whole.

    Calls under way keep the flow that they began with.
    """

    def __init__(self, settings: Settings, services: Services) -> None:
        self._settings = settings
        self._services = services
        self._to_reload: set[str] = set()
        """What Asterisk has yet to read: it may be away when its files are written."""

    async def run(self) -> None:
        """Until cancelled."""
        seen = await asyncio.to_thread(self._marks)
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = await asyncio.to_thread(self._marks)
            if now != seen:
                seen = now
                await self.take()

    def _marks(self) -> Marks:
        files = [self._settings.site_file, *self._settings.dialplans.rglob("*.yaml")]
        marks: Marks = {}
        for file in files:
            try:
                status = file.stat()
            except FileNotFoundError:
                continue  # being replaced by an editor: seen again at the next look
            marks[file] = (status.st_mtime_ns, status.st_size)
        return marks

    async def take(self) -> None:
        """Check the files as they are now, and take them if nothing is wrong in them."""
        try:
            site, flows = await asyncio.to_thread(load_site_and_flows, self._settings)
            fixed = self._services.site.network
            if site.network != fixed:
                log.warning("network_change_needs_a_restart")
                site = site.model_copy(update={"network": fixed})
            await self._apply(site, flows)
        except SiteInvalid as invalid:
            for problem in invalid.problems:
                log.error("change_refused", problem=str(problem))
        except (SpeechError, SecretsError, AsteriskMissingError, AmiError, OSError) as error:
            log.error("change_not_taken", error=str(error))

    async def _apply(self, site: Site, flows: dict[str, Program]) -> None:
        """Audio first, then Asterisk, then the calls that come from now on."""
        services, layout = self._services, self._settings.layout
        await services.audio.make_all(site, flows, lambda done, of: None)
        await place_apologies(site, services.audio, layout)
        await self._reconfigure_asterisk(site, load_or_create(layout.secrets, site))
        newcomers = site.agents.keys() - services.site.agents.keys()
        services.router.configure(agents_of(site), rules_of(site))
        services.orders.site = site
        services.site, services.flows = site, flows
        log.info("change_taken", flows=len(flows), agents=len(site.agents))
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
        layout = self._settings.layout
        runtime = await asyncio.to_thread(find_runtime, layout.root)
        changed = await asyncio.to_thread(write_all, site, secrets, layout, runtime)
        for name in changed:
            if name not in RELOADED:
                log.warning("asterisk_change_needs_a_restart", file=name)
        self._to_reload |= {module for name in changed for module in RELOADED.get(name, ())}
        if self._to_reload:
            await self._services.switch.reload(*sorted(self._to_reload))
            self._to_reload.clear()
