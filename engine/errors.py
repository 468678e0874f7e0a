"""What can go wrong around the engine, and what a person does about it.

EngineError
├── SettingsInvalid      an environment variable has a value that cannot be used
├── NotProvisioned       a program or file that `make setup` makes is missing
├── ChildFailed          Asterisk or the engine did not start, or ended at once
├── SiteInvalid          the site or a dialplan has errors (each is a config Problem)
└── NotRunning           a command needs a running instance, and there is none
"""

from collections.abc import Sequence
from pathlib import Path


class EngineError(Exception):
    """Base: `code` is stable for machines, the text tells a person what to do."""

    code = "engine"


class SettingsInvalid(EngineError):
    """An environment variable cannot be used."""

    code = "settings_invalid"

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f"{name}={value!r}: use {allowed}")
        self.name = name


class NotProvisioned(EngineError):
    """Something that `make setup` makes is missing."""

    code = "not_provisioned"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is missing: run `make setup`")
        self.what = what


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


class NotRunning(EngineError):
    """No instance answers."""

    code = "not_running"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}: start it with `make run` or `trunkline up`")
