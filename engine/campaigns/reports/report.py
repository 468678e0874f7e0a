"""`trunkline campaign report`: what became of calls, by campaign, list, agent, hour, day or
disposition."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config.site import Site
from engine.campaigns.law import CampaignLaw
from engine.campaigns.reports.figures import NOTHING, Abandoned, CallFigures, abandoned, worst
from engine.errors import NoSuchCampaign
from engine.reporting.report import Named, period
from history.campaign_counting import QUARTER_MS, Key, Period
from history.campaign_figures import CampaignCounts, LeadCount
from reports.intervals import Step, borders, day_start, local
from routing.outbound.budget import WINDOW_DAYS, Budget, Tally
from routing.outbound.rules.abandoning import strictest
from routing.outbound.standing import Count, tally_of


class By(StrEnum):
    """What each row of a report is of."""

    CAMPAIGN = "campaign"
    LIST = "list"
    AGENT = "agent"
    HOUR = "hour"
    DAY = "day"
    DISPOSITION = "disposition"


_KEYS: Mapping[By, Key] = {
    By.CAMPAIGN: "campaign",
    By.LIST: "list",
    By.AGENT: "agent",
    By.DISPOSITION: "disposition",
    By.HOUR: "quarter",
    By.DAY: "quarter",
}
_STEPS = {By.HOUR: Step.HOUR, By.DAY: Step.DAY}


OPTIONS: Named = ("--since", "--until")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is of; times as they were typed, under these names. No `campaign`: of all."""

    by: By = By.CAMPAIGN
    campaign: str = ""
    since: str = "today"
    until: str = ""
    named: Named = OPTIONS


@dataclass(slots=True)
class Row:
    """The calls of a campaign that were begun in a time (epoch, ms), of one list, agent or
    disposition.

    `rate` is what was lost of these calls; `law` what regulators count: of the row's day, or of the
    worst day of its time with the 30 days up to the last; None: they count no such thing. `share`
    is of the campaign's dispositions, `success` as the site says of this one.
    """

    campaign: str
    name: str
    since_ms: int
    until_ms: int
    figures: CallFigures = field(default_factory=CallFigures)
    rate: float = 0.0
    law: Abandoned | None = None
    share: float | None = None
    success: bool | None = None


class Standing(NamedTuple):
    """Leads of a campaign's list that are left, or finished, and in which way."""

    campaign: str
    list: str
    left: bool
    how: str
    leads: int


class Report(NamedTuple):
    """`caps` are those of each campaign; `leads` as they stand now, not in the period."""

    wanted: Wanted
    zone: ZoneInfo
    since_ms: int
    until_ms: int
    rows: Sequence[Row]
    caps: Mapping[str, Budget]
    leads: Sequence[Standing]


async def make(store: CampaignCounts, site: Site, wanted: Wanted, now_ms: int) -> Report:
    """The report. Raises SettingsInvalid, NoSuchCampaign, DatabaseAway."""
    zone = ZoneInfo(site.zone)
    since_ms, until_ms = period(wanted.since, wanted.until, zone, now_ms, wanted.named)
    await check(store, site, wanted.campaign)
    asked = Period(since_ms, until_ms, wanted.campaign or None)
    rows = await _rows(store, wanted.by, asked, zone)
    caps = {name: caps_of(site, name) for name in {row.campaign for row in rows}}
    for row in rows:
        row.rate = float(caps[row.campaign].counting.rate(row.figures.tally))
    if wanted.by in (By.CAMPAIGN, By.DAY):
        await _judge(store, rows, caps, asked, zone)
    if wanted.by is By.DISPOSITION:
        _share_out(rows, site)
    leads = await _leads(store, site, wanted)
    return Report(wanted, zone, since_ms, until_ms, rows, caps, leads)


async def check(store: CampaignCounts, site: Site, name: str) -> None:
    """Raises NoSuchCampaign. One that the site no longer names has its calls still."""
    if name and name not in site.campaigns and not await store.known(name):
        raise NoSuchCampaign(name, site.campaigns)


def caps_of(site: Site, campaign: str) -> Budget:
    """The strictest of all whom it may call, and how it counts; without the campaign no cap, and
    what was lost of what people answered."""
    if campaign not in site.campaigns:
        return Budget(None, None)
    return strictest(CampaignLaw(site, campaign).everywhere(), NOTHING, NOTHING)


# counting


async def _rows(store: CampaignCounts, by: By, asked: Period, zone: ZoneInfo) -> list[Row]:
    cuts = borders(asked.since_ms, asked.until_ms, _STEPS.get(by, Step.WHOLE), zone)
    place = await _places(store, by, cuts)
    rows: dict[tuple[str, str, int], Row] = {}

    def of(campaign: str, key: str | int) -> CallFigures:
        name, at = place(key)
        new = Row(campaign, name, cuts[at], cuts[at + 1])
        return rows.setdefault((campaign, name, at), new).figures

    async for count in store.calls(asked, _KEYS[by]):
        of(count.campaign, count.key).add(count)
    async for wrapped in store.wrap_ups(asked, _KEYS[by]):
        of(wrapped.campaign, wrapped.key).add_wrap_ups(wrapped)
    return sorted(rows.values(), key=lambda row: (row.since_ms, row.campaign, row.name))


async def _places(
    store: CampaignCounts, by: By, cuts: Sequence[int]
) -> Callable[[str | int], tuple[str, int]]:
    """The name and the interval of a key."""
    if by in _STEPS:
        return lambda quarter: ("", _interval(int(quarter), cuts))
    if by is By.LIST:
        lists = await store.lists()
        return lambda list_id: (lists.get(int(list_id), f"list {list_id}"), 0)
    return lambda name: (str(name), 0)


def _interval(quarter: int, cuts: Sequence[int]) -> int:
    """A quarter belongs to one hour and one day of every zone; only the period may cut it."""
    return max(0, bisect_right(cuts, quarter * QUARTER_MS) - 1)


# the law


async def _judge(
    store: CampaignCounts,
    rows: Iterable[Row],
    caps: Mapping[str, Budget],
    asked: Period,
    zone: ZoneInfo,
) -> None:
    """Days are whole ones: a part of one is nothing that a regulator counts."""
    tallies = await _tallies(store, asked, zone)
    for row in rows:
        days = _days(row.since_ms, row.until_ms, zone)
        judged = abandoned(caps[row.campaign], tallies.get(row.campaign, {}), days)
        if (bad := worst(judged)) is not None:
            row.law = bad._replace(in_30_days=judged[-1].in_30_days)


async def _tallies(
    store: CampaignCounts, asked: Period, zone: ZoneInfo
) -> Mapping[str, Mapping[date, Tally]]:
    """What became of the calls of each day of the period, and of the days that count with it."""
    days = _days(asked.since_ms, asked.until_ms, zone)
    first, end = days[0] - timedelta(days=WINDOW_DAYS - 1), days[-1] + timedelta(days=1)
    window = asked._replace(since_ms=day_start(first, zone), until_ms=day_start(end, zone))
    found: dict[str, dict[date, Tally]] = {}
    async for count in store.results(window):
        of_campaign = found.setdefault(count.campaign, {})
        day = local(count.quarter * QUARTER_MS, zone).date()
        one = tally_of([Count("", count.result, count.calls)])
        of_campaign[day] = of_campaign.get(day, NOTHING) + one
    return found


def _days(since_ms: int, until_ms: int, zone: ZoneInfo) -> list[date]:
    first, last = local(since_ms, zone).date(), local(until_ms - 1, zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


# dispositions and leads


def _share_out(rows: Sequence[Row], site: Site) -> None:
    for row in rows:
        of_all = sum(each.figures.calls for each in rows if each.campaign == row.campaign)
        row.share = row.figures.calls / of_all
        campaign = site.campaigns.get(row.campaign)
        known = None if campaign is None else campaign.dispositions.get(row.name)
        row.success = None if known is None else known.success


async def _leads(store: CampaignCounts, site: Site, wanted: Wanted) -> list[Standing]:
    """Of the lists that the site gives the campaigns."""
    if wanted.by not in (By.CAMPAIGN, By.LIST):
        return []
    names = [wanted.campaign] if wanted.campaign else sorted(site.campaigns)
    uses = {name: site.campaigns[name].lists for name in names if name in site.campaigns}
    found = await store.leads({each for lists in uses.values() for each in lists})
    return list(_standings(uses, found))


def _standings(uses: Mapping[str, Iterable[str]], found: Sequence[LeadCount]) -> Iterator[Standing]:
    for campaign, lists in uses.items():
        for name in sorted(lists):
            sums: dict[tuple[bool, str], int] = {}
            for count in found:
                if count.list == name:
                    group = count.state != "done", _how(count)
                    sums[group] = sums.get(group, 0) + count.leads
            for (left, how), leads in sorted(sums.items(), key=lambda each: (not each[0][0], each)):
                yield Standing(campaign, name, left, how, leads)


def _how(count: LeadCount) -> str:
    """The state of one that is left; of one that is finished, what finished it."""
    if count.state != "done":
        return count.state
    if count.why == "given_up":
        return f"given up: {count.last_result or 'nothing left to call'}"
    return count.disposition or count.why or "done"
