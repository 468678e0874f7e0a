"""A variable that nothing uses was probably forgotten, or its name mistyped elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.loader import read_flows
from tests.unit.conversation import HEADER

pytestmark = pytest.mark.unit

END = "  z: {hangup: normal}\n"


def told(tmp_path: Path, variables: str, steps: str) -> list[str]:
    """What the check says of a flow with these."""
    text = f"{HEADER}languages: [en]\nstart: a\n{variables}steps:\n{steps}{END}"
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    return [str(each).rpartition("f.yaml:")[2] for each in read_flows(tmp_path)[1]]


def test_a_variable_without_a_step_is_a_warning(tmp_path: Path) -> None:
    """At its name; its word in what is said is no use of it."""
    variables = "vars:\n  account: {type: digits}\nparams:\n  due: {type: number}\n"
    assert told(tmp_path, variables, "  a: {say: Your account is due., next: z}\n") == [
        "8:3: warning: vars.account: is never used: no step reads it or sets it",
        "10:3: warning: params.due: is never used: no step reads it or sets it",
    ]


@pytest.mark.parametrize(
    "step",
    [
        "{say: 'It is {x}.', next: z}",
        "{say: 'It is { x + 1 :ordinal}.', next: z}",
        "{set: {x: 1}, next: z}",
        "{branch: [{if: x > 1, go: z}, {else: z}]}",
        "{branch: [{if: 'call.language == \"en\" and x > 1', go: z}, {else: z}]}",
        "{queue: line, priority: x + 1, on_timeout: {after: 1m, go: z}, answered: z, on_error: z}",
        "{http: {get: 'https://a.example/{x}', read: {}}, next: z, on_error: z}",
        "{http: {get: 'https://a.example/', read: {x: $.x}}, next: z, on_error: z}",
    ],
)
def test_each_use_counts(tmp_path: Path, step: str) -> None:
    """Read, set, spoken, sent or learned."""
    assert told(tmp_path, "vars: {x: {type: number, start: 1}}\n", f"  a: {step}\n") == []


def test_a_result_is_used_by_who_calls(tmp_path: Path) -> None:
    """The flow need not do more with it."""
    variables = "vars: {x: {type: number, start: 1}}\nresults: [x]\n"
    assert told(tmp_path, variables, "  a: {say: Good day., next: z}\n") == []


def test_a_flow_with_errors_is_told_those_alone(tmp_path: Path) -> None:
    """The mistyped name is the cause, the unused one its consequence."""
    (fault,) = told(tmp_path, "vars: {due: {type: number}}\n", "  a: {say: '{dew}', next: z}\n")
    assert 'did you mean "due"?' in fault
