"""One run of the `trunkline` command in the test's own process."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """What came of one run."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]
