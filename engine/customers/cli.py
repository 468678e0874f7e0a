"""The command `trunkline customers` and its parts; the work is done in `engine.customers.files`."""

from pathlib import Path
from typing import Annotated

import typer

from engine import settings
from engine.commands import Commands
from engine.completing import complete

app = typer.Typer(cls=Commands, help="Bring in, list and remove what is known of customers.")


@app.command("import")
def bring_in(
    file: Annotated[Path, typer.Argument(help="A CSV file whose first line names its columns.")],
) -> None:
    """Add the customers of a CSV file, in place of those with the same numbers.

    Its columns: number, and as far as there are any name, language, segment and the fields that
    the site names. With anything wrong in it, nothing is taken.
    """
    from engine.customers.files import bring_in as run

    raise typer.Exit(complete(run(settings.from_environment(), file)))


@app.command("list")
def list_all(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a machine to read.")
    ] = False,
) -> None:
    """List every customer by number."""
    from engine.customers.files import show

    raise typer.Exit(complete(show(settings.from_environment(), as_json=as_json)))


@app.command()
def remove(number: Annotated[str, typer.Argument(help="The customer's number.")]) -> None:
    """Forget a customer. Exits with 1 when there is none with this number."""
    from engine.customers.files import remove as run

    raise typer.Exit(complete(run(settings.from_environment(), number)))
