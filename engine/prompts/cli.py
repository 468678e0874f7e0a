"""The command `trunkline prompts` and its parts; the work is done in `engine.prompts.work`."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from engine import settings
from engine.commands import Commands

app = typer.Typer(
    cls=Commands,
    help="List, play, make, export and clean the prompts.",
    invoke_without_command=True,
)

Language = Annotated[str, typer.Option(help="Only this language.")]
Pattern = Annotated[
    str,
    typer.Argument(help="A name (`support.main.prompt`), one with * (`support.*`), or a number."),
]


@app.callback()
def prompts(
    context: typer.Context,
    match: Annotated[str, typer.Option(help="Only names like this: `support.*`.")] = "",
    language: Language = "",
    missing: Annotated[
        bool, typer.Option("--missing", help="Only what has no recording, no text or no sound.")
    ] = False,
    own: Annotated[
        bool, typer.Option("--own", help="Trunkline's own words too; --missing has them anyway.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a machine to read.")
    ] = False,
) -> None:
    """List every prompt: where it is said, by which number and name, recorded or synthetic.

    Exits with 1 when a prompt has no text, cannot be made, or has a recording that cannot be read.
    """
    if context.invoked_subcommand is None:
        from engine.prompts.work import show

        found = settings.from_environment(), match, language
        raise typer.Exit(show(*found, only_missing=missing, own=own, as_json=as_json))


@app.command()
def play(
    pattern: Pattern,
    language: Language = "",
    output: Annotated[Path | None, typer.Option(help="Write a WAV file instead.")] = None,
) -> None:
    """Play what the caller hears, made first if it is new."""
    from engine.prompts.work import play

    raise typer.Exit(play(settings.from_environment(), pattern, language, output))


@app.command()
def make(pattern: Pattern = "", language: Language = "") -> None:
    """Make prompts again; without a pattern all of them, Trunkline's own words too."""
    from engine.prompts.work import make

    raise typer.Exit(make(settings.from_environment(), pattern, language))


@app.command()
def clean(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell how much it is.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a machine to read.")
    ] = False,
) -> None:
    """Remove audio that no prompt uses: not the working copy's, nor any published version's.

    Recordings stay. What was made within the last hour stays too.
    """
    from engine.prompts.cleaning import clean

    found = clean(settings.from_environment(), dry_run=dry_run, as_json=as_json)
    raise typer.Exit(asyncio.run(found))


@app.command()
def export(
    pattern: Pattern = "",
    language: Language = "",
    everything: Annotated[
        bool, typer.Option("--all", help="With those that are recorded already.")
    ] = False,
    form: Annotated[Literal["csv", "yaml"], typer.Option("--format", help="Of the list.")] = "csv",
) -> None:
    """Print the script for a speaker: what to record, under which file name.

    The files belong into the dialplans' directory `prompts`, as WAV of any kind.
    """
    from engine.prompts.work import export

    text = export(settings.from_environment(), pattern, language, form, everything=everything)
    typer.echo(text, nl=False)
