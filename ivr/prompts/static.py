"""What a flow says that is known before any call, so that it can be rendered at start."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.commands import Segment
from ivr.flow import Flow
from ivr.naming import naming
from ivr.speech import Speech


def static_texts(flow: Flow) -> tuple[Segment, ...]:
    """Each segment once: texts without variables, and all ten digits where digits are read."""
    return tuple(dict.fromkeys(_segments(flow)))


def _segments(flow: Flow) -> Iterator[Segment]:
    for name, step in flow.steps.items():
        name_of = naming(flow.flow, name, step)
        for wording in step.spoken():
            called = [name_of(wording)]
            yield from Speech([wording], flow.languages, flow.names, called=called).static()
