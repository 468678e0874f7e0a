"""The command `trunkline leads` and its parts; the work is done in `engine.campaigns.book`."""

import getpass
import os
from pathlib import Path
from typing import Annotated

import typer

from engine import settings
from engine.commands import Commands
from engine.completing import complete
from engine.errors import LeadsRefused
from engine.reporting.cli import Since, Until

app = typer.Typer(
    cls=Commands,
    help="Bring in, list, show, export and recycle leads: whom campaigns call.",
    no_args_is_help=True,
)

ListName = Annotated[str, typer.Option("--list", help="The list's name.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read.")]
By = Annotated[
    str,
    typer.Option(
        "--by", envvar="TRUNKLINE_AUTHOR", help="Who does it; by default who is logged in."
    ),
]


def whose(by: str) -> str:
    """Who does it."""
    return by or os.environ.get("SUDO_USER") or getpass.getuser()


@app.command(name="import")
def bring_in(
    into: ListName,
    file: Annotated[Path | None, typer.Argument(help="A CSV file.")] = None,
    mapped: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="What a column is: phone=Telefon, field.state=State; may be repeated."
        ),
    ] = None,
    encoding: Annotated[
        str, typer.Option(help="utf-8, windows-1250, …; by default what the bytes tell.")
    ] = "",
    sql: Annotated[str, typer.Option(help="In place of a file: a database's URL.")] = "",
    query: Annotated[str, typer.Option(help="What to ask that database.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Tell what it would do, and do nothing.")] = False,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Bring leads into a list, which is made if there is none.

    What is there already, by its id or a number, is joined. Interrupted, the same command goes on
    where it was. Rows that are no leads go to FILE.refused.csv, with the reasons; what was joined
    or left out is told by FILE.told.csv. Exits with 1 when rows were refused.
    """
    from engine.campaigns.book import Wanted, bring_in

    wanted = Wanted(into, file, _pairs(mapped or ()), encoding, sql, query, dry_run, whose(by))
    raise typer.Exit(complete(bring_in(settings.from_environment(), wanted, as_json)))


def _pairs(texts: "list[str] | tuple[()]") -> dict[str, str]:
    """``phone=Telefon`` by its left side; two of one side are told apart by digits behind it."""
    pairs: dict[str, str] = {}
    for text in texts:
        target, equals, header = text.partition("=")
        if not equals:
            raise LeadsRefused(f"--map {text}: write it like phone=Telefon")
        name, number = target.strip(), 2
        while name in pairs:
            name, number = f"{target.strip()}{number}", number + 1
        pairs[name] = header.strip()
    return pairs


@app.command()
def lists(as_json: Json = False) -> None:
    """Show the lists, and how many of their leads are in which state."""
    from engine.campaigns.leadbook import show_lists

    raise typer.Exit(complete(show_lists(settings.from_environment(), as_json)))


@app.command(name="list")
def list_(
    name: Annotated[str, typer.Option("--list", help="Only of this list.")] = "",
    state: Annotated[str, typer.Option(help="Only those: ready, held, dialing, done.")] = "",
    number: Annotated[str, typer.Option(help="Only who has this number.")] = "",
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """List leads, the latest first."""
    from engine.campaigns.leadbook import show_all

    chosen = settings.from_environment()
    raise typer.Exit(complete(show_all(chosen, name, state, number, limit, as_json)))


@app.command()
def show(
    lead: Annotated[int, typer.Argument(help="A lead's id, as `list` shows it.")],
    as_json: Json = False,
) -> None:
    """Show one lead: its fields, its numbers, and each call to it."""
    from engine.campaigns.leadbook import show as run

    raise typer.Exit(complete(run(settings.from_environment(), lead, as_json)))


@app.command()
def export(
    name: ListName,
    state: Annotated[str, typer.Option(help="Only those: ready, held, dialing, done.")] = "",
) -> None:
    """Print a list as CSV, with how each lead stands."""
    from engine.campaigns.leadbook import export as run

    raise typer.Exit(complete(run(settings.from_environment(), name, state)))


@app.command()
def attempts(
    since: Since = "today",
    until: Until = "",
    campaign: Annotated[str, typer.Option(help="Only of this campaign.")] = "",
) -> None:
    """Print the calls of a time, each with why it was permitted: a JSON object a line."""
    from engine.campaigns.leadbook import attempts as run

    raise typer.Exit(complete(run(settings.from_environment(), since, until, campaign)))


@app.command()
def recycle(
    name: ListName,
    result: Annotated[
        list[str], typer.Option("--result", help="How the last call had ended; may be repeated.")
    ],
    older: Annotated[str, typer.Option(help="Given up so long ago at least: 12h, 30d.")] = "30d",
    times: Annotated[int, typer.Option(help="So often with one lead at most.", min=1)] = 1,
) -> None:
    """Let leads that were given up begin anew."""
    from engine.campaigns.leadbook import recycle as run
    from engine.graphing import duration_ms

    chosen = settings.from_environment()
    raise typer.Exit(complete(run(chosen, name, result, duration_ms(older, "--older"), times)))
