"""The command `trunkline routing` and its parts; the work is done in `engine.scenarios.report`."""

from pathlib import Path
from typing import Annotated

import typer

from engine.commands import Commands

app = typer.Typer(cls=Commands, help="Try how contacts are routed.", no_args_is_help=True)


@app.callback()
def routing() -> None:
    """Try how contacts are routed."""


@app.command()
def simulate(
    file: Annotated[Path | None, typer.Argument(help="A scenario, in YAML.")] = None,
    vector: Annotated[
        str, typer.Option(help="A scenario that comes along; neither: all of them are listed.")
    ] = "",
    all_vectors: Annotated[
        bool, typer.Option("--all-vectors", help="All of them, one after another.")
    ] = False,
    replications: Annotated[
        int | None, typer.Option(help="Instead of those in the file.", min=6, max=10_000)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Another chance.", min=0)] = None,
    jobs: Annotated[
        int, typer.Option(help="Processes at a time; 0: as many as there are cores.", min=0)
    ] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a machine to read.")
    ] = False,
) -> None:
    """Simulate a contact center on the engine's own routing.

    What comes out is told with 95 % confidence intervals. Exits with 1 when a figure is not what
    the scenario expects.
    """
    from engine.scenarios.report import Asked, simulate, simulate_all

    asked = Asked(file, vector, replications, seed, jobs, as_json)
    raise typer.Exit(simulate_all(asked) if all_vectors else simulate(asked))
