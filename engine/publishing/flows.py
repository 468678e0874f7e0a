"""The flows that calls run: one published version, taken as a whole."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import structlog

from config.document import DocumentError
from config.site import Site
from engine.clock import now_ms
from engine.errors import FlowsAway, PublishRefused, SiteInvalid
from engine.garbage import kept
from engine.loading import (
    Functions,
    SiteFile,
    Texts,
    check_for,
    check_texts,
    known_of,
    load_texts,
)
from engine.publishing.functions import functions_of
from engine.publishing.merging import Files
from engine.publishing.publisher import Author, Publisher
from engine.publishing.working_copy import code_among, copy_of
from engine.settings import Settings
from history.bundles import Bundle, BundleStore
from history.errors import BundleDamaged, DatabaseAway, UnsupportedUrl
from history.migrations import upgrade_to_head
from ivr.loader import NO_FLOWS, FlowSet, load_unchecked
from ivr.program import Program

log = structlog.get_logger(__name__)

OURSELVES, FIRST_START = "trunkline", "first start"
"""Who published version 1 when nobody else did, and why."""


@dataclass(frozen=True)
class Flows:
    """One version, ready to run. A call gets it when it starts, and keeps it to its end."""

    version: int
    programs: Mapping[str, Program]
    files: Files = field(default_factory=dict, repr=False)
    functions: Functions = field(default_factory=dict, repr=False)
    made: FlowSet = field(default=NO_FLOWS, repr=False)
    """The programs with what they were made of, for the version that comes next."""

    def since(self, before: "Flows") -> dict[str, Program]:
        """The programs that were made anew."""
        return {
            name: program
            for name, program in self.programs.items()
            if name not in before.programs or before.programs[name].nodes is not program.nodes
        }


@dataclass(frozen=True)
class Refusal:
    """A published version that this engine cannot run, and why; the one before stays in force."""

    version: int
    reasons: tuple[str, ...]


class _Older(NamedTuple):
    """An older version, made for this site."""

    site: Site
    flows: Flows


class Library:
    """Fetches versions of a site's flows, and keeps those older ones that calls still run.

    `mark` is a file that names the version that was in force here last: where the newest cannot
    be run, an engine that starts goes on with that one. `home` is the directory of functions.
    """

    def __init__(self, store: BundleStore, site: str, mark: Path, home: Path) -> None:
        self._store = store
        self._site = site
        self._mark = mark
        self._home = home
        self._older: dict[int, _Older] = {}
        self.refusal: Refusal | None = None

    async def newest(self) -> int:
        """The version that is to be in force, 0 when none is published. Raises FlowsAway."""
        with or_away():
            return await self._store.newest(self._site)

    async def at_start(self, site_file: SiteFile) -> Flows:
        """The newest version, or else the one that was in force here last.

        Raises SiteInvalid with the newest one's problems, and FlowsAway.
        """
        newest = await self.newest()
        try:
            return await self.load(newest, site_file)
        except (SiteInvalid, FlowsAway) as error:
            flows = await self._instead_of(newest, site_file)
            if flows is None:
                raise
            self.refuse(newest, reasons_of(error))
            return flows

    async def load(self, version: int, site_file: SiteFile, before: FlowSet = NO_FLOWS) -> Flows:
        """A version that fits the site. Raises SiteInvalid, FlowsAway."""
        files = (await self._bundle(version)).files
        return await asyncio.to_thread(fitting, version, files, site_file, self._home, before)

    async def as_it_was(self, version: int, site: Site, in_use: Collection[int | None]) -> Flows:
        """An older version, for a call that began with it, with the hours, values and fields that
        the site has today. Where these do not fit it any more a step fails in the call: nobody can
        mend a version. Those not `in_use` any more are let go.

        Raises FlowsAway, and DocumentError when this engine does not speak its language any more.
        """
        self._older = {
            kept: older
            for kept, older in self._older.items()
            if kept in in_use and older.site is site
        }
        if version not in self._older:
            bundle = await self._bundle(version)
            load = asyncio.to_thread(_unchecked, version, bundle.files, site, self._home)
            self._older[version] = _Older(site, await load)
        return self._older[version].flows

    def in_force(self, version: int) -> None:
        """This engine's calls run this version from now on."""
        if self.refusal and self.refusal.version <= version:
            self.refusal = None
        try:
            self._mark.write_text(f"{version}\n")
        except OSError as error:  # only a later start could miss it
            log.warning("flows_version_not_marked", error=str(error))

    def refuse(self, version: int, reasons: Sequence[str]) -> None:
        """This engine cannot run the version: told once in the log, and then in health."""
        refusal = Refusal(version, tuple(reasons))
        if refusal == self.refusal:
            return
        self.refusal = refusal
        for reason in reasons:
            log.error("flows_refused", version=version, problem=reason)

    async def _instead_of(self, newest: int, site_file: SiteFile) -> Flows | None:
        last = self._last()
        if last in (0, newest):
            return None
        with suppress(SiteInvalid, FlowsAway):
            return await self.load(last, site_file)
        return None

    async def _bundle(self, version: int) -> Bundle:
        with or_away():
            found = await self._store.get(self._site, version)
        if found is None:
            raise FlowsAway(f"the database has no version {version}")
        return found

    def _last(self) -> int:
        try:
            return int(self._mark.read_text())
        except (FileNotFoundError, ValueError):
            return 0


def fitting(
    version: int, files: Files, site_file: SiteFile, home: Path, before: FlowSet = NO_FLOWS
) -> Flows:
    """The flows of a version's texts, if they fit the site; what is as it was ``before`` is not
    made anew. Raises SiteInvalid."""
    with kept():
        checked, functions = check_for(site_file, Texts(files, home, _called(version)), before)
        made = checked.compiled()
    return Flows(version, made.programs, files, functions, made)


def _unchecked(version: int, files: Files, site: Site, home: Path) -> Flows:
    functions = functions_of(code_among(files), home).functions
    known = known_of(site, functions)
    with kept():
        programs = load_texts(files, _called(version), known, load_unchecked)
    return Flows(version, programs, files, functions)


@contextmanager
def or_away() -> Iterator[None]:
    """Failures of the database, in the words of who wants the flows."""
    try:
        yield
    except DatabaseAway as away:
        raise FlowsAway(f"the database does not answer ({away.reason})") from away
    except (BundleDamaged, UnsupportedUrl) as error:
        raise FlowsAway(str(error)) from error


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[BundleStore]:
    """The published versions, whether an engine runs or not. Raises FlowsAway."""
    settings.layout.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with or_away():
        await upgrade_to_head(settings.sql_url)
    store = BundleStore(settings.sql_url)
    try:
        yield store
    finally:
        await store.close()


async def open_flows(
    settings: Settings, store: BundleStore, site_file: SiteFile
) -> tuple[Library, Flows]:
    """What an engine that starts now runs; where nothing is published yet, the working copy is
    published first. Raises SiteInvalid, FlowsAway."""
    site = site_file.site.site
    await _publish_the_first(settings, store, site)
    library = Library(store, site, settings.layout.flows_version, settings.functions)
    return library, await library.at_start(site_file)


async def _publish_the_first(settings: Settings, store: BundleStore, site: str) -> None:
    copy = copy_of(settings)
    check = check_texts(settings)
    try:
        with or_away():
            if await store.newest(site) == 0:
                publisher = Publisher(store, site, copy, check, now_ms)
                await publisher.publish(Author(OURSELVES, FIRST_START))
    except PublishRefused:
        return  # another engine, with another working copy, was first
    except DocumentError as error:
        raise SiteInvalid(error.problems) from None
    except OSError as error:
        # A working copy that may only be read cannot remember what it stands on.
        log.warning("working_copy_not_marked", error=str(error))


def reasons_of(error: Exception) -> tuple[str, ...]:
    """What is wrong with a version, each a sentence; at least one."""
    return tuple(str(error).splitlines()) or (type(error).__name__,)


def _called(version: int) -> Callable[[str], str]:
    """What a file of a version is called in messages: it lies nowhere on a disk."""
    return lambda name: f"{name}@{version}"
