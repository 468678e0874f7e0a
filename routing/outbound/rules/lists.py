"""Do-not-call lists and consents.

16 CFR 310.4(b)(1)(iii): nobody who has asked not to be called, nor who is on the national registry,
of which the copy is at most 31 days old (310.4(b)(3)(iv)). In the EU and the UK live calls follow
national opt-out lists and automated ones need prior consent (Directive 2002/58/EC, art. 13(1) and
(3); PECR 2003, reg. 19 and 21, by which a registration binds after 28 days); Poland's electronic
communications law asks for consent to all (art. 398).
"""

from __future__ import annotations

from collections.abc import Iterator

from config.registers import OWN
from routing.outbound.rules.ask import Ask, Consent, Listing, Said
from routing.outbound.rules.evidence import Fact, moment
from routing.outbound.rules.law import ConsentRule, DoNotCallRule, Needing, Register

_ANY_CONSENT = ConsentRule()


def do_not_call(rule: DoNotCallRule, ask: Ask) -> Said:
    """On no list that binds, and all of them looked at just now."""
    saw = {each.name: _listing(each) for each in ask.known.listings}
    consent = valid_consent(ask.rules.consent or _ANY_CONSENT, ask)
    if consent is not None:
        saw["consent"] = _shown(consent)
    reasons = [*_reasons(rule, ask, consented=consent is not None)]
    if reasons:
        return Said(False, "; ".join(reasons), saw)
    return Said(True, "on no do-not-call list that binds", saw)


def consent(rule: ConsentRule, ask: Ask) -> Said:
    """A prior consent, where this kind of call needs one."""
    needed = _needed(rule, ask)
    found = valid_consent(rule, ask)
    saw: dict[str, Fact] = {"needed by": rule.calls.value}
    if rule.max_age_ms is not None:
        saw["may be old"] = f"{rule.max_age_ms // 86_400_000} days"
    saw["consents"] = [_shown(each) for each in ask.known.consents]
    if not needed:
        return Said(True, "this kind of call needs no consent", saw)
    if found is None:
        return Said(False, "no consent that holds, of a known source", saw)
    return Said(True, f"consented: {_shown(found)}", saw)


def valid_consent(rule: ConsentRule, ask: Ask) -> Consent | None:
    """The first consent that holds for this call at this moment."""
    return next((each for each in ask.known.consents if _holds(each, rule, ask)), None)


def _holds(each: Consent, rule: ConsentRule, ask: Ask) -> bool:
    return (
        each.given_ms <= ask.at_ms
        and (each.withdrawn_ms is None or ask.at_ms < each.withdrawn_ms)
        and (rule.max_age_ms is None or ask.at_ms < each.given_ms + rule.max_age_ms)
        and bool(each.source.strip())
        and (not rule.sources or each.source in rule.sources)
        and (each.automated or not ask.call.automated)
    )


def _needed(rule: ConsentRule, ask: Ask) -> bool:
    if rule.commercial and not ask.call.commercial:
        return False
    match rule.calls:
        case Needing.AUTOMATED:
            return ask.call.automated
        case Needing.AHEAD:
            return ask.call.automated or not ask.call.agent_kept
        case Needing.ALL:
            return True


def _reasons(rule: DoNotCallRule, ask: Ask, *, consented: bool) -> Iterator[str]:
    """Why the lists do not permit the call."""
    looked = {each.name: each for each in ask.known.listings}
    yield from _unseen(OWN, looked, rule, ask)
    for name, listing in looked.items():
        if listing.listed and name not in rule.registers:
            yield "the number asked not to be called" if name == OWN else f"on the list {name}"
    for name, register in rule.registers.items():
        if register.commercial and not ask.call.commercial:
            continue
        yield from _unseen(name, looked, rule, ask)
        if name in looked:
            yield from _of_register(name, looked[name], register, ask, consented)


def _unseen(name: str, looked: dict[str, Listing], rule: DoNotCallRule, ask: Ask) -> Iterator[str]:
    if name not in looked:
        yield f"the list {name} was not looked at"
    elif not 0 <= ask.at_ms - looked[name].looked_ms <= rule.checked_within_ms:
        yield f"the list {name} was looked at too long before dialing"


def _of_register(
    name: str, listing: Listing, register: Register, ask: Ask, consented: bool
) -> Iterator[str]:
    imported_ms = listing.imported_ms
    if imported_ms is None:
        yield f"the list {name} was never imported"
    elif ask.at_ms - imported_ms > register.max_age_ms:
        yield f"the import of the list {name} is too old"
    if listing.listed and not (register.unless_consent and consented):
        yield f"on the list {name}"


def _listing(each: Listing) -> str:
    listed = "listed" if each.listed else "not listed"
    imported = "" if each.imported_ms is None else f", imported {moment(each.imported_ms)}"
    return f"{listed}, looked at {moment(each.looked_ms)}{imported}"


def _shown(each: Consent) -> str:
    withdrawn = "" if each.withdrawn_ms is None else f", withdrawn {moment(each.withdrawn_ms)}"
    kind = "automated calls" if each.automated else "calls by people"
    return f"to {kind}, {each.source}, given {moment(each.given_ms)}{withdrawn}"
