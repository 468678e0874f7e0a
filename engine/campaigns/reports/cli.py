"""The commands `trunkline campaign report`, `evidence`, `exports` and `refusals`; the work is done
in `engine.campaigns.reports.book`."""

from pathlib import Path
from typing import Annotated

import typer

from config.suggest import did_you_mean
from engine import settings
from engine.campaigns.cli import By, whose
from engine.completing import complete
from engine.reporting.cli import WHEN

KINDS = ("campaign", "list", "agent", "hour", "day", "disposition")
FORMS = ("csv", "jsonl")

Since = Annotated[str, typer.Option("--since", "--from", help=WHEN)]
Until = Annotated[
    str, typer.Option("--until", "--to", help="The same; a day counts to its end. None: now.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read.")]


def add_commands(app: typer.Typer) -> None:
    """Beside the other parts of `trunkline campaign`."""
    for command in (report, evidence, exports, refusals):
        app.command()(command)


def report(
    campaign: Annotated[str, typer.Argument(help="Only of this campaign; without it of all.")] = "",
    by: Annotated[
        str, typer.Option("--by", help=f"What each row is of: {', '.join(KINDS)}.")
    ] = "campaign",
    since: Since = "today",
    until: Until = "",
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
) -> None:
    """Show what became of calls: how they ended, how long people talked, what was abandoned.

    docs/campaigns.md says how each figure is counted.
    """
    from engine.campaigns.reports.book import report as run
    from engine.campaigns.reports.report import By, Wanted

    wanted = Wanted(By(_one_of("--by", by, KINDS)), campaign, since, until)
    form = "json" if as_json else "csv" if as_csv else "table"
    raise typer.Exit(complete(run(settings.from_environment(), wanted, form)))


def evidence(
    campaign: Annotated[str, typer.Argument(help="A campaign of the site, or a former one.")],
    since: Since = "today",
    until: Until = "",
    number: Annotated[str, typer.Option(help="Only calls to it, however it is written.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; without it, standard output.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", help="csv or jsonl; without it as the file's name ends.")
    ] = "",
    by: By = "",
) -> None:
    """Write every call with why it was permitted, for a regulator. Who has it is kept on record."""
    from engine.campaigns.reports.book import evidence as run
    from engine.campaigns.reports.evidence import Form, Wanted

    ending = "jsonl" if output and output.suffix in (".jsonl", ".ndjson", ".json") else "csv"
    chosen = Form(_one_of("--format", form or ending, FORMS))
    target = str(output.absolute()) if output else "-"
    wanted = Wanted(campaign, whose(by), since, until, number, chosen, target)
    raise typer.Exit(complete(run(settings.from_environment(), wanted, output)))


def exports(
    campaign: Annotated[str, typer.Argument(help="Only of this campaign.")] = "",
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """Show who had the evidence of whose calls, the latest first."""
    from engine.campaigns.reports.book import exports as run

    raise typer.Exit(complete(run(settings.from_environment(), campaign, limit, as_json)))


def refusals(
    campaign: Annotated[str, typer.Argument(help="Only of this campaign.")] = "",
    since: Since = "today",
    until: Until = "",
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
) -> None:
    """Show how often which rule of law did not permit a call, by campaign and day of the site's.

    `trunkline leads show` and `export` tell the last of each lead.
    """
    from engine.campaigns.reports.book import refusals as run

    form = "json" if as_json else "csv" if as_csv else "table"
    raise typer.Exit(complete(run(settings.from_environment(), campaign, since, until, form)))


def _one_of(option: str, text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise typer.BadParameter(did_you_mean(text, allowed), param_hint=option)
    return text
