"""The commands that someone who writes flows needs, told as their `--help` tells them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import typer

_EXAMPLES = (
    ("check", "trunkline check dialplans/support.yaml"),
    ("simulate", "trunkline simulate support --caller +48221234567 --at 2026-11-23T09:12"),
    ("test", "trunkline test support --coverage"),
    ("graph", "trunkline graph support --heat --output support.svg"),
    ("diff", "trunkline diff"),
    ("publish", 'trunkline publish --note "A menu for payments"'),
    ("versions", "trunkline versions"),
    ("rollback", 'trunkline rollback -1 --note "The old menu was better"'),
    ("checkout", "trunkline checkout"),
    ("prompts", "trunkline prompts --missing"),
    ("customers", "trunkline customers import customers.csv"),
    ("status", "trunkline status"),
    ("why", "trunkline why 1763712000.42"),
    ("history", "trunkline history 1763712000.42"),
    ("surveys", "trunkline surveys --since 7d"),
    ("messages", "trunkline messages list support"),
    ("schema", "trunkline schema flow"),
)


class Told(NamedTuple):
    """A command, what it does, and a use of it."""

    name: str
    about: str
    example: str


def commands(app: typer.Typer) -> Iterator[Told]:
    """Those that a command line has, in the order in which they are needed."""
    abouts = _abouts(app)
    for name, example in _EXAMPLES:
        if name in abouts:
            yield Told(name, abouts[name], example)


def _abouts(app: typer.Typer) -> dict[str, str]:
    """What each command says of itself first; a group of commands by its help."""
    found: dict[str, str] = {}
    for command in app.registered_commands:
        if command.callback is not None:
            name = command.name or command.callback.__name__
            found[name] = (command.callback.__doc__ or "").partition("\n")[0]
    for group in app.registered_groups:
        inner = group.typer_instance
        if group.name and inner is not None:
            itself = inner.registered_callback
            about = itself.callback.__doc__ if itself and itself.callback else inner.info.help
            found[group.name] = str(about).partition("\n")[0]
    return found
