"""A flow of which only some parts are well-formed: what is left of it can be checked all the same.

An author sees every fault at once, and none that is only a consequence of another.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from config.document import DocumentError, Located
from config.problem import Path
from ivr.flow import Flow
from ivr.steps.base import Exits, Step

_BY_NAME = frozenset({"vars", "params", "hours", "words", "exits", "steps"})
_VALUES = frozenset({"vars", "params", "hours"})
"""What steps name."""
_TOLD = frozenset({"flow", "about", "owner", "version", "start", "words"})
"""Where a fault says nothing of what the steps may do."""
_STAND_IN = "draft"


class Draft(NamedTuple):
    """What can be read of a flow that has errors."""

    flow: Flow
    """Its well-formed parts."""
    located: Located
    steps: tuple[str, ...]
    """The names of all its steps, of those too that cannot be read."""
    doubtful: frozenset[str]
    """Names of values that cannot be read: what is said of them could be wrong."""
    is_framed: bool
    """Whether everything around the steps can be read, but for the doubtful values."""

    def is_sure(self, step: Step) -> bool:
        """Whether all that the step names can be read."""
        if not self.doubtful:
            return True
        names = "|".join(map(re.escape, sorted(self.doubtful)))
        return re.search(rf"\b(?:{names})\b", step.model_dump_json()) is None


def draft(located: Located) -> Draft | None:
    """What can be checked of a flow that `Flow` refuses; None: nothing."""
    try:
        plain = located.root.plain
    except DocumentError:
        return None
    if not isinstance(plain, dict) or not isinstance(plain.get("steps"), dict):
        return None
    places = _faulty(plain)
    doubtful = frozenset(str(place[-1]) for place in places if place[0] in _VALUES)
    try:
        flow = Flow.model_validate(_without(plain, places))
    except ValidationError:
        return None
    names = tuple(name for name in plain["steps"] if isinstance(name, str))
    return Draft(flow, located, names, doubtful, all(map(_is_told, places)))


def _is_told(place: Path) -> bool:
    """Whether a fault there says nothing of what other steps may do, or the draft knows it."""
    if place[0] == "exits":
        return place[-1] in Exits.model_fields
    return len(place) > 1 or place[0] in _TOLD


def _faulty(plain: Mapping[str, Any]) -> set[Path]:
    """The keys at the top that are at fault, or what is in them, one level down."""
    try:
        Flow.model_validate(plain)
    except ValidationError as failure:
        locs = (error["loc"] for error in failure.errors(include_url=False))
        return {loc[: 2 if loc[0] in _BY_NAME else 1] for loc in locs if loc}
    return set()


def _without(plain: Mapping[str, Any], places: Collection[Path]) -> dict[str, Any]:
    """The document without what is at fault; what it cannot be without is there all the same."""
    left = {key: dict(part) if isinstance(part, dict) else part for key, part in plain.items()}
    for place in places:
        part = left.get(str(place[0]))
        if len(place) > 1 and isinstance(part, dict):
            part.pop(place[1], None)
        else:
            left.pop(str(place[0]), None)
    step = next(iter(left.get("steps") or {}), _STAND_IN)
    # An exit that cannot be read is one: no step lacks it.
    lost = {name: step for name in Exits.model_fields if ("exits", name) in places}
    exits = left.get("exits") or {}
    needed = dict.fromkeys(("flow", "about", "owner"), _STAND_IN) | {"start": step}
    return {**needed, "languages": ["en"], **left, "exits": {**exits, **lost}}
