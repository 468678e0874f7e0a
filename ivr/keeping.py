"""Callbacks that count on a queue, where the call has been in none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.flow import Flow
from ivr.graph import reachable
from ivr.steps.base import Edge, Finding, Step
from ivr.steps.call import Call
from ivr.steps.callback import Callback
from ivr.steps.queue import Queue

_NO_QUEUE = "no queue comes before this step:"


def placeless(
    flow: Flow, ways: Mapping[str, tuple[Edge, ...]], flows: Mapping[str, Flow] | None
) -> Iterator[Finding]:
    """Callbacks with nothing to keep; none where flows around this one may have queued the call."""
    counting = {name: fault for name, step in flow.steps.items() if (fault := _counts(step))}
    if not counting or flows is None or _is_called(flow.flow, flows):
        return
    queued = {name for name, step in flow.steps.items() if _queues(step, flows)}
    after: set[str] = set()
    for target in {edge.target for name in queued for edge in ways[name]} & flow.steps.keys():
        after |= reachable(target, ways)
    for name, (field, message) in counting.items():
        if name not in after:
            path = ("steps", name, "callback", *field)
            yield Finding(path, message, key=True, warning=True, own=True)


def _counts(step: Step) -> tuple[tuple[str, ...], str] | None:
    """What of the callback needs a queue before it, and what to tell."""
    if not isinstance(step, Callback):
        return None
    body = step.callback
    if body.cancel:
        return None
    if body.queue is None:
        return (), f"{_NO_QUEUE} say for which one the callback is"
    if body.keep_place and "keep_place" in body.model_fields_set:
        return ("keep_place",), f"{_NO_QUEUE} there is no place to keep"
    return None


def _is_called(name: str, flows: Mapping[str, Flow]) -> bool:
    return any(_calls(step) == name for flow in flows.values() for step in flow.steps.values())


def _queues(step: Step, flows: Mapping[str, Flow]) -> bool:
    """Whether the call may have been in a queue behind this step."""
    called = flows.get(_calls(step) or "")
    if called is None:
        return isinstance(step, Queue | Call)
    return any(isinstance(each, Queue | Call) for each in called.steps.values())


def _calls(step: Step) -> str | None:
    return step.call.flow if isinstance(step, Call) else None
