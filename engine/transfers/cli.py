"""The command `trunkline calls` and its parts: what agents do with a caller, by the API."""

from typing import Annotated, Any

import typer

from engine import settings
from engine.commands import Commands
from engine.completing import complete

app = typer.Typer(
    cls=Commands,
    help="Transfer a caller who is in conversation, consult somebody, confer, hold. The ids of "
    "contacts are those of `trunkline status`.",
    no_args_is_help=True,
)

Contact = Annotated[str, typer.Argument(help="The contact's id.")]
To = Annotated[
    str, typer.Option("--to", help="queue:NAME, agent:NAME, an extension, or a number: +361….")
]
Note = Annotated[str, typer.Option(help="What the next agent's phone shows.")]
KeepPlace = Annotated[
    bool | None,
    typer.Option("--keep-place/--new-place", help="In line; without it as the site says."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read.")]


@app.command()
def transfer(
    contact: Contact, to: To, note: Note = "", keep_place: KeepPlace = None, as_json: Json = False
) -> None:
    """Send the caller on; the agent is done."""
    _ask(contact, "transfer", as_json, {"to": to, "note": note, "keep_place": keep_place})


@app.command()
def consult(contact: Contact, to: To, note: Note = "", as_json: Json = False) -> None:
    """Ring somebody for the agent, while the caller hears music."""
    _ask(contact, "consult", as_json, {"to": to, "note": note})


@app.command()
def conference(contact: Contact, as_json: Json = False) -> None:
    """Have agent, caller and who is consulted talk together."""
    _ask(contact, "conference", as_json)


@app.command("complete")
def leave(contact: Contact, as_json: Json = False) -> None:
    """Leave the caller to who is consulted."""
    _ask(contact, "complete", as_json)


@app.command()
def cancel(contact: Contact, as_json: Json = False) -> None:
    """Let who is consulted go; agent and caller talk."""
    _ask(contact, "cancel", as_json)


@app.command()
def toggle(contact: Contact, as_json: Json = False) -> None:
    """From who is consulted to the caller, or back."""
    _ask(contact, "toggle", as_json)


@app.command()
def hold(contact: Contact, as_json: Json = False) -> None:
    """Let the caller hear music."""
    _ask(contact, "hold", as_json)


@app.command()
def resume(contact: Contact, as_json: Json = False) -> None:
    """Have the caller back from hold."""
    _ask(contact, "resume", as_json)


@app.command()
def hangup(contact: Contact, as_json: Json = False) -> None:
    """End the conversation with the agent, whose open line stays."""
    _ask(contact, "hangup", as_json)


def _ask(contact: str, verb: str, as_json: bool, document: Any = None) -> None:
    from engine.transfers.asking import ask

    chosen = settings.from_environment()
    raise typer.Exit(complete(ask(chosen, contact, verb, document, as_json=as_json)))
