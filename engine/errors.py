"""What can go wrong around the engine, and what a person does about it.

EngineError
├── SettingsInvalid      an environment variable has a value that cannot be used
├── ChildFailed          Asterisk or the engine did not start, or ended at once
├── SiteInvalid          the site or a dialplan has errors (each is a config Problem)
├── AlreadyRunning       another `trunkline up` has this data directory
├── PortTaken            a port that we need is in use (engine/ports.py)
├── NoSuchPrompt         no prompt has that name or number
├── NoSuchFlow           a command names a flow (or tests of one) that is not there
├── NoSuchSubject        a report names a queue, agent or skill that nobody knows
├── NoSuchCampaign       the site has no campaign of that name
├── NoTests              a command wants to play a flow's tests, and it has none
├── NotRunning           a command needs a running instance, and there is none
├── PaymentsNotSetUp     a command moves money, and the site names no provider
├── PaymentRefused       the ledger does not do what a command asks
├── FileNotMasked        audio to be masked cannot be read or written, or is no telephone's
├── LeadsRefused         leads, registers or consents cannot be brought in, or are not there
├── HistoryUnreadable    the history's database cannot be read now
├── FlowsAway            the database of the published flows cannot be used now
├── NoSuchVersion        nobody published this version of the flows
└── PublishRefused       nothing was published, so that nobody's work is lost
    ├── FlowTestsFailed      the flows are right, and do not do what their tests say
    ├── ChangedByBoth        somebody else published changes of the same files
    ├── BaseUnknown          the working copy does not tell which version it began with
    ├── Overtaken            somebody else published while we rolled back
    ├── SavedMeanwhile       an editor saved a file that was to be replaced
    └── UnpublishedChanges   files with changes that nobody published would be overwritten
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from config.suggest import did_you_mean, shown

if TYPE_CHECKING:
    from history.bundles import BundleHead  # SQLAlchemy: every command would wait for it


class EngineError(Exception):
    """Base: `code` is stable for machines, the text tells a person what to do."""

    code = "engine"


class SettingsInvalid(EngineError):
    """An environment variable cannot be used."""

    code = "settings_invalid"

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f"{name}={value!r}: use {allowed}")
        self.name = name


class ChildFailed(EngineError):
    """A program that we start did not come up; `log` is where it says why."""

    code = "child_failed"

    def __init__(self, program: str, why: str, log: Path) -> None:
        super().__init__(f"{program}: {why}; its log is {log}")
        self.program = program
        self.log = log


class SiteInvalid(EngineError):
    """The site or a dialplan has errors; `problems` are `file:line:col: path: message`."""

    code = "site_invalid"

    def __init__(self, problems: Sequence[object]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class AlreadyRunning(EngineError):
    """One data directory, one instance."""

    code = "already_running"

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"an instance is running in {directory}: stop it first, or give this one a data "
            "directory of its own with TRUNKLINE_VAR, and other ports"
        )


class NoSuchPrompt(EngineError):
    """No prompt is called so."""

    code = "no_such_prompt"

    def __init__(self, name: str, names: Sequence[str]) -> None:
        super().__init__(f"there is no prompt {shown(name)}, {did_you_mean(name, names)}")
        self.name = name


class NoSuchFlow(EngineError):
    """There is no flow, or no file of tests, of that name."""

    code = "no_such_flow"

    def __init__(self, name: str, allowed: str) -> None:
        super().__init__(f"there is nothing called {name!r}, {allowed}")
        self.name = name


class NoSuchCampaign(EngineError):
    """The site has no campaign of that name."""

    code = "no_such_campaign"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"unknown campaign {shown(name)}, {did_you_mean(name, known)}")
        self.name = name


class NoSuchSubject(EngineError):
    """Neither the site nor the event log knows a queue, agent or skill of that name."""

    code = "no_such_subject"

    def __init__(self, kind: str, name: str, names: Sequence[str]) -> None:
        super().__init__(f"there is no {kind} {shown(name)}, {did_you_mean(name, names)}")
        self.name = name


class NoTests(EngineError):
    """There is such a flow, but no file of tests of it."""

    code = "no_tests"

    def __init__(self, flow: str, file: str) -> None:
        super().__init__(f"{flow} has no tests ({file})")
        self.flow = flow


class NotRunning(EngineError):
    """No instance answers."""

    code = "not_running"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}: start it with `make run` or `trunkline up`")


class PaymentsNotSetUp(EngineError):
    """The site has no `payments`."""

    code = "payments_not_set_up"

    def __init__(self) -> None:
        super().__init__("the site names no payment provider: see payments in docs/payments.md")


class PaymentRefused(EngineError):
    """`why` is the ledger's own sentence."""

    code = "payment_refused"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class FileNotMasked(EngineError):
    """A file cannot be read, cannot be written, or is no telephone audio."""

    code = "file_not_masked"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


class LeadsRefused(EngineError):
    """`why` says what is wrong with a file, or which list, lead or number there is not."""

    code = "leads_refused"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class HistoryUnreadable(EngineError):
    """The history cannot be read; `why` never carries a value of a row."""

    code = "history_unreadable"

    def __init__(self, why: str) -> None:
        super().__init__(f"the history cannot be read ({why}): has `trunkline up` run here?")


class FlowsAway(EngineError):
    """The database is away, or what it holds is damaged; `why` says which."""

    code = "flows_away"

    def __init__(self, why: str) -> None:
        super().__init__(f"the published flows cannot be read: {why}")


class NoSuchVersion(EngineError):
    """`newest` is the version in force, 0 when there is none yet."""

    code = "no_such_version"

    def __init__(self, version: int, newest: int = 0) -> None:
        if not newest:
            super().__init__(NOTHING_PUBLISHED)
            return
        none = f"no version {version} of the flows" if version > 0 else "none before version 1"
        there = f"there {'are 1 to' if newest > 1 else 'is only version'} {newest}"
        super().__init__(f"there is {none}: {there} (trunkline versions)")


NOTHING_PUBLISHED = (
    "no flows are published yet: `trunkline publish`, or the first `trunkline up`, makes version 1 "
    "of what is in the dialplans"
)


class PublishRefused(EngineError):
    """Somebody has to decide first."""

    code = "publish_refused"


class FlowTestsFailed(PublishRefused):
    """`failures` has a sentence for each."""

    code = "tests_failed"

    def __init__(self, failures: Sequence[str]) -> None:
        super().__init__("\n".join([*failures, "nothing was published: mend the flow or its test"]))
        self.failures = tuple(failures)


class ChangedByBoth(PublishRefused):
    """`others` has, by file, who published a change of it since `base`."""

    code = "changed_by_both"

    def __init__(self, base: int, others: Mapping[str, BundleHead]) -> None:
        newest = max(head.version for head in others.values())
        lines = [f"{file}: changed here and in {_spelt(head)}" for file, head in others.items()]
        super().__init__(
            "\n".join(lines)
            + f"\nnothing was published: `trunkline diff {base} {newest}` shows what "
            "they changed; bring it into your files, then `trunkline publish --base "
            f"{newest}`"
        )
        self.others = dict(others)


class BaseUnknown(PublishRefused):
    """`files` differ from the current version, and nobody knows who changed them."""

    code = "base_unknown"

    def __init__(self, current: BundleHead, files: Sequence[str]) -> None:
        super().__init__(
            f"{_listed(files)} differ from {_spelt(current)}, and nothing tells which version "
            "these files began with\nnothing was published: if they have all that is in "
            f"version {current.version} (`trunkline diff` shows what changes), `trunkline publish "
            f"--base {current.version}`; to begin with it anew, `trunkline checkout --force`"
        )
        self.files = tuple(files)


class Overtaken(PublishRefused):
    """A rollback would undo `head` too, which its author has not seen."""

    code = "overtaken"

    def __init__(self, head: BundleHead) -> None:
        super().__init__(
            f"nothing was rolled back: {_spelt(head)} came first; look at it with `trunkline diff "
            f"{head.version - 1} {head.version}`, then roll back again"
        )
        self.head = head


class UnpublishedChanges(PublishRefused):
    """`files` hold work that exists nowhere else."""

    code = "unpublished_changes"

    def __init__(self, files: Sequence[str]) -> None:
        super().__init__(
            f"{_listed(files)} would be overwritten, with changes that nobody published: publish "
            "them first, or `--force`, which keeps them beside as NAME.mine"
        )
        self.files = tuple(files)


class SavedMeanwhile(PublishRefused):
    """`file` was saved in the moment in which it was to be replaced; it stays as it was saved."""

    code = "saved_meanwhile"

    def __init__(self, file: str) -> None:
        super().__init__(f"{file} was saved at this very moment, and was left alone: try again")
        self.file = file


def _spelt(head: BundleHead) -> str:
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(head.at_ms / 1000))
    note = f" ({head.note})" if head.note else ""
    return f"version {head.version} by {head.author} on {when}{note}"


def _listed(files: Sequence[str]) -> str:
    return ", ".join(files)
