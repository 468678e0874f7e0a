"""The commands that someone who writes flows needs, told as their `--help` tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from engine.cli import app

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
    ("schema", "trunkline schema flow"),
)


class Told(NamedTuple):
    """A command, what it does, and a use of it."""

    name: str
    about: str
    example: str


def commands() -> Iterator[Told]:
    """Those that there are, in the order in which they are needed."""
    callbacks = _callbacks()
    for name, example in _EXAMPLES:
        if name in callbacks:
            about = (callbacks[name].__doc__ or "").partition("\n")[0]
            yield Told(name, about, example)


def _callbacks() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for command in app.registered_commands:
        if command.callback is not None:
            found[command.name or command.callback.__name__] = command.callback
    for group in app.registered_groups:
        inner = group.typer_instance.registered_callback if group.typer_instance else None
        if group.name and inner is not None and inner.callback is not None:
            found[group.name] = inner.callback
    return found
