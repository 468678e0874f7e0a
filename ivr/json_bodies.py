"""What a request sends: JSON with the call's values in it, typed and escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from config.problem import Path
from ivr.json_values import json_of, json_text
from ivr.run import Run
from ivr.terms import Names, template, term
from ivr.wording import Hole, pieces

Filled = Callable[[Run], Any]


def json_body(body: Any, names: Names) -> Callable[[Run], str]:
    """A body of mappings, lists and texts as JSON text, made when called.

    A text that is one hole alone keeps its value's type: a number stays one, an unset value is
    null. Fixed values are as `json_of` has them.
    """
    filled = _filled(body, names)
    return lambda run: json_text(filled(run))


def texts_of(body: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text in a body with its place."""
    if isinstance(body, str):
        yield path, body
    elif isinstance(body, Mapping):
        for key, part in body.items():
            yield from texts_of(part, (*path, key))
    elif isinstance(body, list):
        for index, part in enumerate(body):
            yield from texts_of(part, (*path, index))


def _filled(body: Any, names: Names) -> Filled:
    if isinstance(body, Mapping):
        parts = {key: _filled(part, names) for key, part in body.items()}
        return lambda run: {key: part(run) for key, part in parts.items()}
    if isinstance(body, list):
        items = [_filled(part, names) for part in body]
        return lambda run: [item(run) for item in items]
    return _text(body, names) if isinstance(body, str) else lambda run: None


def _text(text: str, names: Names) -> Filled:
    match pieces(text):
        case (Hole(source=source),):
            return term(source, names).read
        case parts if any(isinstance(part, Hole) for part in parts):
            return template(text, names)
    fixed = json_of(text)
    return lambda run: fixed
