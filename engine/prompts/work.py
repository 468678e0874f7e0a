"""The work of `trunkline prompts`: what callers hear, listed, played, made, given to a speaker."""

import asyncio
import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import typer
import yaml
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from engine.console import plain_console
from engine.errors import NoSuchPrompt
from engine.prompts.audio import needed
from engine.prompts.book import PromptBook, Shown, read_samples
from engine.prompts.own_words import OWN
from engine.prompts.players import play_wav
from engine.settings import Settings
from ivr.commands import Segment
from ivr.errors import SpeechError
from ivr.prompts.audio import RATE
from ivr.prompts.catalogue import Listed
from ivr.prompts.wav import write_wave

_COLUMNS = ("number", "name", "language", "source", "s", "dBov", "text")


def show(
    settings: Settings, match: str, language: str, *, only_missing: bool, own: bool, as_json: bool
) -> int:
    """Print the list; 1 when a prompt has a problem. ``own``: with Trunkline's own words."""
    book = PromptBook(settings)
    shown = book.shown(book.matching(match, language))
    if own or only_missing:
        shown += book.shown(book.own(match, language)) + book.values(match, language)
    if only_missing:
        shown = [each for each in shown if each.lacks]
    if as_json:
        typer.echo(json.dumps([_json(book, each) for each in shown], ensure_ascii=False))
    else:
        _print(shown, only_missing)
    return 1 if any(each.problem for each in shown) else 0


def play(settings: Settings, pattern: str, language: str, output: Path | None) -> int:
    """Play each prompt that is meant, or write the first to ``output``; 1 when none could be."""
    book = PromptBook(settings)
    found = _found(book, pattern, language)
    fixed = [(prompt, prompt.segment) for prompt in found if prompt.segment is not None]
    if not fixed:
        typer.echo("it holds values, and is put together in each call", err=True)
        return 1
    wanted = fixed[:1] if output else fixed
    asyncio.run(book.store.ensure_all(segment for _, segment in wanted))
    for prompt, segment in wanted:
        base = book.store.path(segment)
        typer.echo(f"{prompt.number or ''} {prompt.name} ({prompt.language}): {prompt.text}")
        if not _play(write_wave(read_samples(base), RATE), base, output):
            return 1
    return 0


def make(settings: Settings, pattern: str, language: str) -> int:
    """Make them anew, with a bar of progress; 1 when one could not be made."""
    book = PromptBook(settings)
    if pattern or language:
        found = (prompt.segment for prompt in _found(book, pattern, language))
        return asyncio.run(_make(book, [segment for segment in found if segment is not None]))
    return asyncio.run(_make(book, needed(book.site, book.flows)))


def export(settings: Settings, pattern: str, language: str, form: str, *, everything: bool) -> str:
    """The script for a speaker as text."""
    book = PromptBook(settings)
    shown = book.shown(_found(book, pattern, language))
    wanted = [each for each in shown if everything or each.source != "recorded"]
    rows = [_scripted(book, each.prompt) for each in wanted if each.prompt.file is not None]
    return _as_csv(rows) if form == "csv" else _as_yaml(rows)


def _found(book: PromptBook, pattern: str, language: str) -> list[Listed]:
    found = book.matching(pattern, language)
    if pattern.startswith(f"{OWN}."):
        found += book.own(pattern, language)
    if not found:
        raise NoSuchPrompt(pattern or language, sorted({each.name for each in book.prompts}))
    return found


def _json(book: PromptBook, shown: Shown) -> dict[str, Any]:
    prompt, place = shown.prompt, book.place(shown.prompt)
    return {
        "number": prompt.number or None,
        "name": prompt.name,
        "flow": prompt.flow,
        "step": prompt.step,
        "field": prompt.field,
        "language": prompt.language,
        "text": prompt.text,
        "source": shown.source,
        "seconds": shown.seconds,
        "level_dbov": None if shown.dbov is None else round(shown.dbov, 1),
        "recording": None if place is None else str(place),
        "problem": shown.problem or None,
    }


def _print(shown: list[Shown], only_missing: bool) -> None:
    rows = [_cells(each, only_missing) for each in shown]
    console = plain_console()
    if not console.is_terminal:
        for row in (_COLUMNS, *rows):
            typer.echo("\t".join(row))
        return
    table = Table(title="Prompts", title_justify="left", header_style="bold")
    for at, column in enumerate(_COLUMNS[:-1]):
        width = max(len(row[at]) for row in (_COLUMNS, *rows))
        justify: Literal["left", "right"] = "right" if column in ("s", "dBov") else "left"
        table.add_column(column, justify=justify, no_wrap=True, min_width=width)
    table.add_column(_COLUMNS[-1], no_wrap=True, overflow="ellipsis")
    for each, row in zip(shown, rows, strict=True):
        table.add_row(*map(escape, row), style="red" if each.problem else None)
    console.print(table, soft_wrap=False)


def _cells(shown: Shown, only_missing: bool) -> tuple[str, ...]:
    prompt = shown.prompt
    return (
        str(prompt.number or ""),
        prompt.name,
        prompt.language,
        shown.source,
        "" if shown.seconds is None else f"{shown.seconds:.1f}",
        "" if shown.dbov is None else f"{shown.dbov:.1f}",
        shown.lacks if only_missing else shown.problem or " ".join((prompt.text or "").split()),
    )


def _play(audio: bytes, base: Path, output: Path | None) -> bool:
    if output is not None:
        output.write_bytes(audio)
        return True
    otherwise = f"give --output FILE.wav, or play {base}.sln ({RATE} Hz, 16 bits, mono)"
    return play_wav(audio, otherwise)


async def _make(book: PromptBook, segments: Iterable[Segment]) -> int:
    failures: list[str] = []
    console = plain_console(stderr=True)
    with Progress(console=console) as progress:
        task = progress.add_task("Making prompts", total=None)
        await book.store.ensure_all(
            segments,
            lambda done, of: progress.update(task, completed=done, total=of),
            lambda segment, error: failures.append(_failure(segment, error)),
            again=True,
        )
    for failure in failures:
        console.print(failure, style="red", markup=False)
    return 1 if failures else 0


def _failure(segment: Segment, error: SpeechError) -> str:
    return f"{segment.name or segment.text} ({segment.language}): {error}"


def _scripted(book: PromptBook, prompt: Listed) -> dict[str, Any]:
    place = book.place(prompt)
    return {
        "number": prompt.number,
        "file": "" if place is None else str(place.relative_to(book.recordings)),
        "language": prompt.language,
        "text": " ".join((prompt.text or "").split()),
    }


def _as_csv(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, ("number", "file", "language", "text"), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _as_yaml(rows: list[dict[str, Any]]) -> str:
    return yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, width=100)
