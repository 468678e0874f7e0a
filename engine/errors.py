"""What can go wrong around the engine, and what a person does about it.

EngineError
├── SettingsInvalid      an environment variable has a value that cannot be used
├── ChildFailed          Asterisk or the engine did not start, or ended at once
├── SiteInvalid          the site or a dialplan has errors (each is a config Problem)
├── AlreadyRunning       another `trunkline up` has this data directory
├── PortTaken            a port that we need is in use (engine/ports.py)
├── NoSuchPrompt         no prompt has that name or number
├── NotRunning           a command needs a running instance, and there is none
└── HistoryUnreadable    the history's database cannot be read now
"""

from collections.abc import Sequence
from pathlib import Path

from config.suggest import did_you_mean, shown


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


class NotRunning(EngineError):
    """No instance answers."""

    code = "not_running"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}: start it with `make run` or `trunkline up`")


class HistoryUnreadable(EngineError):
    """The history cannot be read; `why` never carries a value of a row."""

    code = "history_unreadable"

    def __init__(self, why: str) -> None:
        super().__init__(f"the history cannot be read ({why}): has `trunkline up` run here?")
