"""A callback keeps the place in a queue: there must have been one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.loader import read_flows
from tests.unit.conversation import HEADER

pytestmark = pytest.mark.unit

NO_QUEUE = "no queue comes before this step:"
KEEPING = "{callback: {queue: support, keep_place: yes}, next: z, on_error: z}"
LINE = "{queue: support, answered: z, on_timeout: {after: 1m, go: b}, on_error: z}"


def told(tmp_path: Path, steps: dict[str, str], other: str = "") -> list[str]:
    """What the check says of a flow with these steps, the first of them its start."""
    rows = "".join(f"  {name}: {step}\n" for name, step in steps.items())
    start = f"languages: [en]\nstart: {next(iter(steps))}\nsteps:\n"
    (tmp_path / "f.yaml").write_text(f"{HEADER}{start}{rows}  z: {{hangup: normal}}\n", "utf-8")
    if other:
        own = HEADER.replace("sample", "other", 1)
        rows = f"languages: [en]\nstart: a\nsteps:\n  a: {other}\n  z: {{return: {{}}}}\n"
        (tmp_path / "g.yaml").write_text(own + rows, "utf-8")
    return [str(each).rpartition("f.yaml:")[2] for each in read_flows(tmp_path)[1]]


def test_a_place_that_nobody_has_is_a_warning(tmp_path: Path) -> None:
    """Before any queue; at the key that asks for it."""
    message = f"warning: steps.a.callback.keep_place: {NO_QUEUE} there is no place to keep"
    assert told(tmp_path, {"a": KEEPING}) == [f"8:34: {message}"]


def test_a_callback_without_a_queue_needs_one_before(tmp_path: Path) -> None:
    """It is for the queue just left."""
    (fault,) = told(tmp_path, {"a": "{callback: {}, next: z, on_error: z}"})
    assert fault.endswith(f"{NO_QUEUE} say for which one the callback is")


def test_a_callback_that_does_not_say_it_needs_no_place(tmp_path: Path) -> None:
    """Keeping the place is what it does where there is one."""
    assert told(tmp_path, {"a": "{callback: {queue: support}, next: z, on_error: z}"}) == []


def test_behind_a_queue_all_is_well(tmp_path: Path) -> None:
    """Whichever way the call left it."""
    assert told(tmp_path, {"a": LINE, "b": KEEPING}) == []


def test_the_queue_may_be_in_another_flow(tmp_path: Path) -> None:
    """In one that this one calls."""
    steps = {"a": "{call: {flow: other}, next: b, on_error: z}", "b": KEEPING}
    line = LINE.replace("go: b", "go: z")
    assert told(tmp_path, steps, line) == []
    (fault,) = told(tmp_path, steps, "{say: Good day., next: z}")
    assert fault.endswith("there is no place to keep")


def test_who_calls_this_flow_may_have_queued_the_call(tmp_path: Path) -> None:
    """Nothing is known of what was before."""
    calling = "{call: {flow: sample}, next: z, on_error: z}"
    assert told(tmp_path, {"a": KEEPING}, calling) == []
