"""The command `trunkline campaign` and its parts; the work is done in `engine.campaigns.asking` and
`engine.dialing.screen`."""

import getpass
import os
from typing import Annotated

import typer

from engine import settings
from engine.campaigns.reports.cli import add_commands
from engine.commands import Commands
from engine.completing import complete

app = typer.Typer(
    cls=Commands, help="Show, start, pause, stop and report campaigns.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="A campaign of the site.")]
By = Annotated[
    str,
    typer.Option(
        "--by", envvar="TRUNKLINE_BY", help="Who decides; by default who is logged in here."
    ),
]


@app.callback()
def campaign() -> None:
    """Show, start, pause, stop and report campaigns."""


@app.command(name="list")
def show(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a machine to read.")
    ] = False,
) -> None:
    """Show every campaign of the running instance, and how it goes."""
    from engine.dialing.screen import show

    raise typer.Exit(complete(show(settings.from_environment(), as_json=as_json)))


@app.command()
def watch(name: Name) -> None:
    """Show one campaign live: agents, calls, pacing, abandon budget, and what holds it back."""
    from engine.dialing.screen import watch

    raise typer.Exit(complete(watch(settings.from_environment(), name)))


@app.command()
def start(name: Name, by: By = "") -> None:
    """Let a campaign call people, also where the site's file has it paused."""
    _order(name, "start", by)


@app.command()
def pause(name: Name, by: By = "") -> None:
    """Call nobody for now; agents' lines stay open, and calls that are up go on."""
    _order(name, "pause", by)


@app.command()
def stop(name: Name, by: By = "") -> None:
    """Call nobody any more, and let the agents go; calls that are up go on."""
    _order(name, "stop", by)


def _order(name: str, verb: str, by: str) -> None:
    from engine.dialing.screen import order

    who = by or os.environ.get("SUDO_USER") or getpass.getuser()
    raise typer.Exit(complete(order(settings.from_environment(), name, verb, who)))


@app.command()
def rules(
    campaign: Annotated[str, typer.Argument(help="A campaign of the site.")],
    number: Annotated[str, typer.Argument(help="Whom it would call, like +36301234567.")],
    at: Annotated[
        str, typer.Option(help="When, on the site's clock: 2026-11-23T09:30; now without it.")
    ] = "",
    zone: Annotated[
        str, typer.Option(help="The time zone of the lead; by default as it says.")
    ] = "",
    part: Annotated[
        str, typer.Option(help="The part of its country, US-FL; by default as the lead says.")
    ] = "",
    consent: Annotated[
        bool, typer.Option("--consent", help="As if they had consented now.")
    ] = False,
    agent: Annotated[
        bool, typer.Option("--agent", help="As if an agent were kept for the call.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a machine to read.")
    ] = False,
) -> None:
    """Tell rule by rule whether a call to a number would be permitted, and when next.

    By the site and what is kept of the number: lists, consents, calls; that the campaign has lost
    nobody lately is taken as given. Exits with 1 when the call would not be permitted.
    """
    from engine.campaigns.asking import Asked, show

    asked = Asked(campaign, number, at, zone, part, consent, agent)
    raise typer.Exit(complete(show(settings.from_environment(), asked, as_json)))


add_commands(app)
