"""The evidence of a campaign's calls, as a regulator has it: every call, why, and who had it."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from engine.campaigns.reports.called import COLUMNS
from engine.campaigns.reports.evidence import Export, Form, Wanted, rules_version
from history import campaign_evidence
from history.campaign_evidence import EvidenceStore
from history.lead_tables import attempts
from routing.outbound.leads.plan import Result
from tests.unit.command import Command
from tests.unit.dialed import NAME, SITE, Dialed, at

pytestmark = pytest.mark.unit

NOW = at("2026-11-23T20:00")


@pytest.fixture
async def dialed(database_url: str) -> AsyncIterator[Dialed]:
    dialed = Dialed(database_url)
    yield dialed
    await dialed.close()


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[EvidenceStore]:
    store = EvidenceStore(database_url, SITE.site)
    yield store
    await store.close()


async def _written(store: EvidenceStore, wanted: Wanted) -> tuple[Export, str]:
    export = Export(store, SITE, wanted, lambda: NOW)
    return export, b"".join([piece async for piece in export.pieces()]).decode()


def _csv_rows(text: str) -> list[dict[str, str]]:
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("# ")]
    return list(csv.DictReader(lines))


async def test_each_call_tells_why_it_was_permitted(dialed: Dialed, store: EvidenceStore) -> None:
    """On the callee's clock beside UTC; each rule with what it looked at and who had set it; the
    lists and when they were looked at; the consent and its source."""
    call = await dialed.call("2026-11-23T10:00", Result.ANSWERED, "anna", "renewed", talk_s=90)
    _, text = await _written(store, Wanted(NAME, "anna"))
    (row,) = _csv_rows(text)
    assert tuple(row) == COLUMNS
    assert (row["call"], row["campaign"], row["list"]) == (call, NAME, "renewals")
    assert (row["number"], row["caller_id"], row["country"]) == (
        "+36301000001",
        "+3615550100",
        "HU",
    )
    assert row["begun"] == row["asked"] == "2026-11-23T09:00:00.000Z"
    assert row["callee_clock"] == "2026-11-23T10:00:00+01:00 Europe/Budapest"
    assert "hours HU: permits, within the calling hours in Europe/Budapest [" in row["rules"]
    assert "(presets.HU)" in row["rules"]
    assert row["lists"].startswith("own: not listed, looked at 2026-11-23T09:00:00.000Z")
    assert row["consents"] == ("to automated calls, web form, given 2026-11-23T08:59:00.000Z")
    assert (row["result"], row["abandoned"], row["agent"]) == ("answered", "no", "anna")
    assert (row["disposition"], row["talk_ms"], row["permitted"]) == ("renewed", "90000", "yes")


@pytest.mark.parametrize(
    ("result", "said", "abandoned", "message"),
    [
        (Result.LOST, ("lost", "sorry_played"), "yes", "said, nobody was there"),
        (Result.LOST, ("lost", "sorry_played", "opted_out"), "yes", "said, opted out by key"),
        (Result.LOST, ("lost",), "yes", ""),
        (Result.MACHINE, ("judged", "message_left"), "no", "left on the machine"),
        (Result.UNKNOWN, (), "unknown", ""),
        (Result.BUSY, (), "no", ""),
        (None, (), "", ""),
    ],
)
async def test_what_became_of_it_is_told(
    dialed: Dialed,
    store: EvidenceStore,
    result: Result | None,
    said: tuple[str, ...],
    abandoned: str,
    message: str,
) -> None:
    """A message is told of where the history knows that it was heard, not where it should have
    been; of a call whose engine was lost nobody knows."""
    await dialed.call("2026-11-23T10:00", result, said=said)
    (row,) = _csv_rows((await _written(store, Wanted(NAME, "anna")))[1])
    assert (row["result"], row["abandoned"]) == (result or "", abandoned)
    assert row["message"] == message


async def test_lines_of_json_have_the_whole_evidence(dialed: Dialed, store: EvidenceStore) -> None:
    """Under a header that says whose calls these are, of which time, and by which rules."""
    await dialed.call("2026-11-23T10:00", Result.BUSY)
    export, text = await _written(store, Wanted(NAME, "anna", form=Form.JSONL))
    first, line = (json.loads(each) for each in text.splitlines())
    header = first["header"]
    assert header.items() >= {"campaign": NAME, "site": SITE.site, "exported_by": "anna"}.items()
    assert (header["from"], header["to"]) == (
        "2026-11-22T23:00:00.000Z",
        "2026-11-23T19:00:00.000Z",
    )
    assert header["rules"] == rules_version(SITE, NAME)
    assert header["export"] == export.row.id
    rules = {each["rule"] for each in line["evidence"]["findings"]}
    assert {"hours", "do_not_call", "consent", "abandon_rate"} <= rules
    assert {*COLUMNS} <= line.keys()


async def test_the_version_of_the_rules_changes_with_them() -> None:
    """Whoever sets one sees it; what else a campaign says of its calls is none of them."""
    campaign = SITE.campaigns[NAME]
    other = campaign.model_copy(update={"tries": 3})
    ruled = campaign.model_copy(update={"rules": SITE.calling_rules})

    def version(said: Any) -> str:
        return rules_version(SITE.model_copy(update={"campaigns": {NAME: said}}), NAME)

    assert version(other) == rules_version(SITE, NAME) != version(ruled)


async def test_pages_follow_each_other_without_a_gap(
    dialed: Dialed, store: EvidenceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of calls of one moment too, and none is told twice."""
    monkeypatch.setattr(campaign_evidence, "PAGE", 2)
    made = {await dialed.call("2026-11-23T10:00", Result.BUSY) for _ in range(4)}
    made.add(await dialed.call("2026-11-23T10:01", Result.BUSY))
    export, text = await _written(store, Wanted(NAME, "anna"))
    told = [row["call"] for row in _csv_rows(text)]
    assert (len(told), {*told}, export.calls) == (5, made, 5)


async def test_calls_to_one_number_are_found_however_it_is_written(
    dialed: Dialed, store: EvidenceStore
) -> None:
    for _ in range(2):
        await dialed.call("2026-11-23T10:00", Result.BUSY)
    _, text = await _written(store, Wanted(NAME, "anna", number="06 30 100 0002"))
    assert [row["number"] for row in _csv_rows(text)] == ["+36301000002"]


async def test_evidence_of_another_form_is_told_as_it_is(
    dialed: Dialed, store: EvidenceStore
) -> None:
    """Nothing of it is left out, and nothing is made up."""
    await dialed.call("2026-11-23T10:00", Result.BUSY)
    await dialed.change(update(attempts).values(evidence={"form": 7}))
    (row,) = _csv_rows((await _written(store, Wanted(NAME, "anna")))[1])
    assert (row["rules"], row["permitted"], row["country"]) == ('{"form": 7}', "", "")


async def test_who_had_it_is_on_record_before_the_first_line(
    dialed: Dialed, store: EvidenceStore
) -> None:
    """Also of one who breaks off: then it does not say how much was read."""
    await dialed.call("2026-11-23T10:00", Result.BUSY)
    export, text = await _written(store, Wanted(NAME, "anna", target="/x.csv"))
    broken = Export(store, SITE, Wanted(NAME, "béla"), lambda: NOW + 1)
    pieces = broken.pieces()
    await anext(pieces)
    await pieces.aclose()
    latest, whole = await store.exports(NAME, 10)
    assert (latest.by, latest.calls, latest.done_ms) == ("béla", None, None)
    assert (whole.by, whole.target, whole.calls) == ("anna", "/x.csv", 1)
    assert whole.sha256 == export.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert await store.exports("other", 10) == []


async def _prepare(url: str) -> None:
    dialed = Dialed(url)
    await dialed.call("2026-11-20T10:00", Result.LOST)
    await dialed.close()


def test_the_command_writes_a_file_of_its_owners(
    database_url: str, trunkline: Command, tmp_path: Path
) -> None:
    """Whole, or not at all; and tells who had what."""
    asyncio.run(_prepare(database_url))
    there = {"TRUNKLINE_DATABASE_URL": database_url}
    file = tmp_path / "evidence.csv"
    words = ("campaign", "evidence", NAME, "--since", "2026-11-20", "--output", str(file))
    done = trunkline(*words, "--by", "anna", **there)
    assert (done.returncode, done.stdout) == (0, "")
    assert len(_csv_rows(file.read_text())) == 1
    assert (file.stat().st_mode & 0o777, [*tmp_path.glob("*.part")]) == (0o600, [])
    (row,) = json.loads(trunkline("campaign", "exports", "--json", **there).stdout)
    assert (row["by"], row["target"], row["calls"]) == ("anna", str(file), 1)
    assert row["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    for what in (("evidence", NAME), ("refusals",), ("report",)):
        late = trunkline("campaign", *what, "--since", "2999-01-01", **there)
        assert (late.returncode, "--since='2999-01-01'" in late.stderr) == (2, True)
        assert "before --until" in late.stderr
    wrong = trunkline("campaign", "evidence", "renewal", **there)
    assert (wrong.returncode, 'did you mean "renewals"?' in wrong.stderr) == (2, True)
