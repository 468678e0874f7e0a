"""The command `trunkline campaign` and its parts; the work is done in `engine.campaigns.asking`."""

from typing import Annotated

import typer

from engine import settings
from engine.commands import Commands
from engine.completing import complete

app = typer.Typer(cls=Commands, help="What campaigns may do.", no_args_is_help=True)


@app.callback()
def campaign() -> None:
    """What campaigns may do."""


@app.command()
def rules(
    campaign: Annotated[str, typer.Argument(help="A campaign of the site.")],
    number: Annotated[str, typer.Argument(help="Whom it would call, like +36301234567.")],
    at: Annotated[
        str, typer.Option(help="When, on the site's clock: 2026-11-23T09:30; now without it.")
    ] = "",
    zone: Annotated[str, typer.Option(help="The time zone that the lead is in, as it says.")] = "",
    part: Annotated[str, typer.Option(help="The part of the country: US-FL.")] = "",
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
