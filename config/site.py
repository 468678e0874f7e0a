"""A site: the service centre as its engineers describe it in one YAML file.

site = load_site(Path("config/site.yaml"))
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from config.callbacks import Callbacks
from config.calling_rules import CallingRules, Jurisdiction
from config.campaigns import CallerIds, Campaign
from config.customers import Customers
from config.document import (
    DocumentError,
    DocumentModel,
    Located,
    Problem,
    load_text_located,
    read_text,
)
from config.hours import Hours
from config.mail import Mail
from config.mailboxes import Mailbox
from config.network_overrides import override, override_sandbox
from config.numbers import country_of
from config.pauses import PauseReason, PauseReasons
from config.payments import Payments
from config.people import Agent, Codes, Skill
from config.queues import Queue, Routing
from config.reports import Reports
from config.services import Service
from config.shifts import Shift
from config.site_checks import check_site
from config.sms import Sms
from config.telephony import Fallback, Network, Number, Recording, Trunk
from config.transfers import Transfers
from config.values import E164, Language, Line, Name, PersonName, Unique, ValueName, Zone
from config.voices import Voice

__all__ = ["Site", "load_site", "load_site_located", "read_site"]


class Site(DocumentModel):
    """One service centre with everything that its engine and its Asterisk need to know."""

    site: Name = Field(description="a short name; keys, logs and metrics carry it")
    title: PersonName = Field(description="the name that people read")
    zone: Zone = Field(description="the time zone of opening hours and reports")
    languages: Annotated[tuple[Language, ...], Unique] = Field(
        min_length=1, description="spoken here, the default first"
    )
    voices: dict[Language, Voice] = Field(
        default={}, description="who speaks what is not recorded; espeak-ng where none is named"
    )
    numbers: dict[E164, Number] = Field(min_length=1, description="what callers dial")
    trunks: dict[Name, Trunk] = Field(min_length=1, description="the carriers")
    skills: dict[Name, Skill | None] = Field(description="all that agents may have")
    agents: dict[Name, Agent] = Field(description="the people, by the name of their phone")
    queues: dict[Name, Queue] = Field(description="where callers wait")
    routing: Routing = Field(default=Routing(), description="in which order callers are served")
    hours: dict[Name, Hours] = Field(default={}, description="when what is open")
    shifts: dict[Name, Shift] = Field(default={}, description="when agents are meant to be there")
    pause_reasons: PauseReasons = Field(
        default={"break": PauseReason()},
        description="why agents pause: a list of names, or each name with its limits; numbered "
        "from 1 in codes",
    )
    codes: Codes = Field(default=Codes(), description="what agents dial")
    services: dict[Name, Service] = Field(default={}, description="web services that flows ask")
    values: dict[ValueName, Line] = Field(
        default={}, description="texts that flows use as {site.NAME}: addresses, names"
    )
    customers: Customers = Field(
        default=Customers(), description="what is known of customers, beside their names"
    )
    fallback: Fallback = Field(description="where callers go when the engine is away")
    callbacks: Callbacks = Field(default=Callbacks(), description="how customers are called back")
    mailboxes: dict[Name, Mailbox] = Field(default={}, description="where callers leave messages")
    mail: Mail | None = Field(
        default=None, description="the mail server; without it no e-mail is sent"
    )
    transfers: Transfers = Field(
        default=Transfers(), description="to which numbers calls may be transferred"
    )
    sms: Sms | None = Field(
        default=None, description="how text messages are sent; without it none are"
    )
    payments: Payments | None = Field(
        default=None, description="how cards are charged; without it none are"
    )
    campaigns: dict[Name, Campaign] = Field(
        default={}, description="whom the site calls of its own accord"
    )
    caller_ids: dict[Name, CallerIds] = Field(
        default={}, description="pools of numbers that campaigns show to who is called"
    )
    calling_rules: dict[Jurisdiction, CallingRules] = Field(
        default={},
        description="the law of calls by campaigns, by country, or any for all; what is not "
        "written is as the presets say",
    )
    recording: Recording = Field(default=Recording(), description="where recordings are kept")
    reports: Reports = Field(default=Reports(), description="how figures are counted")
    network: Network = Field(default=Network(), description="addresses and ports")

    @property
    def country(self) -> str | None:
        """Where numbers without a country code belong (two letters): that of the first number."""
        return next(map(country_of, self.numbers), None)


def load_site(path: Path, environ: Mapping[str, str] = os.environ) -> Site:
    """The site in the file ``path``, every part checked against the others.

    ``TRUNKLINE_<NAME>`` in ``environ`` overrides the network value of that name. Raises
    DocumentError with every problem found; warnings alone raise nothing (see `check_site`).
    """
    return load_site_located(path, environ)[0]


def load_site_located(
    path: Path, environ: Mapping[str, str] = os.environ, today: date | None = None
) -> tuple[Site, Located, tuple[Problem, ...]]:
    """Like `load_site`, with the marks for later checks, and the warnings.

    ``today`` tells which special days are over; None: the date in the site's zone.
    """
    site, located, problems = read_site(read_text(path), str(path), environ, today)
    if any(problem.severity == "error" for problem in problems):
        raise DocumentError(problems)
    return site, located, problems


def read_site(
    text: str, file: str, environ: Mapping[str, str] = os.environ, today: date | None = None
) -> tuple[Site, Located, tuple[Problem, ...]]:
    """Like `load_site_located` from a text, its contradictions told beside it and not raised."""
    site, located = load_text_located(text, file, Site)
    network, payments = override(site.network, environ), override_sandbox(site.payments, environ)
    site = site.model_copy(update={"network": network, "payments": payments})
    problems = check_site(site, located, today or datetime.now(ZoneInfo(site.zone)).date())
    return site, located, tuple(sorted(problems))
