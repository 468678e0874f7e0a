"""The flow's commands beside speaking, listening and queueing: a performer for each.

To add one: a file here, and its line in `PERFORMERS`.
"""

from collections.abc import Mapping
from typing import Any

from engine.performing.line import Line, Performer

PERFORMERS: Mapping[type[Any], Performer] = {}
"""Who carries out each command of `ivr.commands`."""

__all__ = ["PERFORMERS", "Line", "Performer"]
