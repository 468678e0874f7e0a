"""What makes a field right: check digit, date, lengths."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from payments.capture.brands import Brand, brand_of, code_lengths, number_lengths
from payments.capture.digits import Digits
from payments.capture.rules import Rules
from payments.capture.values import Field, FieldError

EXPIRY_DIGITS = 4
"""Two of the month, two of the year, as on the card."""
COMMON = 16
"""Digits of most numbers of the brands that have longer ones, too."""
_CENTURY = 2000
_MONTHS = 12
_YEARS_AHEAD = 20
"""No issuer gives a card for longer."""
_PAUSE_ENDS_FROM = 14
"""Digits of a number. Cards show theirs in fours, so callers pause after twelve; the few numbers
of 12 and 13 digits end by `#` or by the longer silence."""


class Month(NamedTuple):
    """A month of a year, to hold an expiry to; in the site's zone."""

    year: int
    month: int


def has_check_digit(number: Digits, size: int | None = None) -> bool:
    """Whether the last digit is the one that the others ask for (ISO/IEC 7812-1, annex B), of the
    whole number or of the first `size`."""
    total = 0
    size = len(number) if size is None else size
    for index, digit in enumerate(islice(number.values(), size)):
        doubled = digit * 2 if (size - index) % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def expiry_of(expiry: Digits) -> Month:
    """The month that four keyed digits name; of any other count no month there is."""
    return Month(_CENTURY + expiry.read(2, EXPIRY_DIGITS), expiry.read(0, 2))


def lengths_of(field: Field, brand: Brand | None, rules: Rules) -> Sequence[int]:
    """How many digits a field may have, the least first."""
    match field:
        case Field.NUMBER:
            return number_lengths(brand)
        case Field.EXPIRY:
            return (EXPIRY_DIGITS,)
        case Field.CODE:
            return code_lengths(brand)
        case Field.POSTAL:
            return range(rules.postal_least, rules.postal_most + 1)


def could_end(field: Field, keyed: Digits, brand: Brand | None, rules: Rules) -> bool:
    """Whether a pause says that the caller is through with a field that could still be longer."""
    if len(keyed) not in lengths_of(field, brand, rules):
        return False
    if field is not Field.NUMBER:
        return True
    return len(keyed) >= _PAUSE_ENDS_FROM and has_check_digit(keyed)


def could_be_two(field: Field, keyed: Digits, brand: Brand | None, rules: Rules) -> bool:
    """Whether a number of all digits that there can be may also be a shorter one, and the first
    digits of the expiry date."""
    if field is not Field.NUMBER or COMMON not in lengths_of(field, brand, rules):
        return False
    return len(keyed) > COMMON and has_check_digit(keyed, COMMON)


def is_date(expiry: Digits, today: Month) -> bool:
    """Whether a card could be good until then."""
    return len(expiry) == EXPIRY_DIGITS and _is_valid(expiry_of(expiry), today)


def fault_of(
    field: Field, keyed: Digits, brand: Brand | None, rules: Rules, today: Month
) -> FieldError | None:
    """What is wrong with a field that the caller is through with; None: nothing."""
    fits = len(keyed) in lengths_of(field, brand, rules)
    match field:
        case Field.NUMBER:
            return _number_fault(keyed, fits, rules)
        case Field.EXPIRY:
            return None if is_date(keyed, today) else FieldError.INVALID_DATE
        case Field.CODE:
            return None if fits else FieldError.INVALID_CODE
        case Field.POSTAL:
            return None if fits else FieldError.INVALID_POSTAL


def _number_fault(number: Digits, fits: bool, rules: Rules) -> FieldError | None:
    if not fits or not has_check_digit(number):
        return FieldError.INVALID_NUMBER
    return None if brand_of(number) in rules.brands else FieldError.INVALID_TYPE


def _is_valid(expiry: Month, today: Month) -> bool:
    """A card is good to the end of its month."""
    if not 1 <= expiry.month <= _MONTHS:
        return False
    return today <= expiry <= Month(today.year + _YEARS_AHEAD, today.month)
