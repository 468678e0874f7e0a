"""What the recording of a prompt is called: the place of its text in the flows.

``prompts/hu/support.main.prompt.wav`` is what the step ``main`` of the flow ``support`` says in
Hungarian as its ``prompt``.
"""

from __future__ import annotations

from collections.abc import Callable

from ivr.steps.base import Step
from ivr.wording import Said


def prompt_name(flow: str, step: str, field: str) -> str:
    """``support.main.prompt``, for the names of files."""
    return f"{flow}.{step}.{field}"


def naming(flow: str, step_name: str, step: Step) -> Callable[[Said], str | None]:
    """The names of what ``step`` says; Trunkline's own words have none."""
    heard = [*step.heard()]

    def name_of(wording: Said) -> str | None:
        # By identity: two prompts of a step may have the same text, and are two recordings.
        fields = (one.field for one in heard if one.wording is wording)
        field = next(fields, None)
        return None if field is None else prompt_name(flow, step_name, field)

    return name_of
