"""The time zones that a telephone number may be in."""

from __future__ import annotations

import pytest

from config.number_zones import zones_of

pytestmark = pytest.mark.unit

EASTERN, CENTRAL = "America/New_York", "America/Chicago"


@pytest.mark.parametrize(
    "number", ["+14232002000", "+12192342000", "+12702002000", "+18509002000", "+18122002000"]
)
def test_an_exchange_of_which_nothing_is_known_is_anywhere_in_its_area(number: str) -> None:
    """Area codes of Tennessee, Indiana, Kentucky and Florida lie in two zones."""
    assert zones_of(number) == (CENTRAL, EASTERN)


@pytest.mark.parametrize("number", ["+13642002000", "+14482002000", "+19302002000"])
def test_an_area_code_is_where_the_one_is_that_it_lies_over(number: str) -> None:
    """Numbers of both are given out in the same places."""
    assert zones_of(number) == (CENTRAL, EASTERN)


def test_an_exchange_that_is_known_is_in_one_zone() -> None:
    """Chattanooga is in the east of Tennessee, Manhattan has one clock."""
    assert zones_of("+14232662000") == (EASTERN,)
    assert zones_of("+12122002000") == (EASTERN,)


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+3612345678", "Europe/Budapest"),
        ("+48221234567", "Europe/Warsaw"),
        ("+37251234567", "Europe/Tallinn"),
        ("+3726123456", "Europe/Tallinn"),
        ("+442079460000", "Europe/London"),
        ("+218912345678", "Africa/Tripoli"),
    ],
)
def test_a_country_s_only_zone_is_its_own(number: str, zone: str) -> None:
    """Libya's clocks are not changed, and Bucharest's are, which the map has for it."""
    assert zones_of(number) == (zone,)


def test_a_mobile_phone_is_anywhere_in_its_country() -> None:
    """Of a number that is none nothing is known."""
    assert len(zones_of("+79161234567")) > 5
    assert {"Australia/Perth", "Australia/Sydney"} <= set(zones_of("+61412345678"))
    assert zones_of("+99912345") == zones_of("none") == ()
