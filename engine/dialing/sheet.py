"""What whoever has a lead, or looks at one, is to know: who it is, what to say, and what may come
of it."""

from __future__ import annotations

from typing import Any

from config.campaign_leads import Disposition
from config.campaign_script import script_in
from config.campaigns import Campaign
from config.site import Site
from engine.campaigns.hopper import Chosen
from engine.dialing.messages import language_of
from engine.dialing.up import Up
from history.lead_rows import LeadRow
from routing.outbound.leads.lead import Dialing, Number

Sheet = dict[str, Any]


def of_chosen(site: Site, name: str, chosen: Chosen, agent: str) -> Sheet:
    """The lead that an agent looks at before it is called."""
    return _sheet(site, name, chosen.row, chosen.number, agent)


def of_call(site: Site, up: Up) -> Sheet:
    """A call that is under way or in wrap-up: with the contact, whose it is (None: nobody's yet)
    and what was said of it so far."""
    call, word, lead = up.call, up.word, up.placed.lead
    number = lead.number(lead.state.position if isinstance(lead.state, Dialing) else 0)
    return {
        "contact": call.contact,
        "agent": call.agent,
        **_sheet(site, call.campaign, up.placed.row, number, call.agent),
        "disposition": None if word is None else word.disposition,
        "call_back_ms": None if word is None else word.call_back_ms,
    }


def _sheet(site: Site, name: str, row: LeadRow, number: Number, agent: str | None) -> Sheet:
    campaign = site.campaigns[name]
    return {
        "campaign": name,
        "about": campaign.about,
        "lead": row.id,
        "name": row.name,
        "language": row.language,
        "number": number.number,
        "type": number.kind,
        "fields": _fields(campaign, row),
        "tries": row.tries,
        "script": _script(site, campaign, row, agent),
        "default_disposition": campaign.default_disposition,
        "dispositions": [_told(*each) for each in campaign.dispositions.items()],
    }


def _fields(campaign: Campaign, row: LeadRow) -> dict[str, str]:
    """Those that the campaign lists; else all."""
    names = campaign.fields or tuple(row.data)
    return {name: str(row.data[name]) for name in names if name in row.data}


def _script(site: Site, campaign: Campaign, row: LeadRow, agent: str | None) -> str | None:
    language, known = language_of(site, row.language or ""), site.agents.get(agent or "")
    told = {
        **_fields(campaign, row),
        "name": row.name or "",
        "agent": known.name if known is not None else "",
        "seller": campaign.seller_of(site.title),
        "purpose": campaign.purpose_in(language),
    }
    return script_in(campaign.script, language, told)


def _told(name: str, disposition: Disposition) -> Sheet:
    return {
        "name": name,
        "about": disposition.about,
        "then": disposition.then,
        "after_s": None if disposition.after is None else disposition.after.ms // 1000,
        "success": disposition.success,
    }
