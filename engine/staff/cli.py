"""The command `trunkline agents` and its parts; the work is done in `engine.staff.book`."""

import getpass
import os
from typing import Annotated

import typer

from engine import settings
from engine.commands import Commands
from engine.completing import complete

app = typer.Typer(
    cls=Commands, help="Show agents, and decide what they do.", invoke_without_command=True
)

Agents = Annotated[list[str], typer.Argument(help="Agents, by the names of their phones.")]
By = Annotated[
    str,
    typer.Option(
        "--by", envvar="TRUNKLINE_BY", help="Who decides; by default who is logged in here."
    ),
]
Hold = Annotated[
    bool, typer.Option("--hold", help="The agent cannot take it back until `release`.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read.")]


@app.callback()
def show(context: typer.Context, as_json: Json = False) -> None:
    """Show every agent: state, since when, why, by whom, time left, shift."""
    if context.invoked_subcommand is not None:
        return
    from engine.staff.book import show

    raise typer.Exit(complete(show(settings.from_environment(), as_json=as_json)))


@app.command()
def pause(
    agents: Agents,
    reason: Annotated[str, typer.Option(help="One of the site's pause reasons.")],
    by: By = "",
    hold: Hold = False,
    as_json: Json = False,
) -> None:
    """Pause agents, at once or after the conversation in hand."""
    _tell(agents, {"verb": "pause", "reason": reason, "hold": hold}, by, as_json=as_json)


@app.command()
def resume(agents: Agents, by: By = "", as_json: Json = False) -> None:
    """Make agents available who are paused or do not respond."""
    _tell(agents, {"verb": "resume"}, by, as_json=as_json)


@app.command()
def login(agents: Agents, by: By = "", as_json: Json = False) -> None:
    """Make agents available whatever they do, also outside of their shifts."""
    _tell(agents, {"verb": "login"}, by, as_json=as_json)


@app.command()
def logout(agents: Agents, by: By = "", hold: Hold = False, as_json: Json = False) -> None:
    """Log agents out, at once or after the conversation in hand."""
    _tell(agents, {"verb": "logout", "hold": hold}, by, as_json=as_json)


@app.command(name="end-wrap-up")
def end_wrap_up(agents: Agents, by: By = "", as_json: Json = False) -> None:
    """End agents' wrap-up."""
    _tell(agents, {"verb": "end_wrap_up"}, by, as_json=as_json)


@app.command()
def release(agents: Agents, by: By = "", as_json: Json = False) -> None:
    """Give back to agents what was held: they may log in, or resume, by themselves again."""
    _tell(agents, {"verb": "release"}, by, as_json=as_json)


lines = typer.Typer(
    cls=Commands,
    help="Phones that stay answered, so that contacts come without ringing.",
    no_args_is_help=True,
)
app.add_typer(lines, name="line")


@lines.command("open")
def open_line(agents: Agents, as_json: Json = False) -> None:
    """Ring agents who are available once, and leave their phones answered from then on."""
    _set_lines(agents, is_open=True, as_json=as_json)


@lines.command("close")
def close_line(agents: Agents, as_json: Json = False) -> None:
    """Hang up agents' open lines, at once or after the conversation in hand."""
    _set_lines(agents, is_open=False, as_json=as_json)


def _set_lines(agents: list[str], *, is_open: bool, as_json: bool) -> None:
    from engine.staff.book import set_lines

    work = set_lines(settings.from_environment(), agents, is_open=is_open, as_json=as_json)
    raise typer.Exit(complete(work))


def _tell(agents: list[str], wanted: dict[str, object], by: str, *, as_json: bool) -> None:
    from engine.staff.book import tell

    order = {**wanted, "by": by or os.environ.get("SUDO_USER") or getpass.getuser()}
    work = tell(settings.from_environment(), agents, order, as_json=as_json)
    raise typer.Exit(complete(work))
