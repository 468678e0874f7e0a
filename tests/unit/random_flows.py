"""Random flows that pass the check, made of `tests.unit.random_steps`."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NamedTuple

from hypothesis import strategies as st

from config.document import Located, load_text_located
from config.hours import Hours
from config.opening import openings
from ivr.check import check
from ivr.exits import edges
from ivr.flow import Flow
from ivr.graph import reachable
from ivr.program import Program, compile_flows
from ivr.steps.base import Known
from tests.unit.random_steps import (
    HAVE_ON_ERROR,
    PARAMS,
    RESULTS,
    STEPS,
    VARIABLES,
    Drawn,
    Ways,
    some,
)

Document = dict[str, Any]

SUPPORT = Hours.model_validate({"open": {"weekdays": "08:00-18:00"}, "holidays": ["HU"]})
KNOWN = Known(
    queues=frozenset({"support"}),
    skills=frozenset({"en", "hu", "billing"}),
    languages=("en", "hu"),
    extensions=frozenset({"200", "207"}),
    hours=openings({"support": SUPPORT}, "Europe/Budapest"),
    zone="Europe/Budapest",
)


@cache
def _step(index: int, count: int, flows: tuple[str, ...]) -> Drawn:
    onward = st.sampled_from([*(f"s{each}" for each in range(index + 1, count)), "end"])
    anywhere = st.sampled_from([*(f"s{each}" for each in range(count)), "end"])
    ways = Ways(onward, anywhere, flows)
    kinds = [*STEPS, "call", "call"] if flows else [kind for kind in STEPS if kind != "call"]
    return st.sampled_from(kinds).flatmap(lambda kind: _caught(kind, ways))


def _caught(kind: str, ways: Ways) -> Drawn:
    """The step, some of them with exits for errors and for hangups."""
    step = STEPS[kind](ways)
    exits: dict[str, Drawn] = {"on_hangup": st.just("gone")}
    if kind in HAVE_ON_ERROR:
        exits["on_error"] = ways.onward if kind in ("language", "call") else ways.anywhere
    return st.tuples(step, some({}, optional=exits)).map(lambda two: two[0] | two[1])


_GONE = (
    {"set": {"tries": "tries + 1"}, "next": "left"},
    {"callback": {"queue": "support"}, "next": "left", "on_error": "end"},
    {"branch": [{"if": "known", "go": "left"}, {"else": "end"}]},
)
_LEFT = ({"goto": "end"}, {"language": "hu", "next": "end"})
_SHOP = {
    "open": {"weekdays": "08:00-18:00"},
    "holidays": ["HU"],
    "special": {"12-24": "08:00-12:00"},
}


@st.composite
def documents(draw: st.DrawFn, name: str, flows: tuple[str, ...] = ()) -> Document:
    """A flow of up to six steps and an end, as it is written; it may call ``flows``."""
    count = draw(st.integers(1, 6))
    steps = {f"s{index}": draw(_step(index, count, flows)) for index in range(count)}
    steps["gone"] = draw(st.sampled_from(_GONE))
    steps["left"] = draw(st.sampled_from(_LEFT))
    steps["end"] = {"hangup": "normal"} if name == "main" else {"return": {}}
    document: Document = {
        "flow": name,
        "about": "x",
        "owner": "x",
        "languages": ["en", "hu"],
        "start": "s0",
        "hours": {"shop": _SHOP},
        "vars": dict(VARIABLES),
        "results": list(RESULTS),
        "steps": steps,
    }
    if name != "main":
        document["params"] = dict(PARAMS)
    return _reachable(document)


def _reachable(document: Document) -> Document:
    """The same without the steps to which nothing leads."""
    flow, _ = loaded(document)
    found = reachable("s0", {name: [*edges(flow, name, step)] for name, step in flow.steps.items()})
    steps = {name: step for name, step in document["steps"].items() if name in found}
    return {**document, "steps": steps}


@st.composite
def families(draw: st.DrawFn) -> list[Document]:
    """One to three flows as they are written; the first may call the others, and they the last."""
    last = draw(documents("last"))
    middle = draw(documents("middle", ("last",)))
    callable_flows = draw(st.sampled_from([(), ("last",), ("last", "middle")]))
    main = draw(documents("main", callable_flows))
    return [main, *({"last": last, "middle": middle}[each] for each in callable_flows)]


def loaded(document: Document) -> tuple[Flow, Located]:
    """The flow of a document."""
    return load_text_located(json.dumps(document), document["flow"], Flow)


class Checked(NamedTuple):
    """Flows that may call each other: what is wrong in them, and the first one to run.

    Flows that have errors run too, as far as they get.
    """

    errors: list[str]
    program: Program


def checked(family: list[Document]) -> Checked:
    """What the check says of a family of flows, and its program."""
    flows = [loaded(document) for document in family]
    by_name = {flow.flow: flow for flow, _ in flows}
    problems = [
        problem for flow, located in flows for problem in check(flow, located, KNOWN, by_name)
    ]
    errors = [f"{each.path}: {each.message}" for each in problems if each.severity == "error"]
    return Checked(errors, compile_flows(by_name.values(), KNOWN)[family[0]["flow"]])
