"""What one site of a run of tests has made, the next ones need not make again.

A prompt's name tells all that it was made of, and its file is never written again, only replaced:
so the sites share the very files. The first site of a run finds none.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from engine.layout import Layout


def take(directory: Path) -> None:
    """Give the site in `directory`, which has not started yet, what others have made."""
    made = _of_the_run(directory)
    if made.is_dir():
        shutil.copytree(made, _of(directory), copy_function=os.link)


def give(directory: Path) -> None:
    """Let others have what the site in `directory` has made by now."""
    for prompt in _of(directory).glob("*/[0-9a-f]*"):
        shared = _of_the_run(directory) / prompt.relative_to(_of(directory))
        shared.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            shared.hardlink_to(prompt)


def _of(directory: Path) -> Path:
    return Layout(directory / "var").prompts


def _of_the_run(directory: Path) -> Path:
    """Beside the sites' own directories; with several workers, beside the workers'."""
    several = "PYTEST_XDIST_WORKER" in os.environ
    return directory.parents[1 if several else 0] / "prompts"
