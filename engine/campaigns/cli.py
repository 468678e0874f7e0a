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
        typer.Option("--map", help="What a column is, such as phone=Telefon; may be repeated."),
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
