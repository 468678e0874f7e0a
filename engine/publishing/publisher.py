"""Publishing: the working copy of the flows becomes the version that engines run.

Whoever publishes stands on the version that they began with. What others published since is
brought together with it by file; a file that both changed is theirs to decide, not ours. Of two
who publish at the same moment the database lets one through, and the other begins again on top.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from config.document import DocumentError
from engine.clock import Clock
from engine.errors import (
    BaseUnknown,
    ChangedByBoth,
    FlowTestsFailed,
    NoSuchVersion,
    Overtaken,
    UnpublishedChanges,
)
from engine.publishing.merging import Changes, Files, changed, changes, merge
from engine.publishing.working_copy import WorkingCopy
from history.bundles import Bundle, BundleHead, BundleStore, bundle
from history.errors import VersionTaken
from ivr.flow import Flow

Check = Callable[[Files, Callable[[str], str]], Mapping[str, Flow]]
"""Checks texts against today's site: SiteInvalid tells every problem, in files called as the
second argument calls them. Gives the flows."""
FlowTests = Callable[[Files, Mapping[str, Flow]], Sequence[str]]
"""Runs the tests among the files; a sentence for each that failed."""


@dataclass(frozen=True)
class Author:
    """Who publishes, and what they say about it."""

    name: str
    note: str = ""


@dataclass(frozen=True)
class Published:
    """What came of it: the version in force, `new` unless there was nothing to publish, and the
    files that others had changed and that the working copy has now."""

    head: BundleHead
    new: bool
    taken_over: tuple[str, ...] = ()


def no_tests(files: Files, flows: Mapping[str, Flow]) -> Sequence[str]:
    """For whoever publishes without running tests."""
    return ()


class Pending(NamedTuple):
    """The files that would be published."""

    files: Files
    taken: tuple[str, ...] = ()
    """Those that others alone changed since the working copy began."""
    both: tuple[str, ...] = ()
    """Those that others changed too, and differently: with these nothing is published."""


class Publisher:
    """Publishes one site's flows. Every method raises DatabaseAway and BundleDamaged."""

    def __init__(
        self,
        store: BundleStore,
        site: str,
        copy: WorkingCopy,
        check: Check,
        clock: Clock,
        tests: FlowTests = no_tests,
    ) -> None:
        self._store = store
        self._site = site
        self._copy = copy
        self._check = check
        self._clock = clock
        self._tests = tests

    async def publish(self, by: Author, base: int | None = None) -> Published:
        """Put the working copy in force; `base` says which version it began with, if it was not
        checked out here.

        Raises SiteInvalid, FlowTestsFailed, ChangedByBoth, BaseUnknown, NoSuchVersion,
        SavedMeanwhile: then nothing was published, and the working copy has at most gained what
        others published.
        """
        taken: list[str] = []
        while True:
            current = await self.current()
            if current is not None:
                taken += await self._take_over(current, base)
            base = None  # once taken over, the working copy itself knows what it stands on
            ours = self._copy.read()
            if current is not None and current.files == ours:
                self._copy.stand_on(current.head.sha256, current.version)
                return Published(current.head, False, tuple(taken))
            self._prove(ours)
            if added := await self._add(ours, by, current):
                self._copy.stand_on(added.sha256, added.version)
                return Published(added, True, tuple(taken))

    async def rollback(self, version: int, by: Author) -> Published:
        """Put the content of an older version in force again, as a new version; a negative number
        counts back from the current one. The working copy stays as it is.

        It is checked against today's site, but its tests are not run: it was in force already,
        and whoever rolls back is in a hurry. Raises SiteInvalid, NoSuchVersion, Overtaken.
        """
        current = await self.current()
        number = version if version > 0 or current is None else current.version + version
        old = await self._version(number)
        if current is None or old.files == current.files:
            return Published((current or old).head, False)
        self._check(old.files, lambda name: f"{name}@{number}")
        added = await self._add(old.files, by, current, restores=number)
        if added is None:
            raise Overtaken((await self._version(current.version + 1)).head)
        return Published(added, True)

    async def checkout(self, version: int | None = None, force: bool = False) -> Changes:
        """Make the working copy a version, by default the current one; returns what changed.

        Raises UnpublishedChanges when that would overwrite what nobody published. `force` does it
        all the same, and keeps those files aside. Raises NoSuchVersion, SavedMeanwhile.
        """
        target = await self._version(version) if version else await self.current()
        if target is None:
            raise NoSuchVersion(1)
        base = await self._base()
        ours = self._copy.read()  # after all that is waited for: an editor may save meanwhile
        mine = changed(base.files if base else {}, ours)
        lost = [name for name in mine if ours.get(name) != target.files.get(name)]
        if lost and not force:
            raise UnpublishedChanges([str(self._copy.place(name)) for name in lost])
        for name in lost:
            self._copy.keep_aside(name)
        wanted = changes(ours, target.files)
        self._copy.write(wanted, ours)
        self._copy.stand_on(target.head.sha256, target.version)
        return wanted

    async def pending(self) -> Pending:
        """What publishing would make of the working copy, with what others published since."""
        current, base, ours = await self.current(), await self._base(), self._copy.read()
        if current is None or base is None:
            return Pending(ours)
        merged = merge(base.files, ours, current.files)
        after: Changes = {**ours, **merged.taken}
        files = {name: text for name, text in after.items() if text is not None}
        return Pending(files, tuple(merged.taken), merged.both)

    async def current(self) -> Bundle | None:
        """The version in force, None before the first."""
        return await self._store.get(self._site, await self._store.newest(self._site))

    async def _version(self, number: int) -> Bundle:
        found = await self._store.get(self._site, number)
        if found is None:
            raise NoSuchVersion(number, await self._store.newest(self._site))
        return found

    async def _base(self) -> Bundle | None:
        known = self._copy.base
        return await self._store.with_content(self._site, known) if known else None

    async def _take_over(self, current: Bundle, base_version: int | None) -> Sequence[str]:
        """Bring what others published since into the working copy."""
        base = await (self._version(base_version) if base_version else self._base())
        ours = self._copy.read()
        if base is None:
            if differing := changed(current.files, ours):
                raise BaseUnknown(current.head, [str(self._copy.place(n)) for n in differing])
            return ()
        merged = merge(base.files, ours, current.files)
        if merged.both:
            raise ChangedByBoth(base.version, await self._who(base.version, merged.both))
        self._copy.write(merged.taken, ours)
        self._copy.stand_on(current.head.sha256, current.version)
        return list(merged.taken)

    async def _who(self, since: int, names: Sequence[str]) -> Mapping[str, BundleHead]:
        """Who changed each of the files last."""
        last: dict[str, BundleHead] = {}
        before: Files | None = None
        for version in await self._store.since(self._site, since):
            for name in names:
                if before is not None and before.get(name) != version.files.get(name):
                    last[str(self._copy.place(name))] = version.head
            before = version.files
        return last

    def _prove(self, files: Files) -> None:
        flows = self._check(files, lambda name: str(self._copy.place(name)))
        if failures := self._tests(files, flows):
            raise FlowTestsFailed(failures)

    async def _add(
        self, files: Files, by: Author, on: Bundle | None, restores: int | None = None
    ) -> BundleHead | None:
        """The head of the new version, None if somebody else came first."""
        number = on.version + 1 if on else 1
        added = bundle(number, files, self._clock(), by.name, by.note, restores)
        try:
            await self._store.add(self._site, added)
        except VersionTaken:
            return None
        return added.head


def unpublished(copy: WorkingCopy, version: int, files: Files) -> str:
    """A line that says in what the working copy differs from a version; empty if in nothing."""
    try:
        differing = changed(files, copy.read())
    except DocumentError as error:
        return f"{error.problems[0]}"
    if not differing:
        return ""
    more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
    verb = "differ" if more else "differs"
    return f"{copy.shown(differing[0])}{more} {verb} from version {version}: trunkline diff"
