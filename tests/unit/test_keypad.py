"""What agents key in a conversation."""

import pytest

from config.people import InCall
from engine.transfers.keypad import KEYING_S, Keyed

pytestmark = pytest.mark.unit


class Fingers:
    """Keys pressed at the test's pace."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._keyed = Keyed(InCall(), lambda: self.now_s)

    def press(self, keys: str) -> list[tuple[str, str]]:
        """What was asked for by them."""
        asked = [self._keyed.key(key) for key in keys]
        return [each for each in asked if each is not None]


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        ("#8", [("hold", "")]),
        ("#2203#", [("transfer", "203")]),
        ("#30036301234567#", [("consult", "0036301234567")]),
        ("12#8", [("hold", "")]),
        ("##8", [("hold", "")]),
        ("#0#4", [("conference", "")]),
        ("#2203", []),
        ("1234*0", []),
        ("#8#8", [("hold", ""), ("hold", "")]),
        ("#2#", [("transfer", "")]),
    ],
)
def test_codes_among_other_keys(keys: str, asked: list[tuple[str, str]]) -> None:
    """Keys that are of no code do nothing, and a code may follow them."""
    assert Fingers().press(keys) == asked


def test_what_was_begun_is_forgotten() -> None:
    """After a while without a key, and when there are more keys than a number has."""
    fingers = Fingers()
    assert fingers.press("#22") == []
    fingers.now_s += KEYING_S + 1
    assert fingers.press("03#") == []
    assert fingers.press("#8") == [("hold", "")]
    assert fingers.press("#2" + "1" * 40 + "#") == []
    assert fingers.press("#8") == [("hold", "")]
