"""`trunkline prompts clean`: away with the audio that nothing says any more.

A prompt's file is named by its text and its voice, so a changed one makes a new file and leaves the
old one behind; and so does each text that was put together in a call, a caller's name among them.
"""

import json
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import NamedTuple

import typer

from config.document import DocumentError
from engine.loading import written_in
from engine.prompts.audio import needed
from engine.prompts.book import PromptBook
from engine.prompts.own_words import spoken_values
from engine.publishing.flows import open_store, or_away
from engine.settings import Settings
from history.bundles import BundleStore
from ivr.flow import Flow
from ivr.prompts.store import SUFFIXES

GRACE_S = 3_600
"""What was made within the last hour stays: a call may be hearing it, or be about to."""
_ALL = 1_000_000


class Cleaned(NamedTuple):
    """What was removed (or would be), and how many prompts stay."""

    files: int
    bytes: int
    kept: int


async def clean(settings: Settings, *, dry_run: bool, as_json: bool) -> int:
    """Remove what neither the working copy nor any published version says, nor Trunkline itself.

    An engine that runs meanwhile makes again what it misses. Raises FlowsAway, and then removes
    nothing; DocumentError for a working copy that cannot be read.
    """
    cleaned = await _clean(settings, dry_run)
    if as_json:
        typer.echo(json.dumps({**cleaned._asdict(), "dry_run": dry_run}))
    else:
        did = "would remove" if dry_run else "removed"
        size = f"{cleaned.bytes / 1_000_000:.1f} MB"
        typer.echo(f"{did} {cleaned.files} files, {size}; {cleaned.kept} prompts stay")
    return 0


async def _clean(settings: Settings, dry_run: bool) -> Cleaned:
    book = PromptBook(settings)
    used = _used(book, book.flows)
    async with open_store(settings) as store:
        with or_away():
            async for flows in _published(store, book.site.site):
                used |= _used(book, flows)
    used |= {
        book.store.path(segment)
        for language in book.site.languages
        for _, segments in spoken_values(language)
        for segment in segments
    }
    leftovers = [*book.store.leftovers(used, time.time() - GRACE_S)]
    sizes = [_removed(path, dry_run) for path in _first_looked_at(leftovers)]
    kept = sum(1 for base in used if base.with_suffix(SUFFIXES[0]).exists())
    return Cleaned(len(sizes), sum(sizes), kept)


def _used(book: PromptBook, flows: Iterable[Flow]) -> set[Path]:
    return {path for segment in needed(book.site, flows) for path in book.store.paths(segment)}


async def _published(store: BundleStore, site: str) -> AsyncIterator[list[Flow]]:
    """The flows of each content that was ever published, and that this Trunkline can read."""
    seen: set[str] = set()
    for head in await store.heads(site, _ALL):
        if head.sha256 in seen:
            continue
        seen.add(head.sha256)
        bundle = await store.get(site, head.version)
        try:
            flows = written_in(bundle.files if bundle else {})
        except DocumentError:  # of another Trunkline's language: no call can run it here
            continue
        yield flows


def _first_looked_at(paths: Iterable[Path]) -> list[Path]:
    """Those by which the store sees that a prompt is made come first: it never finds half."""
    return sorted(paths, key=lambda path: path.suffix != SUFFIXES[0])


def _removed(path: Path, dry_run: bool) -> int:
    """Its size in bytes; 0 when somebody else was faster."""
    try:
        size = path.stat().st_size
        if not dry_run:
            path.unlink()
    except FileNotFoundError:
        return 0
    return size
