"""The command `trunkline messages` and its parts; the work is done in `engine.mailboxes.book`."""

from pathlib import Path
from typing import Annotated

import typer

from engine import settings
from engine.commands import Commands
from engine.completing import complete

app = typer.Typer(
    cls=Commands, help="List, play, export and delete what callers left.", no_args_is_help=True
)

Message = Annotated[str, typer.Argument(help="A message's id, as `list` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read.")]


@app.command(name="list")
def list_(
    mailbox: Annotated[str, typer.Argument(help="A mailbox; none: all of them.")] = "",
    unheard: Annotated[bool, typer.Option("--unheard", help="Only what nobody has heard.")] = False,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """List messages, the newest first."""
    from engine.mailboxes.book import show

    work = show(settings.from_environment(), mailbox, limit, unheard=unheard, as_json=as_json)
    raise typer.Exit(complete(work))


@app.command()
def play(message: Message) -> None:
    """Play a message; from then on it counts as heard."""
    from engine.mailboxes.book import play

    raise typer.Exit(complete(play(settings.from_environment(), message)))


@app.command()
def export(
    message: Message,
    output: Annotated[Path, typer.Argument(help="The WAV file to write.")],
    as_json: Json = False,
) -> None:
    """Write a message's audio to a file."""
    from engine.mailboxes.book import export

    work = export(settings.from_environment(), message, output, as_json=as_json)
    raise typer.Exit(complete(work))


@app.command()
def delete(
    messages: Annotated[list[str], typer.Argument(help="Ids, as `list` shows them.")],
    as_json: Json = False,
) -> None:
    """Delete messages and their audio, for good."""
    from engine.mailboxes.book import delete

    work = delete(settings.from_environment(), messages, as_json=as_json)
    raise typer.Exit(complete(work))
