"""A campaign of the site in the terms of its hopper, and what the law is told of a number."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from config.campaign_leads import Condition as WrittenCondition
from config.campaign_leads import Disposition
from config.campaigns import Campaign
from engine.campaigns.hopper import Wants
from history.do_not_call import ConsentRow, NumberFacts, PastAttempt
from history.lead_filter import Condition
from routing.outbound.leads.place import Place
from routing.outbound.leads.plan import (
    MAY_BE_LOST,
    CallAgain,
    CallBack,
    Finish,
    Follow,
    NeverAgain,
    Plan,
    Result,
    Retry,
    TryNextNumber,
)
from routing.outbound.rules.ask import Consent, Listing, PastCall
from routing.outbound.rules.law import Law


def wants_of(name: str, campaign: Campaign) -> Wants:
    """Which leads a campaign calls, and what follows each call."""
    return Wants(
        campaign=name,
        lists={each: use.priority for each, use in campaign.lists.items()},
        plan=plan_of(campaign),
        order=campaign.order,
        conditions=[_condition(each) for each in campaign.filter],
    )


def plan_of(campaign: Campaign) -> Plan:
    """What follows each call of a campaign."""
    return Plan(
        retries={
            Result(result): Retry(each.after.ms, each.growth, each.tries, each.next_number)
            for result, each in campaign.retries.items()
        },
        dispositions={name: _follow(each) for name, each in campaign.dispositions.items()},
        default=campaign.default_disposition,
        tries=campaign.tries,
        kinds=campaign.numbers,
    )


def _follow(disposition: Disposition) -> Follow:
    if disposition.after is not None:
        return CallAgain(disposition.after.ms)
    match disposition.then:
        case "call_back":
            return CallBack()
        case "next_number":
            return TryNextNumber()
        case "do_not_call":
            return NeverAgain()
    return Finish()


def _condition(written: WrittenCondition) -> Condition:
    return Condition(
        field=written.field,
        one_of=written.is_,
        none_of=written.is_not,
        at_least=written.at_least,
        at_most=written.at_most,
        known=written.known,
    )


def open_places(places: Collection[str], law: Law, now_ms: int) -> Sequence[str]:
    """Those of the hopper's places where people may be called by the hours of their country.

    It spares the hopper a night of leads; parts of a country, and all other rules, are asked about
    when a call is to be made.
    """
    return [text for text in places if _is_open(Place.parse(text), law, now_ms)]


def _is_open(place: Place, law: Law, now_ms: int) -> bool:
    hours = law.rules(place.country).hours
    return hours is None or not place.zones or hours.opens_ms(place.zones, now_ms) == now_ms


def past_of(facts: NumberFacts) -> tuple[PastCall, ...]:
    """The site's calls to a number, as the law asks of them."""
    return tuple(_past(each) for each in facts.past)


def _past(attempt: PastAttempt) -> PastCall:
    result = attempt.result
    return PastCall(
        attempt.campaign,
        attempt.begun_ms,
        attempt.ended_ms,
        abandoned=result in MAY_BE_LOST,
        machine=result == Result.MACHINE,
    )


def listings_of(
    facts: NumberFacts, registers: Mapping[str, int | None], now_ms: int
) -> tuple[Listing, ...]:
    """What each register says of a number that was looked up at ``now_ms``."""
    on = {entry.register for entry in facts.entries}
    return tuple(Listing(name, name in on, now_ms, at) for name, at in sorted(registers.items()))


def consents_of(facts: NumberFacts) -> tuple[Consent, ...]:
    """Its owner's consents, with their sources."""
    return tuple(_consent(row) for row in facts.consents)


def _consent(row: ConsentRow) -> Consent:
    return Consent(row.source, row.given_ms, row.withdrawn_ms, automated=row.kind == "automated")
