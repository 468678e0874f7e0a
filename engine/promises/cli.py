"""The command `trunkline callbacks` and its parts; the work is done in `engine.promises.book`."""

from typing import Annotated

import typer

from engine import settings
from engine.commands import Commands
from engine.completing import complete

app = typer.Typer(
    cls=Commands,
    help="List the callbacks that are promised, call them off, make them at another time.",
    no_args_is_help=True,
)

Contact = Annotated[str, typer.Argument(help="A contact's id, as `list` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read.")]


@app.command(name="list")
def list_(as_json: Json = False) -> None:
    """List them: whom, when, how often they were called in vain."""
    from engine.promises.book import show

    raise typer.Exit(complete(show(settings.from_environment(), as_json)))


@app.command()
def cancel(contact: Contact) -> None:
    """Call one off; the history has it as cancelled."""
    from engine.promises.book import cancel

    raise typer.Exit(complete(cancel(settings.from_environment(), contact)))


@app.command()
def now(contact: Contact) -> None:
    """Make one now, as soon as an agent is free; outside the hours for calls, when they begin."""
    from engine.promises.book import move

    raise typer.Exit(complete(move(settings.from_environment(), contact, "now")))


@app.command()
def at(
    contact: Contact,
    when: Annotated[str, typer.Argument(help="09:30, or 2026-11-23T09:30, on the site's clock.")],
) -> None:
    """Make one at another time."""
    from engine.promises.book import move

    raise typer.Exit(complete(move(settings.from_environment(), contact, when)))
