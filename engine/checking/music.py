"""Whether the music that queues ask for is there."""

from collections.abc import Iterator
from pathlib import Path

from config.document import Located, Problem
from config.site import Site
from config.suggest import did_you_mean

DEFAULT = "default"
"""The engine makes this one itself."""


def music_problems(site: Site, located: Located, folder: Path) -> Iterator[Problem]:
    """Queues whose callers would hear silence: their folder of sounds is missing or empty."""
    there = [DEFAULT, *sorted(each.name for each in _folders(folder) if each.name != DEFAULT)]
    for name, queue in site.queues.items():
        if queue.music not in there:
            hint = did_you_mean(queue.music, there)
            message = f'there is no folder "{queue.music}" with sounds in {folder}, {hint}'
            yield located.problem(("queues", name, "music"), message)


def _folders(folder: Path) -> Iterator[Path]:
    """Those with anything to play."""
    if folder.is_dir():
        for each in folder.iterdir():
            if each.is_dir() and any(file.is_file() for file in each.iterdir()):
                yield each
