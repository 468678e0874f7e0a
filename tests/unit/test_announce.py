"""Trunkline's own sentences: all there, in each language's grammar."""

from __future__ import annotations

import pytest

from ivr.announce import (
    LANGUAGES,
    WAITS,
    Notice,
    apology,
    every_text,
    expected_wait,
    minutes_told,
    notice,
    paused,
    place_in_queue,
)
from ivr.card_sentences import CardNotice
from ivr.errors import LanguageError

pytestmark = pytest.mark.unit

_FIXED = len(Notice) + len(CardNotice)


@pytest.mark.parametrize(
    ("language", "place", "said"),
    [
        ("en", 1, "You are next."),
        ("en", 2, "You are second in the queue."),
        ("en", 20, "You are twentieth in the queue."),
        ("en", 21, "There are more than twenty callers in the queue."),
        ("hu", 1, "Ön következik."),
        ("hu", 3, "Ön a harmadik a sorban."),
        ("hu", 5, "Ön az ötödik a sorban."),
        ("hu", 15, "Ön a tizenötödik a sorban."),
        ("hu", 99, "Jelenleg több mint húszan várakoznak a sorban."),
        ("pl", 2, "Są Państwo na drugim miejscu w kolejce."),
        ("pl", 11, "Są Państwo na jedenastym miejscu w kolejce."),
        ("et", 1, "Teie olete järgmine."),
        ("et", 8, "Olete järjekorras kaheksas."),
        ("et", 20, "Olete järjekorras kahekümnes."),
    ],
)
def test_places_are_told_in_the_languages_grammar(language: str, place: int, said: str) -> None:
    """Ordinals to twenty, with Hungarian's article and Polish's locative."""
    assert place_in_queue(language, place) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_says_everything_and_each_thing_differently(language: str) -> None:
    """Every notice, what payers hear, twenty places, the far end of the line and the waits, no two
    alike."""
    texts = list(every_text(language))
    assert len(texts) == len(set(texts)) == _FIXED + 21 + len(WAITS)
    assert all(text.endswith(".") and text[0].isupper() for text in texts)
    assert apology(language) == notice(language, Notice.APOLOGY)


@pytest.mark.parametrize(
    ("language", "wait_ms", "said"),
    [
        ("en", 0, "The waiting time is about one minute."),
        ("en", 60_001, "The waiting time is about two minutes."),
        ("hu", 300_000, "A várható várakozási idő körülbelül öt perc."),
        ("pl", 290_000, "Czas oczekiwania to w przybliżeniu pięć minut."),
        ("et", 3_600_000, "Ooteaeg on umbes kuuskümmend minutit."),
        ("en", 3_600_001, None),
    ],
)
def test_waits_are_told_in_round_minutes(language: str, wait_ms: int, said: str | None) -> None:
    """Rather too long than too short, and not at all when it is more than an hour."""
    assert expected_wait(language, wait_ms) == said


@pytest.mark.parametrize(
    ("before", "wait_ms", "told"),
    [
        (None, 290_000, 5),
        (5, 180_000, 3),
        (5, 300_001, 5),
        (5, 449_999, 5),
        (5, 450_000, 10),
        (30, 3_700_000, None),
        (60, 4_000_000, 60),
    ],
)
def test_a_wait_that_was_told_grows_only_by_a_lot(
    before: int | None, wait_ms: int, told: int | None
) -> None:
    """What was told stands until half as much again is expected, which is then owned up to."""
    assert minutes_told(wait_ms, before) == told


def test_a_pause_names_the_reasons_everyone_has() -> None:
    """A reason of the site's own is confirmed without its name."""
    assert paused("en", "lunch") == "You are paused for lunch."
    assert paused("et", "fire drill") == "Paus on alanud."
    assert paused("hu", "training") == "A képzés idejére szünetel a hívásfogadás."
    assert paused("et", "training") == "Koolituse ajal kõnesid ei suunata."


def test_an_unknown_language_is_an_error() -> None:
    """The engine falls back by its own rule, not by chance."""
    with pytest.raises(LanguageError, match="'fr'"):
        place_in_queue("fr", 1)
    with pytest.raises(LanguageError, match="'fr'"):
        paused("fr", "lunch")
