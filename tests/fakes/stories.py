"""Stories for tests, with everything unimportant filled in."""

from engine.calls.story import Story

CALLER = "+36301234567"


def a_story(contact: str = "c1", started_ms: int = 1_000) -> Story:
    """A call that has just reached the engine."""
    return Story(
        id=contact,
        site="northwind",
        node="n1",
        channel="voice",
        started_ms=started_ms,
        leg=f"PJSIP/carrier-{contact}",
        caller=CALLER,
        called="+3615550100",
        flow="support",
        language="en",
    )


def a_talk(contact: str = "c1") -> Story:
    """Queued at 2,000, rung at 3,000, in conversation with anna since 4,000."""
    queued = a_story(contact).queued(2_000, "support", {"support": 2})
    rung = queued.rung(3_000, "anna", f"leg-{contact}")
    return rung.answered(4_000, "anna", "PJSIP/anna-1", f"leg-{contact}")
