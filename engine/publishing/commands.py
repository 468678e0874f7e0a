"""`trunkline publish`, `rollback`, `checkout`, `versions` and `diff`: what they do and print."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

import typer

from config.document import DocumentError, load_plain
from engine import card
from engine.client import Client
from engine.clock import now_ms
from engine.console import Screen, clock_time, counted, plain_console
from engine.errors import (
    NOTHING_PUBLISHED,
    NoSuchVersion,
    NotRunning,
    PublishRefused,
    SiteInvalid,
)
from engine.loading import check_texts, known_of, load_site_file, require
from engine.publishing import differing, recorded_prompts
from engine.publishing.flows import open_store, or_away
from engine.publishing.functions import functions_of
from engine.publishing.merging import Files
from engine.publishing.publisher import Author, Check, FlowTests, Pending, Published, Publisher
from engine.publishing.working_copy import code_among, copy_of, is_code
from engine.rehearsing.proving import flow_tests
from engine.settings import Settings
from engine.zone import site_zone
from history.bundles import BundleHead, BundleStore
from ivr.flow import Flow
from ivr.meaning import differences
from ivr.steps.base import Known

Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """The machine and the form of the answer."""

    settings: Settings
    as_json: bool

    def tell(self, document: Any, *lines: str) -> None:
        """The answer, for a machine or for a person."""
        if self.as_json:
            typer.echo(json.dumps(document, ensure_ascii=False))
        else:
            for line in lines:
                typer.echo(line)


async def publish(asked: Asked, by: Author, base: int | None) -> int:
    """1 when nothing was published, or the engine that runs here does not take it."""
    async with _publisher(asked.settings) as publisher:
        try:
            require(asked.settings.dialplans)
            done = await publisher.publish(by, base)
        except (SiteInvalid, DocumentError, PublishRefused) as refused:
            return _refused(asked, refused)
    return await _told(asked, done, _nothing_new(done))


def _nothing_new(done: Published) -> str:
    """What the files are, where there was nothing of one's own in them."""
    head = done.head
    if not done.taken_over:
        return f"nothing to publish: this is version {head.version}"
    told = f"nothing of your own to publish: the files here are now those of version {head.version}"
    if head.restores is None:
        return told
    return (
        f"{told}, which is version {head.restores} again; "
        f"`trunkline rollback {head.version - 1}` brings the others back"
    )


async def rollback(asked: Asked, version: int, by: Author) -> int:
    """1 when nothing was rolled back, or the engine that runs here does not take it."""
    async with _publisher(asked.settings) as publisher:
        try:
            done = await publisher.rollback(version, by)
        except (SiteInvalid, PublishRefused) as refused:
            return _refused(asked, refused)
    return await _told(asked, done, f"version {done.head.version} is in force, and is the same")


async def checkout(asked: Asked, version: int | None, force: bool) -> int:
    """1 when files with unpublished changes are in the way."""
    async with _publisher(asked.settings) as publisher:
        try:
            written = await publisher.checkout(version, force)
        except (DocumentError, PublishRefused) as refused:
            return _refused(asked, refused)
    asked.tell({"written": list(written)}, *_checked_out(asked.settings, written))
    return 0


def _checked_out(settings: Settings, written: Mapping[str, str | None]) -> Sequence[str]:
    copy = copy_of(settings)
    if not written:
        return [f"{settings.dialplans.name}/ is that version already"]
    return [
        f"{'removed' if text is None else 'wrote'} {copy.shown(name)}"
        for name, text in written.items()
    ]


async def versions(asked: Asked, limit: int) -> int:
    """The newest first."""
    async with _store(asked.settings) as (store, site):
        heads = await store.heads(site, limit)
    engine = await _flows_here(asked.settings)
    if asked.as_json or not heads:
        told = [{**asdict(head), **_standing(engine, head.version)} for head in heads]
        asked.tell(told, NOTHING_PUBLISHED)
        return 0
    zone = site_zone(asked.settings)
    rows: list[tuple[Any, ...]] = [
        (h.version, _here(engine, h.version), clock_time(h.at_ms, zone), *_by(h)) for h in heads
    ]
    columns = ("version", "here", "published", "by", "note", "restores")
    screen = Screen()
    screen.table("Versions of the flows", columns, rows)
    for reason in _refusal(engine)["reasons"]:
        screen.fail(f"version {_refusal(engine)['version']}: {reason}")
    return 0


def _by(head: BundleHead) -> tuple[object, ...]:
    return head.author, head.note, head.restores or ""


def _standing(engine: Json | None, version: int) -> Json:
    """What the engine that runs here makes of a version: null where none runs."""
    refused = _refusal(engine)
    return {
        "in_force": None if engine is None else engine["version"] == version,
        "refused": refused["reasons"] if refused["version"] == version else None,
    }


def _here(engine: Json | None, version: int) -> str:
    standing = _standing(engine, version)
    if standing["refused"] is not None:
        return "refused"
    return "in force" if standing["in_force"] else ""


def _refusal(engine: Json | None) -> Json:
    refused: Json | None = engine["refused"] if engine is not None else None
    return refused or {"version": None, "reasons": []}


async def _flows_here(settings: Settings) -> Json | None:
    """The version that the engine here runs, and which it refused; None when none runs."""
    try:
        async with Client(card.read(settings.layout.card)) as client:
            flows: Json | None = (await client.get("/api/status"))["flows"]
    except NotRunning:
        return None
    return flows


async def diff(asked: Asked, old: int | None, new: int | None, text: bool) -> int:
    """1 when there is a difference. Without `new`: the working copy; without both: what publishing
    would change in the current version."""
    settings = asked.settings
    pending = Pending({})
    async with _store(settings) as (store, site):
        before = await _files(store, site, old)
        if (old, new) == (None, None):
            pending = await _publisher_of(settings, store, site).pending()
            after = pending.files
        elif new is None:
            after = copy_of(settings).read()
        else:
            after = await _files(store, site, new)
    there_is = _show_text(asked, before, after) if text else _show_meaning(asked, before, after)
    for names, what in (
        (pending.taken, "published since, and taken over when you publish"),
        (pending.both, "changed by others too, so nothing can be published"),
    ):
        if names and not asked.as_json:
            typer.echo(f"{what}: {', '.join(names)}")
    return 1 if there_is else 0


def _show_text(asked: Asked, before: Files, after: Files) -> bool:
    lines = [*differing.text_lines(before, after)]
    if asked.as_json:
        asked.tell(lines)
    else:
        differing.show_text(plain_console(), before, after)
    return bool(lines)


def _show_meaning(asked: Asked, before: Files, after: Files) -> bool:
    documents = _plain(before, asked.settings), _plain(after, asked.settings)
    found = (*differences(*documents), *differing.of_code(before, after))
    if asked.as_json:
        asked.tell(differing.as_json(found))
    else:
        differing.show(plain_console(), found)
    return bool(found)


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[tuple[BundleStore, str]]:
    site = load_site_file(settings).site.site
    async with open_store(settings) as store:
        with or_away():
            yield store, site


@asynccontextmanager
async def _publisher(settings: Settings) -> AsyncIterator[Publisher]:
    async with _store(settings) as (store, site):
        yield _publisher_of(settings, store, site)


def _publisher_of(settings: Settings, store: BundleStore, site: str) -> Publisher:
    copy = copy_of(settings)

    def known(files: Files) -> Known:
        home = settings.functions
        code = functions_of(code_among(files), home)
        return known_of(load_site_file(settings).site, code.functions, home)

    tests = flow_tests(known, lambda name: str(copy.place(name)))
    screen = _progress()
    return Publisher(
        store, site, copy, _shown(screen, check_texts(settings)), now_ms, _told_of(screen, tests)
    )


def _progress() -> Screen:
    """What is under way, beside the answer."""
    return Screen(plain_console(stderr=True))


def _shown(screen: Screen, check: Check) -> Check:
    def checked(files: Files, called: Callable[[str], str]) -> Mapping[str, Flow]:
        with screen.step("Checked") as step:
            flows = check(files, called)
            step.detail = counted(len(flows), "flow")
        return flows

    return checked


def _told_of(screen: Screen, tests: FlowTests) -> FlowTests:
    def played(files: Files, flows: Mapping[str, Flow]) -> Sequence[str]:
        with screen.step("Tested") as step:
            failures = tests(files, flows)
            step.detail = f"{len(failures)} failed" if failures else "all pass"
            step.failed = bool(failures)
        return failures

    return played


async def _files(store: BundleStore, site: str, version: int | None) -> Files:
    newest = await store.newest(site)
    found = await store.get(site, newest if version is None else version)
    if found is None:
        raise NoSuchVersion(version or 1, newest)
    return found.files


def _plain(files: Files, settings: Settings) -> Mapping[str, Any]:
    return {
        name: load_plain(text, str(settings.dialplans / name))
        for name, text in files.items()
        if not is_code(name)
    }


def _refused(asked: Asked, refused: SiteInvalid | DocumentError | PublishRefused) -> int:
    problems: Sequence[object] = ()
    if not isinstance(refused, PublishRefused):
        problems = refused.problems
    code = refused.code if not isinstance(refused, DocumentError) else SiteInvalid.code
    error = {"code": code, "message": str(refused), "problems": [str(each) for each in problems]}
    asked.tell({"error": error}, str(refused))
    return 1


async def _told(asked: Asked, done: Published, nothing_new: str) -> int:
    """Say what came of it, here and in the engine that runs here."""
    engine = await _told_to_look(asked.settings)
    head, copy = done.head, copy_of(asked.settings)
    lines = [f"taken over from others: {copy.shown(name)}" for name in done.taken_over]
    again = f", which is version {head.restores} again" if head.restores else ""
    lines.append(f"published version {head.version}{again}" if done.new else nothing_new)
    recorded = await _recorded(asked.settings, head.version) if done.new else []
    lines += recorded
    taken = engine is None or engine["version"] >= head.version
    lines += _of_engine(engine, head.version)
    told = {**asdict(head), "new": done.new, "taken_over": done.taken_over, "engine": engine}
    told["recordings"] = recorded
    asked.tell(told, *lines)
    return 0 if taken else 1


async def _recorded(settings: Settings, version: int) -> list[str]:
    """What there is to say of recordings, now that this version is in force."""
    async with _store(settings) as (store, site):
        before, after = await store.get(site, version - 1), await store.get(site, version)
    if after is None:
        return []
    return [*recorded_prompts.told(settings, before.files if before else {}, after.files)]


def _of_engine(engine: Json | None, version: int) -> Sequence[str]:
    if engine is None:
        return ["no engine runs here; each takes it within a second, or when it starts"]
    if engine["version"] == version:
        return ["new calls run it"]
    if engine["version"] > version:
        return [f"new calls run version {engine['version']}, which came right after it"]
    return [f"the engine goes on with version {engine['version']}:", *_refusal(engine)["reasons"]]


async def _told_to_look(settings: Settings) -> Json | None:
    """As `_poke`; it may take as long as the prompts that are to be made."""
    if not settings.layout.card.exists():
        return None
    with _progress().step("Told the engine, which makes the prompts first") as step:
        engine = await _poke(settings)
        step.detail = "none answers" if engine is None else f"it runs version {engine['version']}"
    return engine


async def _poke(settings: Settings) -> Json | None:
    """The engine that runs here looks at once; None when none does."""
    try:
        async with Client(card.read(settings.layout.card)) as client:
            told: Json = await client.post("/api/flows")
    except NotRunning:
        return None
    return None if "error" in told else told
