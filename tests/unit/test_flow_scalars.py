"""Whatever stands in one place of a flow: it is told with its place, or the flow can be run."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.document import DocumentError, load_text_located
from ivr.check import check
from ivr.flow import Flow
from ivr.program import compile_flow
from tests.unit.random_flows import KNOWN

pytestmark = pytest.mark.unit

GOOD = Path(__file__).parents[1] / "data" / "flows" / "good" / "every_kind.yaml"
# As the loader reads: every scalar is a text.
FLOW = yaml.load(GOOD.read_text(encoding="utf-8"), yaml.CBaseLoader)  # noqa: S506  makes texts only
ODD = [
    *("", "²", "\N{ARABIC-INDIC DIGIT THREE}", "0", "-1", "1E+999999999", "NaN", "9" * 400),
    *("9" * 400 + "s", "0.00000000000000000000000001ms", "0s", "25:61", "2026-02-30", "yes"),
    *("{", "}", "{}", "{{", "{a:b:c}", "1 / 0", "(" * 300, "not " * 300, '"', "a" * 5_000),
    *("$", "$.[", "http://[::1", "http://x:99999/", "(a+)+", "\\", "*", "#", "..", "\t"),
]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of every scalar, and of every key."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from places(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from places(value, (*path, index))
    else:
        yield path


PLACES = [*places(FLOW)]


@given(st.sampled_from(PLACES), st.sampled_from(ODD) | st.text(max_size=8), st.booleans())
def test_any_scalar_is_told_or_taken(path: tuple[Any, ...], odd: str, as_key: bool) -> None:
    """In place of a value, or of the key that leads to it."""
    flow = deepcopy(FLOW)
    inside = flow
    for part in path[:-1]:
        inside = inside[part]
    value = inside[path[-1]]
    if as_key and isinstance(inside, dict):
        del inside[path[-1]]
        inside[odd] = value
    else:
        inside[path[-1]] = odd
    try:
        found, located = load_text_located(yaml.safe_dump(flow), "odd.yaml", Flow)
        problems = check(found, located, KNOWN)
    except DocumentError as error:
        problems = [*error.problems]
    if all(problem.severity != "error" for problem in problems):
        assert compile_flow(found, KNOWN).name == found.flow
