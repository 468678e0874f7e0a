"""The command `trunkline payments` and its parts; the work is done in `engine.paying.book`."""

import getpass
import os
from pathlib import Path
from typing import Annotated

import typer

from config.secrets import SANDBOX_SECRETS
from engine import settings
from engine.commands import Commands
from engine.completing import complete
from engine.reporting.cli import Since, Until

app = typer.Typer(
    cls=Commands,
    help="List card payments, find out how one ended, give money back, export for the settlement; "
    "a sandbox to try it with.",
    no_args_is_help=True,
)

SANDBOX_KEY, SANDBOX_WEBHOOK = SANDBOX_SECRETS.values()

Payment = Annotated[str, typer.Argument(help="A payment's id, as `list` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read.")]
By = Annotated[
    str,
    typer.Option(
        "--by", envvar="TRUNKLINE_AUTHOR", help="Who asks for it; by default who is logged in."
    ),
]


@app.command(name="list")
def list_(
    state: Annotated[
        str, typer.Option(help="Only those: open, unsettled, declined, authorised, paid, …")
    ] = "",
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """List payments, the newest first. `unknown` is one that may have been made."""
    from engine.paying.book import show_all

    raise typer.Exit(complete(show_all(settings.from_environment(), state, limit, as_json)))


@app.command()
def show(payment: Payment, as_json: Json = False) -> None:
    """Show one payment: each request to the provider, and who did what."""
    from engine.paying.book import show

    raise typer.Exit(complete(show(settings.from_environment(), payment, as_json)))


@app.command()
def resolve(
    payment: Annotated[
        str | None, typer.Argument(help="A payment's id; none: all that are unsettled.")
    ] = None,
    decided: Annotated[
        str,
        typer.Option(
            "--as", help="What the provider told you: done or not-done; without asking it."
        ),
    ] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Find out how a payment ended that is unknown: look, then ask again with the same key.

    Exits with 1 when one of them stays unknown.
    """
    from engine.paying.book import resolve

    if payment == "":
        raise typer.BadParameter("an empty one names no payment", param_hint="PAYMENT")
    work = resolve(settings.from_environment(), payment or "", decided, _by(by), as_json)
    raise typer.Exit(complete(work))


@app.command()
def refund(
    payment: Payment,
    amount: Annotated[str, typer.Option(help="How much, such as 12.50; none: all of it.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Give money back. Exits with 1 when it was not, or when it is not known."""
    _move("refund", payment, amount, by, as_json)


@app.command()
def capture(
    payment: Payment,
    amount: Annotated[
        str, typer.Option(help="How much, such as 12.50; none: all. The rest is let go.")
    ] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Take the money of a payment that was authorised. Exits with 1 as `refund` does."""
    _move("capture", payment, amount, by, as_json)


@app.command()
def void(payment: Payment, by: By = "", as_json: Json = False) -> None:
    """Let go the money of a payment that was authorised. Exits with 1 as `refund` does."""
    _move("void", payment, "", by, as_json)


@app.command()
def export(
    since: Since = "yesterday",
    until: Until = "",
    as_json: Json = False,
) -> None:
    """Print what moved money in a time, as CSV (or JSON), to hold to the provider's settlement."""
    from engine.paying.exporting import export

    raise typer.Exit(complete(export(settings.from_environment(), since, until, as_json)))


@app.command()
def check(as_json: Json = False) -> None:
    """Read how Asterisk is set, and name each setting by which keyed digits could be seen.

    Exits with 1 where there is one: no card is taken then.
    """
    from engine.paying.checking import check

    raise typer.Exit(complete(check(settings.from_environment(), as_json)))


@app.command()
def sandbox(
    host: Annotated[str, typer.Option(help="Where it listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: any that is free.", min=0, max=65_535)] = 8095,
    secret: Annotated[
        str, typer.Option(envvar="TRUNKLINE_SANDBOX_KEY", help="Its secret key.")
    ] = SANDBOX_KEY,
    webhook: Annotated[str, typer.Option(help="Where its webhooks go; none: nowhere.")] = "",
    webhook_secret: Annotated[
        str, typer.Option(envvar="TRUNKLINE_SANDBOX_WEBHOOK", help="What they are signed with.")
    ] = SANDBOX_WEBHOOK,
    cards: Annotated[bool, typer.Option("--cards", help="Only print its test cards.")] = False,
) -> None:
    """Run a payment provider with Stripe's API that moves no money, until Ctrl-C."""
    from engine.paying.sandbox import Address, print_cards, run

    if cards:
        print_cards()
        raise typer.Exit
    address = Address(host, port, secret, webhook or None, webhook_secret)
    raise typer.Exit(complete(run(address)))


@app.command()
def mask(
    source: Annotated[Path, typer.Argument(help="A WAV of 16 bits at 8 kHz, mono.")],
    target: Annotated[Path, typer.Argument(help="Where to write what an agent would hear.")],
) -> None:
    """Mask a file exactly as a caller's line is masked while a card is keyed.

    Prints by how many samples TARGET is later than SOURCE. The noise in it is never twice the same.
    """
    from engine.paying.masking import mask as mask_file

    raise typer.Exit(mask_file(source, target))


def _move(operation: str, payment: str, amount: str, by: str, as_json: bool) -> None:
    from engine.paying.book import move
    from payments.gateways import Operation

    given = Operation(operation), payment, amount, _by(by), as_json
    raise typer.Exit(complete(move(settings.from_environment(), *given)))


def _by(name: str) -> str:
    return name or os.environ.get("SUDO_USER") or getpass.getuser()
