"""The command `trunkline report` and its parts; the work is done in `engine.reporting.report`."""

from typing import TYPE_CHECKING, Annotated

import typer

from engine import settings
from engine.commands import Commands
from engine.completing import complete
from engine.errors import SettingsInvalid

if TYPE_CHECKING:
    from engine.reporting.report import Progress, Report, Wanted
    from engine.settings import Settings
    from reports.figures import Kind

app = typer.Typer(
    cls=Commands,
    help="Service level, waits, handling, occupancy: of any time, or of today so far. "
    "docs/reports.md says how each figure is counted.",
    no_args_is_help=True,
)

WHEN = "A day or a time on the site's clock: 2026-11-23, 2026-11-23T08:30, today, yesterday."
STEPS = ("15m", "30m", "1h", "day", "whole")
Since = Annotated[str, typer.Option("--from", help=WHEN)]
Until = Annotated[str, typer.Option("--to", help="The same; a day counts to its end. None: now.")]
Interval = Annotated[str, typer.Option(help=f"How long an interval is: {', '.join(STEPS)}.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")]


def _only(option: str) -> typer.models.OptionInfo:
    found: typer.models.OptionInfo = typer.Option(option, help="Only this one; may be repeated.")
    return found


@app.command()
def queues(
    since: Since = "today",
    until: Until = "",
    interval: Interval = "whole",
    queue: Annotated[list[str] | None, _only("--queue")] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Show how queues were served."""
    _report("queue", (since, until, interval), queue, as_json, as_csv)


@app.command()
def agents(
    since: Since = "today",
    until: Until = "",
    interval: Interval = "whole",
    agent: Annotated[list[str] | None, _only("--agent")] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Show what agents did."""
    _report("agent", (since, until, interval), agent, as_json, as_csv)


@app.command()
def skills(
    since: Since = "today",
    until: Until = "",
    interval: Interval = "whole",
    skill: Annotated[list[str] | None, _only("--skill")] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Show how contacts were served by the skills that they asked for."""
    _report("skill", (since, until, interval), skill, as_json, as_csv)


def _report(
    kind: "Kind",
    when: tuple[str, str, str],
    names: list[str] | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    from engine.console import Screen
    from engine.reporting import printing
    from engine.reporting.report import Wanted
    from reports.intervals import Step

    since, until, step = when
    if step not in STEPS:
        raise SettingsInvalid("--interval", step, f"one of {', '.join(STEPS)}")
    wanted = Wanted(kind, since, until, Step(step), tuple(names or ()))
    report = complete(_made(settings.from_environment(), wanted))
    if as_json:
        typer.echo(printing.as_json(report))
    elif as_csv:
        typer.echo(printing.as_csv(report), nl=False)
    else:
        printing.show(Screen(), report)


async def _made(chosen: "Settings", wanted: "Wanted") -> "Report":
    """The report; on a terminal with how far it has come."""
    from rich.progress import Progress as Bar

    from engine.clock import now_ms
    from engine.console import plain_console
    from engine.reporting.report import make

    console = plain_console(stderr=True)
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading the event log", total=None)
        tell: Progress = lambda done, of: bar.update(task, completed=done, total=of)  # noqa: E731
        return await make(chosen, wanted, now_ms(), tell)
