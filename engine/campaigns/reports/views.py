"""What the desk tells of campaigns' calls: fills `desk.campaign_reports`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager

from config.site import Site
from config.suggest import did_you_mean
from desk.views import Json, Refused, Unavailable
from engine.campaigns.reports.evidence import Export, Form
from engine.campaigns.reports.evidence import Wanted as EvidenceWanted
from engine.campaigns.reports.printing import as_document
from engine.campaigns.reports.report import By, Wanted, check, make
from engine.clock import Clock
from engine.errors import LeadsRefused, NoSuchCampaign, SettingsInvalid
from history.campaign_evidence import EvidenceStore
from history.campaign_figures import CampaignCounts
from history.errors import DatabaseAway, RecordRefused

NAMED = ("from", "to")


class CampaignReportViews:
    """`site` is the one in force; its ``name`` stays."""

    def __init__(self, site: Callable[[], Site], name: str, url: str, clock: Clock) -> None:
        self._site, self._clock = site, clock
        self._counts = CampaignCounts(url, name)
        self._evidence = EvidenceStore(url, name)

    async def close(self) -> None:
        """Close every connection."""
        for store in (self._counts, self._evidence):
            await store.close()

    async def report(self, asked: Mapping[str, str]) -> Json:
        with _answering():
            by = _by(asked.get("by", By.CAMPAIGN))
            wanted = Wanted(by, asked.get("campaign", ""), *_times(asked), NAMED)
            return as_document(await make(self._counts, self._site(), wanted, self._clock()))

    async def evidence(self, name: str, asked: Mapping[str, str]) -> AsyncGenerator[bytes]:
        with _answering():
            await check(self._counts, self._site(), name)
            since, until = _times(asked)
            number, form = asked.get("number", ""), Form(asked["format"])
            wanted = EvidenceWanted(name, asked["who"], since, until, number, form, "api", NAMED)
            return _told(Export(self._evidence, self._site(), wanted, self._clock))


async def _told(export: Export) -> AsyncGenerator[bytes]:
    with _answering():
        async with aclosing(export.pieces()) as pieces:
            async for piece in pieces:
                yield piece


def _times(asked: Mapping[str, str]) -> tuple[str, str]:
    return asked.get("from", "today"), asked.get("to", "")


def _by(text: str) -> By:
    try:
        return By(text)
    except ValueError:
        raise Refused("bad_report", f"by: {did_you_mean(text, [*By])}") from None


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except NoSuchCampaign as unknown:
        raise Refused(unknown.code, str(unknown), unknown=True) from None
    except (SettingsInvalid, LeadsRefused) as wrong:
        raise Refused("bad_report", str(wrong)) from None
    except (DatabaseAway, RecordRefused) as failure:
        raise Unavailable(failure.reason) from None
