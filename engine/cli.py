"""The `trunkline` command. Exit codes: 0 well, 1 the answer is no, 2 it could not be done."""

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.asterisk_runtime import AsteriskMissingError
from config.problem import DocumentError
from config.secrets import SecretsError
from engine import settings
from engine.campaigns import cli as leads_cli
from engine.campaigns import permission_cli
from engine.campaigns import rules_cli as campaign_cli
from engine.commands import Commands
from engine.completing import complete
from engine.customers import cli as customers_cli
from engine.errors import EngineError, SettingsInvalid
from engine.mailboxes import cli as messages_cli
from engine.paying import cli as payments_cli
from engine.promises import cli as callbacks_cli
from engine.prompts import cli as prompts_cli
from engine.reporting import cli as reporting_cli
from engine.scenarios import cli as routing_cli
from engine.staff import cli as agents_cli
from engine.transfers import cli as calls_cli
from ivr.errors import SpeechError

if TYPE_CHECKING:
    from engine.publishing.commands import Asked
    from engine.publishing.publisher import Author

# Here stands what every command needs, which is little: an editor runs `check` at every key. The
# rest is imported by the command that needs it.
BEHIND_CALLS = 19
"""Niceness of commands that read and check all flows on a machine that carries calls meanwhile."""

app = typer.Typer(
    cls=Commands,
    name="trunkline",
    rich_markup_mode="markdown",  # a paragraph of a docstring is one in the help
    help="A telephony-first IVR and call-routing engine on Asterisk.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(prompts_cli.app, name="prompts")
app.add_typer(customers_cli.app, name="customers")
app.add_typer(messages_cli.app, name="messages")
app.add_typer(callbacks_cli.app, name="callbacks")
app.add_typer(payments_cli.app, name="payments")
app.add_typer(leads_cli.app, name="leads")
app.add_typer(permission_cli.dnc, name="dnc")
app.add_typer(permission_cli.consent, name="consent")
app.add_typer(reporting_cli.app, name="report")
app.add_typer(routing_cli.app, name="routing")
app.add_typer(agents_cli.app, name="agents")
app.add_typer(calls_cli.app, name="calls")
app.add_typer(campaign_cli.app, name="campaign")
FOR_A_PERSON = (EngineError, DocumentError, SecretsError, AsteriskMissingError, SpeechError)
"""Their text says what to do; anything else is a fault of ours, and is shown whole."""
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine to read.")]


def main() -> None:
    """Run the command; what a person can mend is told in a sentence, never as a traceback."""
    # numpy is for a prompt's few seconds of sound: threads of its own only wait for each other,
    # spinning on the cores that calls need. It reads this when it is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app()
    except FOR_A_PERSON as error:
        from engine.console import plain_console

        plain_console(stderr=True).print(str(error), style="red", markup=False)
        sys.exit(2)


@app.command()
def up(
    demo: Annotated[bool, typer.Option(help="Play a demonstration call first.")] = True,
    once: Annotated[bool, typer.Option(help="Stop after the demonstration call.")] = False,
) -> None:
    """Start Asterisk and the engine on the site, and keep them up until Ctrl-C."""
    from engine import logs
    from engine.supervisor import up as run_up

    logs.set_up("auto")
    raise typer.Exit(complete(run_up(settings.from_environment(), demo=demo, once=once)))


@app.command()
def serve() -> None:
    """Run the engine alone, beside an Asterisk that `up` (or you) started."""
    from engine import garbage, logs
    from engine.engine import serve as run_serve

    chosen = settings.from_environment()
    logs.set_up(chosen.log_format)
    garbage.look_at_what_is_new()
    raise typer.Exit(complete(run_serve(chosen), uvloop=True))


@app.command()
def status(as_json: Json = False) -> None:
    """Show calls, queues and agents of the running instance."""
    from engine.status import show

    raise typer.Exit(complete(show(settings.from_environment(), as_json)))


@app.command()
def why(
    contact: Annotated[str, typer.Argument(help="A contact's id, live or over.")],
    as_json: Json = False,
) -> None:
    """Tell which agents were looked at for a contact, and why it has, or had, the one it has."""
    from engine.why import show

    raise typer.Exit(complete(show(settings.from_environment(), contact, as_json)))


@app.command()
def history(
    contact: Annotated[str, typer.Argument(help="A contact's id; none: the newest ones.")] = "",
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=1000)] = 20,
    as_json: Json = False,
) -> None:
    """Show finished contacts, or one step by step, also while it is under way."""
    from engine.status import show_history

    raise typer.Exit(complete(show_history(settings.from_environment(), contact, limit, as_json)))


@app.command()
def surveys(
    survey: Annotated[str, typer.Argument(help="A survey, by its name; none: all.")] = "",
    since: Annotated[str, typer.Option(help="How far back answers count: 12h, 7d, 4w.")] = "30d",
    as_json: Json = False,
) -> None:
    """Show what callers answered in surveys: how many, the average, each score."""
    from engine.clock import now_ms
    from engine.graphing import duration_ms
    from engine.surveybook import show

    since_ms = now_ms() - duration_ms(since)
    chosen = settings.from_environment()
    raise typer.Exit(complete(show(chosen, survey, since_ms, as_json=as_json)))


@app.command()
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Flows, tests, fragments, the site, or a directory; none: all."),
    ] = None,
    stdin_name: Annotated[
        Path | None,
        typer.Option(help="Take stdin for the text of this file, as an editor shows it unsaved."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check the site and the dialplans; every problem as `file:line:col: path: message`."""
    from engine.checking.checker import Wanted, run_check

    wanted = Wanted(tuple(files or ()), stdin_name, as_json)
    raise typer.Exit(run_check(settings.from_environment(), wanted))


@app.command()
def schema(
    what: Annotated[str, typer.Argument(help="`site`, `flow`, `test` or `scenario`.")],
    output: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
) -> None:
    """Print the JSON Schema that gives editors completion and hover."""
    from engine.schemas import schema_text

    text = schema_text(what)
    _give(text, output)


@app.command()
def reference(
    output: Annotated[Path, typer.Option(help="The directory; the schemas are in it too.")] = Path(
        "docs/reference"
    ),
) -> None:
    """Write the reference pages from the models, as `make reference` does."""
    from engine.reference.pages import write

    for path in write(app, output):
        typer.echo(str(path))


@app.command()
def graph(
    flow: Annotated[str, typer.Argument(help="A flow's name, or its file.")],
    output: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
    heat: Annotated[bool, typer.Option("--heat", help="Show where past callers went.")] = False,
    since: Annotated[str, typer.Option(help="How far back callers count: 12h, 7d, 4w.")] = "7d",
    version: Annotated[
        int | None,
        typer.Option(help="Count only callers of this published version.", min=1),
    ] = None,
    language: Annotated[str, typer.Option(help="Of the prompts; else the flow's first.")] = "",
    as_json: Json = False,
) -> None:
    """Draw a flow as an SVG: steps, ways between them, and how many callers took each."""
    from engine.graphing import graph as run_graph

    chosen = settings.from_environment()
    drawn = run_graph(chosen, flow, language, since, version=version, heat=heat, as_json=as_json)
    text = complete(drawn)
    _give(text, output)


def _give(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        why = f"a file that can be written ({error.strerror})"
        raise SettingsInvalid("--output", str(output), why) from None


Note = Annotated[str, typer.Option(help="What changes, and why.")]
By = Annotated[
    str,
    typer.Option(
        "--author", envvar="TRUNKLINE_AUTHOR", help="Who publishes; by default who is logged in."
    ),
]


@app.command()
def publish(
    note: Note = "",
    author: By = "",
    base: Annotated[
        int | None,
        typer.Option(
            help="The version that these files were made from, or were brought together with by "
            "hand; only needed where the working copy does not know.",
            min=1,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check and test the dialplans, and put them in force as a new version.

    Engines take it without a restart; calls under way stay on theirs. What others published since
    is taken over; of a file that both changed nothing is published (exit code 1).
    """
    os.nice(BEHIND_CALLS)  # before the import, which is half of the work
    from engine.publishing import commands as flows

    raise typer.Exit(complete(flows.publish(_asked(as_json), _author(author, note), base)))


@app.command(context_settings={"ignore_unknown_options": True})
def rollback(
    version: Annotated[int, typer.Argument(help="A version, or -1 for the one before.")],
    note: Note = "",
    author: By = "",
    as_json: Json = False,
) -> None:
    """Put the content of an older version in force again, as a new version.

    The working copy stays as it is; `checkout` brings it there too.
    """
    os.nice(BEHIND_CALLS)  # before the import, which is half of the work
    from engine.publishing import commands as flows

    raise typer.Exit(complete(flows.rollback(_asked(as_json), version, _author(author, note))))


@app.command()
def checkout(
    version: Annotated[int | None, typer.Argument(help="None: the current one.", min=1)] = None,
    force: Annotated[
        bool, typer.Option(help="Overwrite what nobody published; it is kept as NAME.mine.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the dialplans directory what was published; unpublished changes are in the way."""
    from engine.publishing import commands as flows

    raise typer.Exit(complete(flows.checkout(_asked(as_json), version, force)))


@app.command()
def versions(
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 20,
    as_json: Json = False,
) -> None:
    """Show the published versions of the flows (the history of calls is `history`)."""
    from engine.publishing import commands as flows

    raise typer.Exit(complete(flows.versions(_asked(as_json), limit)))


@app.command()
def diff(
    old: Annotated[int | None, typer.Argument(help="None: the current one.", min=1)] = None,
    new: Annotated[int | None, typer.Argument(help="None: the dialplans here.", min=1)] = None,
    text: Annotated[bool, typer.Option(help="Line by line instead of by meaning.")] = False,
    as_json: Json = False,
) -> None:
    """Show what changes in the flows: steps, exits, prompts, variables.

    From the current version to the dialplans here, from version OLD to them, or from OLD to NEW.
    Exit code 1 when there is a difference.
    """
    from engine.publishing import commands as flows

    raise typer.Exit(complete(flows.diff(_asked(as_json), old, new, text)))


def _asked(as_json: bool) -> "Asked":
    from engine.publishing.commands import Asked

    return Asked(settings.from_environment(), as_json)


def _author(name: str, note: str) -> "Author":
    """Who publishes; behind sudo the one who called it."""
    from engine.publishing.publisher import Author

    return Author(name or os.environ.get("SUDO_USER") or getpass.getuser(), note)


@app.command("test")
def play_tests(
    what: Annotated[
        list[str] | None, typer.Argument(help="Flows, or files of tests; none: all of them.")
    ] = None,
    name: Annotated[
        str, typer.Option("-k", "--name", help="Only tests with this in their name.")
    ] = "",
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit report to this file.")] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Show the steps and exits that no test goes.")
    ] = False,
    min_coverage: Annotated[
        float, typer.Option(help="Fail below this percentage.", min=0, max=100)
    ] = 0,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Name every test.")] = False,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Make them as real calls over Asterisk, and compare; skipped ones say why.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Play the tests beside the flows on a virtual clock."""
    from engine.rehearsing.testing import Wanted, run_tests

    wanted = Wanted(tuple(what or ()), name, junit, coverage, min_coverage, verbose, live, as_json)
    raise typer.Exit(run_tests(settings.from_environment(), wanted))


@app.command()
def simulate(
    flow: Annotated[str, typer.Argument(help="A flow's name, or its file.")],
    at: Annotated[
        str | None, typer.Option("--at", "--time", help="The clock, such as 2026-11-23T09:12.")
    ] = None,
    caller: Annotated[str | None, typer.Option(help="The caller's number.")] = None,
    called: Annotated[
        str | None, typer.Option(help="The number that is called; else the flow's own in the site.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="The language of that number.")] = None,
    given: Annotated[
        Path | None, typer.Option(help="A file with the world of the call, as `given` in tests.")
    ] = None,
    http: Annotated[Path | None, typer.Option(help="A file with replies of web services.")] = None,
    record: Annotated[
        Path | None,
        typer.Option(help="Write the call as a test at the end of this file, beside the flow."),
    ] = None,
    name: Annotated[str, typer.Option(help="What the recorded test is called.")] = "",
) -> None:
    """Play a call through a flow: keys typed are the caller's, :help tells the rest."""
    from engine.rehearsing.simulating import Chosen
    from engine.rehearsing.simulating import simulate as run_simulation

    chosen = Chosen(flow, at, caller, called, language, given, http, record, name)
    raise typer.Exit(run_simulation(settings.from_environment(), chosen))
