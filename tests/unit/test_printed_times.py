"""Times that commands print are the site's, with the zone, wherever the machine stands."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.console import clock_time
from engine.settings import from_environment
from engine.zone import site_zone

pytestmark = pytest.mark.unit

WINTER, SUMMER = 1_763_712_000_000, 1_782_000_000_000


def test_a_time_has_its_zone() -> None:
    """The name changes with summer time; no time is no text."""
    budapest = ZoneInfo("Europe/Budapest")
    assert clock_time(WINTER, budapest) == "2025-11-21 09:00:00 CET"
    assert clock_time(SUMMER, budapest) == "2026-06-21 02:00:00 CEST"
    assert clock_time(WINTER, ZoneInfo("UTC")) == "2025-11-21 08:00:00 UTC"
    assert clock_time(None, budapest) == ""


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("zone: America/New_York", "America/New_York"),
        ("zone: Atlantis", "UTC"),
        ("zone: [", "UTC"),
        ("site: sample", "UTC"),
        ("- zone", "UTC"),
    ],
)
def test_the_zone_is_the_site_s(tmp_path: Path, written: str, zone: str) -> None:
    """A site that cannot be read hides no history: its times are told in UTC."""
    site = tmp_path / "site.yaml"
    site.write_text(written)
    assert site_zone(from_environment({"TRUNKLINE_SITE": str(site)})).key == zone
    site.unlink()
    assert site_zone(from_environment({"TRUNKLINE_SITE": str(site)})).key == "UTC"
