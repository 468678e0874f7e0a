"""The commands `trunkline dnc` and `trunkline consent`; see `engine.campaigns.permissions`."""

from pathlib import Path
from typing import Annotated

import typer

from config.registers import OWN
from engine import settings
from engine.campaigns.cli import By, Json, whose
from engine.commands import Commands
from engine.completing import complete

dnc = typer.Typer(
    cls=Commands,
    help="Numbers that nobody may call: the site's own register, and others that are brought in.",
    no_args_is_help=True,
)
consent = typer.Typer(
    cls=Commands, help="Who has consented to be called, how, and since when.", no_args_is_help=True
)

Number = Annotated[str, typer.Argument(help="A telephone number, written in any way.")]
Register = Annotated[str, typer.Option("--register", help="Which register.")]
File = Annotated[Path, typer.Argument(help="A CSV file.")]
Kind = Annotated[
    str, typer.Option("--kind", help="automated: also to calls in which nobody talks; or live.")
]
Source = Annotated[str, typer.Option("--source", help="The form, contract, recording or letter.")]


@dnc.command()
def add(
    number: Number,
    register: Register = OWN,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    by: By = "",
) -> None:
    """Enter a number: it is not called any more, from this moment on."""
    from engine.campaigns.permissions import add as run

    raise typer.Exit(complete(run(settings.from_environment(), number, register, note, whose(by))))


@dnc.command()
def remove(number: Number, register: Register = OWN, by: By = "") -> None:
    """Take a number out. That it was in, and until when, is kept. Exits with 1 if it is not in."""
    from engine.campaigns.permissions import remove as run

    raise typer.Exit(complete(run(settings.from_environment(), number, register, whose(by))))


@dnc.command(name="import")
def bring_in(
    file: File,
    register: Register,
    replace: Annotated[
        bool, typer.Option(help="Take out what the file does not have: it is a whole new copy.")
    ] = False,
    country: Annotated[
        str, typer.Option(help="How its numbers are written; without it, as in the site's country.")
    ] = "",
    by: By = "",
) -> None:
    """Bring in a register. Rows that are no numbers go to FILE.refused.csv; then it exits with
    1."""
    from engine.campaigns.permissions import bring_in as run

    chosen = settings.from_environment()
    raise typer.Exit(complete(run(chosen, file, register, replace, whose(by), country)))


@dnc.command()
def check(number: Number, as_json: Json = False) -> None:
    """Tell on which registers a number is, or was. Exits with 1 if it may not be called."""
    from engine.campaigns.permissions import check as run

    raise typer.Exit(complete(run(settings.from_environment(), number, as_json)))


@dnc.command(name="list")
def list_(as_json: Json = False) -> None:
    """List the registers, and when each was last brought in."""
    from engine.campaigns.permissions import show

    raise typer.Exit(complete(show(settings.from_environment(), as_json)))


@dnc.command()
def export(
    register: Annotated[str, typer.Option("--register", help="Only this one.")] = "",
) -> None:
    """Print as CSV what is in force."""
    from engine.campaigns.permissions import export as run

    raise typer.Exit(complete(run(settings.from_environment(), register)))


@consent.command()
def give(
    number: Number,
    source: Source,
    kind: Kind = "automated",
    given: Annotated[str, typer.Option(help="When, 2026-11-23 14:00; without it now.")] = "",
    by: By = "",
) -> None:
    """Write that a number's owner has consented to be called."""
    from engine.campaigns.permissions import give as run

    chosen = settings.from_environment()
    raise typer.Exit(complete(run(chosen, number, kind, source, given, whose(by))))


@consent.command()
def withdraw(
    number: Number,
    source: Source,
    kind: Annotated[str, typer.Option("--kind", help="Only of this kind; else all.")] = "",
    by: By = "",
) -> None:
    """Write that a consent was withdrawn. Exits with 1 if there was none."""
    from engine.campaigns.permissions import withdraw as run

    raise typer.Exit(complete(run(settings.from_environment(), number, kind, source, whose(by))))


@consent.command(name="import")
def bring_in_consents(file: File, by: By = "") -> None:
    """Bring in consents: columns number, kind, source and given. Exits with 1 if rows were
    refused."""
    from engine.campaigns.permissions import bring_in_consents as run

    raise typer.Exit(complete(run(settings.from_environment(), file, whose(by))))


@consent.command()
def show(number: Number, as_json: Json = False) -> None:
    """Show a number's consents. Exits with 1 if none holds."""
    from engine.campaigns.permissions import show_consents

    raise typer.Exit(complete(show_consents(settings.from_environment(), number, as_json)))


@consent.command(name="export")
def export_consents() -> None:
    """Print every consent as CSV, also those that were withdrawn."""
    from engine.campaigns.permissions import export_consents as run

    raise typer.Exit(complete(run(settings.from_environment())))
