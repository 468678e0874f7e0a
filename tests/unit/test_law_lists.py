"""Do-not-call lists, looked up again at the moment of dialing, and consents with their source."""

from __future__ import annotations

import pytest

from config.registers import OWN
from routing.outbound.rules.ask import Consent, Known, Listing
from routing.outbound.rules.law import ConsentRule, DoNotCallRule, Needing, Register
from tests.unit.calling import (
    DAY,
    HU,
    SECOND,
    a_call,
    at,
    decide,
    is_permitted,
    only,
    refused,
    unlisted,
    why,
)

pytestmark = pytest.mark.unit

NOW = at("2028-02-29 10:00")
REGISTER = "us_national"
LISTS = only(do_not_call=DoNotCallRule({REGISTER: Register(31 * DAY)}, 10 * SECOND))


def lists(
    own: bool = False,
    register: bool = False,
    looked_ms: int = NOW,
    imported_ms: int | None = NOW - DAY,
) -> Known:
    return Known(
        listings=(
            Listing(OWN, own, looked_ms),
            Listing(REGISTER, register, looked_ms, imported_ms),
        )
    )


def consented(*consents: Consent) -> Known:
    return Known(listings=unlisted(NOW), consents=consents)


def because(known: Known, **changes: bool) -> str:
    """Why the lists refuse a call."""
    refusal = refused(LISTS, a_call(HU, **changes), NOW, known)
    assert why(refusal) == ["do_not_call"]
    assert refusal.again_ms is None
    return refusal.reasons[0].because


class TestDoNotCall:
    def test_a_number_on_no_list_may_be_called(self) -> None:
        """Both lists were looked at, and have it not."""
        assert is_permitted(LISTS, a_call(HU), NOW, lists())

    def test_who_asked_not_to_be_called_is_not_for_whatever_reason(self) -> None:
        """Consent of before does not help, nor that nothing is sold."""
        known = Known(listings=lists(own=True).listings, consents=(Consent("form", NOW - DAY),))
        assert because(known) == "the number asked not to be called"
        assert because(known, commercial=False) == "the number asked not to be called"
        assert because(known, agent_kept=True) == "the number asked not to be called"

    def test_a_number_on_a_register_is_not_called(self) -> None:
        """16 CFR 310.4(b)(1)(iii)(B)."""
        assert because(lists(register=True)) == "on the list us_national"

    def test_a_register_gives_way_to_consent_and_to_calls_that_sell_nothing(self) -> None:
        """As it says itself; and another does not."""
        known, call = lists(register=True), a_call(HU)
        agreed = Known(listings=known.listings, consents=(Consent("contract", NOW - DAY),))
        assert is_permitted(LISTS, call, NOW, agreed)
        assert is_permitted(LISTS, a_call(HU, commercial=False), NOW, known)
        register = Register(31 * DAY, unless_consent=False, commercial=False)
        strict = only(do_not_call=DoNotCallRule({REGISTER: register}))
        assert not is_permitted(strict, call, NOW, agreed)
        assert not is_permitted(strict, a_call(HU, commercial=False), NOW, known)

    def test_any_other_list_binds_as_the_own(self) -> None:
        """One that a partner has sent, which no rule names: consent does not help."""
        partners = Listing("partners", True, NOW, NOW - 99 * DAY)
        listings = (*lists().listings, partners)
        known = Known(listings=listings, consents=(Consent("form", NOW - DAY),))
        assert because(known) == "on the list partners"
        free = Known(listings=(*lists().listings, partners._replace(listed=False)))
        assert is_permitted(LISTS, a_call(HU), NOW, free)

    @pytest.mark.parametrize(("days", "permits"), [(0, True), (31, True), (32, False)])
    def test_a_register_that_is_too_old_is_none(self, days: int, permits: bool) -> None:
        """31 days, over the leap day too: 16 CFR 310.4(b)(3)(iv)."""
        known = lists(imported_ms=NOW - days * DAY)
        assert is_permitted(LISTS, a_call(HU), NOW, known) is permits

    def test_a_register_that_was_never_imported_stops_all_calls(self) -> None:
        """To call without having looked breaks the law, whoever is on it."""
        assert because(lists(imported_ms=None)) == "the list us_national was never imported"
        assert because(Known(listings=unlisted(NOW))) == "the list us_national was not looked at"
        assert "own" in because(Known())

    @pytest.mark.parametrize(
        ("ago_ms", "permits"), [(0, True), (10_000, True), (10_001, False), (-1, False)]
    )
    def test_the_lists_are_looked_at_just_before_dialing(self, ago_ms: int, permits: bool) -> None:
        """What the hopper saw an hour ago is not enough, and nobody has looked in the future."""
        known = lists(looked_ms=NOW - ago_ms)
        assert is_permitted(LISTS, a_call(HU), NOW, known) is permits


class TestConsent:
    automated = a_call(HU, automated=True)
    by_people = a_call(HU)

    @pytest.mark.parametrize(
        ("calls", "automated", "ahead", "agent_kept"),
        [
            (Needing.AUTOMATED, True, False, False),
            (Needing.AHEAD, True, True, False),
            (Needing.ALL, True, True, True),
        ],
    )
    def test_which_calls_need_it(
        self, calls: Needing, automated: bool, ahead: bool, agent_kept: bool
    ) -> None:
        """ePrivacy 13(1): automated ones; Poland, art. 398: all."""
        law = only(consent=ConsentRule(calls))
        assert is_permitted(law, self.automated, NOW) is not automated
        assert is_permitted(law, self.by_people, NOW) is not ahead
        assert is_permitted(law, a_call(HU, agent_kept=True), NOW) is not agent_kept

    def test_calls_that_sell_nothing_may_need_none(self) -> None:
        """A reminder of a bill is no direct marketing."""
        law = only(consent=ConsentRule(Needing.ALL, commercial=True))
        assert is_permitted(law, a_call(HU, commercial=False, automated=True), NOW)
        assert not is_permitted(law, self.automated, NOW)

    @pytest.mark.parametrize(
        ("consent", "permits"),
        [
            (Consent("form", NOW), True),
            (Consent("form", NOW + 1), False),  # not yet given
            (Consent("form", NOW - DAY, withdrawn_ms=NOW), False),
            (Consent("form", NOW - DAY, withdrawn_ms=NOW + 1), True),
            (Consent("", NOW - DAY), False),
            (Consent(" ", NOW - DAY), False),
            (Consent("form", NOW - DAY, automated=False), False),  # to people's calls alone
        ],
    )
    def test_what_counts_as_consent(self, consent: Consent, permits: bool) -> None:
        """Prior, not withdrawn, from a source that is named, and to calls of this kind."""
        law = only(consent=ConsentRule())
        assert is_permitted(law, self.automated, NOW, consented(consent)) is permits

    def test_consent_to_be_called_by_people(self) -> None:
        """It is one for them."""
        law = only(consent=ConsentRule(Needing.ALL))
        people = Consent("phone", NOW - DAY, automated=False)
        assert is_permitted(law, self.by_people, NOW, consented(people))

    def test_consent_grows_old_and_may_come_from_some_sources_alone(self) -> None:
        """Two years to the millisecond, a leap day among them."""
        law = only(consent=ConsentRule(max_age_ms=731 * DAY, sources=("form", "contract")))
        old = NOW - 731 * DAY
        assert not is_permitted(law, self.automated, NOW, consented(Consent("form", old)))
        assert is_permitted(law, self.automated, NOW, consented(Consent("form", old + 1)))
        assert not is_permitted(law, self.automated, NOW, consented(Consent("phone", NOW)))

    def test_the_consent_that_counted_is_in_the_evidence(self) -> None:
        """With its source and its time, of several the one that holds."""
        law = only(consent=ConsentRule())
        gone = Consent("paper", NOW - 2 * DAY, withdrawn_ms=NOW - DAY)
        decision = decide(law, self.automated, NOW, consented(gone, Consent("form", NOW - DAY)))
        (finding,) = [each for each in decision.evidence.findings if each.rule == "consent"]
        assert finding.because == (
            "consented: to automated calls, form, given 2028-02-28T09:00:00.000Z"
        )
        assert len(finding.saw["consents"]) == 2  # type: ignore[arg-type]  # it is a list
