"""One number, written as carriers, flows and people of several countries write it."""

import pytest

from config.numbers import country_of, e164, national, one_form

pytestmark = pytest.mark.unit

WAYS = {
    "HU": ("+36301234567", "06 30 123-4567", "06301234567", "36301234567", "0036 30 1234567"),
    "PL": ("+48221234567", "22 123 45 67", "221234567", "48221234567", "0048221234567"),
    "EE": ("+37251234567", "5123 4567", "51234567", "37251234567", "0037251234567"),
    "GB": ("+447911123456", "07911 123456", "447911123456", "0044 7911 123456"),
    "IE": ("+353871234567", "087 123 4567", "353871234567", "00353871234567"),
    "SK": ("+421905123456", "0905 123 456", "421905123456", "00421905123456"),
    "IT": ("+390669812345", "06 698 12345", "390669812345", "00390669812345"),
    "US": ("+12125550100", "(212) 555-0100", "12125550100", "011 1 212 555 0100"),
}


@pytest.mark.parametrize("country", WAYS)
def test_a_number_is_the_same_however_it_is_written(country: str) -> None:
    """With its country code in any way, or without one in the site's own country."""
    wanted, *others = WAYS[country]
    assert {e164(number, country) for number in (wanted, *others)} == {wanted}
    assert {one_form(number, country) for number in (wanted, *others)} == {wanted}
    assert country_of(wanted) == country


def test_the_same_digits_are_another_number_in_another_country() -> None:
    """Which country it is, the site says."""
    assert e164("06 1 555 0100", "HU") == "+3615550100"
    assert e164("0612345678", "FR") == "+33612345678"
    assert e164("06301234567", None) is None


def test_what_may_be_read_in_two_ways_is_what_is_assigned() -> None:
    """Ten digits may be a British number without its 0: of 36 none is."""
    assert e164("3612345678", "GB") == "+3612345678"
    assert e164("2079460958", "GB") == "+442079460958"


@pytest.mark.parametrize("number", ["anonymous", "", "201", "*11", "+", "00"])
def test_what_is_no_number_is_its_digits(number: str) -> None:
    """So extensions differ, and who withholds the number is nobody."""
    assert e164(number, "HU") is None
    assert one_form(number, "HU") == "".join(filter(str.isdigit, number))


def test_the_national_way_is_that_of_the_own_country_alone() -> None:
    """In which a trunk may have shown it."""
    assert national("+36 30 123 4567", "HU") == "06301234567"
    assert national("+48221234567", "HU") is None
    assert national("anonymous", "HU") is None
