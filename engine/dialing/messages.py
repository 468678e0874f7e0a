"""What a campaign says on the phone by itself: to whom no agent was there for, and to machines."""

from __future__ import annotations

from collections.abc import Iterator

import phonenumbers
from phonenumbers import PhoneNumberFormat

from config.campaigns import Campaign
from config.site import Site
from config.values import Language
from ivr.commands import Segment


def language_of(site: Site, wished: str) -> Language:
    """The lead's, if the site speaks it; else the site's first."""
    return next((each for each in site.languages if each == wished), site.languages[0])


def sorry(site: Site, campaign: Campaign, language: Language, caller_id: str) -> Segment:
    """What a person hears for whom nobody is there: who called, on which number they are reached,
    what about, and the key for no more calls."""
    told = {
        "seller": campaign.seller_of(site.title),
        "number": spelled(caller_id),
        "purpose": campaign.purpose_in(language),
        "key": campaign.sorry.key,
    }
    return Segment(language, campaign.sorry.text(language, told))


def left_on_machines(campaign: Campaign, language: Language) -> Segment | None:
    """What is left after the beep, if anything is."""
    text = campaign.machines.message.get(language)
    return None if text is None else Segment(language, text)


def every(site: Site) -> Iterator[Segment]:
    """All that may be said: a call must wait for none of it."""
    for campaign in site.campaigns.values():
        for language in site.languages:
            for number in site.caller_ids[campaign.caller_ids]:
                yield sorry(site, campaign, language, number)
            left = left_on_machines(campaign, language)
            if left is not None:
                yield left


def spelled(number: str) -> str:
    """A number digit by digit, in the groups in which it is written: ``+3 6, 1, 5 5 5, 0 1 0 0``.
    A voice would say ``+3615550100`` as three thousand million."""
    parsed = phonenumbers.parse(number, None)
    written = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    groups = written.removeprefix("+").replace("-", " ").split()
    return "+" + ", ".join(" ".join(group) for group in groups)
