"""The documentation's example is a simulator that somebody else has written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from routing.outbound.budget import Tally

pytestmark = pytest.mark.unit

PAGE = Path(__file__).parents[2] / "docs" / "pacing.md"


def test_the_example_plays() -> None:
    """It runs as it is printed, agents talk, and the cap holds at the end."""
    code = PAGE.read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    played: dict[str, Any] = {}
    exec(code, played)  # noqa: S102  # the page's own code
    assert played["answered"] > 40
    assert played["lost"] <= 0.03 * played["answered"]
    live = played["answered"] - played["lost"]
    assert played["pacer"].budget.today == Tally(live=live, lost=played["lost"])
