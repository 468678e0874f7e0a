"""The sample site's own function, which the flow bill_payment calls."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from engine.publishing.functions import load_functions

pytestmark = pytest.mark.unit

LOADED = load_functions(Path(__file__).parents[2] / "functions")


@pytest.mark.parametrize(
    ("ordered", "at", "arrives"),
    [
        ("2026-11-23", "10:00", "2026-11-24"),  # a Monday: the next day
        ("2026-11-23", "13:59", "2026-11-24"),
        ("2026-11-23", "14:00", "2026-11-25"),  # too late: received on Tuesday
        ("2026-11-27", "10:00", "2026-11-30"),  # a Friday: over the weekend
        ("2026-11-27", "15:00", "2026-12-01"),  # received on Monday
        ("2026-11-28", "10:00", "2026-12-01"),  # a Saturday is no business day
        ("2026-04-02", "10:00", "2026-04-07"),  # Maundy Thursday: TARGET rests until Easter Monday
        ("2026-12-31", "15:00", "2027-01-05"),  # over New Year and a weekend
    ],
)
def test_a_transfer_arrives_a_business_day_after_it_was_received(
    ordered: str, at: str, arrives: str
) -> None:
    """Weekends and TARGET's closing days are none; what comes after the cut-off counts as later."""
    found = LOADED.functions["transfer_arrives"].call(
        ordered=date.fromisoformat(ordered), at=time.fromisoformat(at)
    )
    assert found == date.fromisoformat(arrives)


def test_the_sample_sites_functions_are_sound() -> None:
    """Nothing is wrong in the files, and everything in them is for a flow."""
    assert LOADED.problems == ()
    assert set(LOADED.functions) == {"transfer_arrives"}
