"""`trunkline graph`: a flow from its file, and the traffic on it from the history."""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from config.document import DocumentError
from config.suggest import did_you_mean
from engine.errors import HistoryUnreadable, SettingsInvalid
from engine.loading import require
from engine.settings import Settings
from history.database import HistoryDatabase
from history.errors import DatabaseAway
from history.outcome import EndedBy
from ivr.chart.diagram import Diagram, diagram
from ivr.chart.svg import draw
from ivr.chart.traffic import LEFT, TALKED, Told, Traffic
from ivr.flow import Flow
from ivr.folder import YAML, flow_files
from ivr.loader import read_flow
from ivr.program import compile_flow

_SINCE = re.compile(r"([1-9]\d{0,3})([mhdw])")
_UNIT_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


async def graph(
    settings: Settings,
    what: str,
    language: str,
    since: str,
    *,
    version: int | None = None,
    heat: bool,
    as_json: bool,
) -> str:
    """The SVG (or JSON) of the flow of this name or in this file. Raises what a person can mend."""
    flow = find_flow(settings, what)
    if language and language not in flow.languages:
        raise SettingsInvalid("--language", language, " or ".join(flow.languages))
    since_ms = int(time.time() * 1000) - duration_ms(since)
    traffic = await read_traffic(settings, flow, since_ms, version) if heat else None
    drawn = diagram(flow, language or flow.languages[0], traffic)
    return as_text(drawn) if as_json else draw(drawn)


def find_flow(settings: Settings, what: str) -> Flow:
    """The flow in the file ``what``, or of that name among the site's dialplans.

    It need not pass the check: a picture is most wanted of a flow that is not right yet.
    """
    path = Path(what)
    if path.suffix in YAML or path.is_file():
        return read_flow(path)[0]
    require(settings.dialplans)
    flows, faults = _flows(settings.dialplans)
    if what not in flows:
        if faults:
            raise DocumentError(problem for fault in faults for problem in fault.problems)
        raise SettingsInvalid("graph", what, f"a file, or a flow: {did_you_mean(what, flows)}")
    return flows[what]


def _flows(directory: Path) -> tuple[dict[str, Flow], list[DocumentError]]:
    flows: dict[str, Flow] = {}
    faults: list[DocumentError] = []
    for path in flow_files(directory):
        try:
            flow, _ = read_flow(path)
        except DocumentError as fault:
            faults.append(fault)
        else:
            flows[flow.flow] = flow
    return flows, faults


def duration_ms(since: str, option: str = "--since") -> int:
    """``7d`` in ms; ``option`` is what it was given by."""
    found = _SINCE.fullmatch(since)
    if found is None:
        raise SettingsInvalid(option, since, "a time back from now such as 30m, 12h, 7d or 4w")
    return int(found[1]) * _UNIT_MS[found[2]]


async def read_traffic(
    settings: Settings, flow: Flow, since_ms: int, version: int | None = None
) -> Traffic:
    """What the history tells of calls that came to this flow and started since then; with
    ``version``, of those that ran this published version alone."""
    if not settings.database_url and not settings.layout.database.exists():
        # Opening it would make an empty one.
        raise HistoryUnreadable(f"{settings.layout.database} does not exist yet")
    traffic = Traffic(compile_flow(flow))
    database = HistoryDatabase(settings.sql_url)
    try:
        async for timeline in database.timelines(flow.flow, since_ms, version):
            traffic.add(told(timeline.entries, flow.flow, began=timeline.flow == flow.flow))
    except DatabaseAway as away:
        raise HistoryUnreadable(away.reason) from away
    finally:
        await database.close()
    return traffic


def told(timeline: Iterable[Mapping[str, Any]], flow: str, *, began: bool) -> Iterator[Told]:
    """The entries that tell where a caller was in a flow, as far as the caller was there.

    ``began``: the call began with this flow; else another called it, and its steps are told as
    ``flow/step``. One who ends a conversation by hanging up has not hung up on the flow, whatever
    the flow still did before it noticed.
    """
    for entry in timeline:
        match entry["what"]:
            case "step":
                yield _step(str(entry["step"]), str(entry["did"]), flow, began)
            case "conversation_ended":
                yield TALKED
                if entry["by"] == EndedBy.CALLER:
                    return


def _step(step: str, did: str, flow: str, began: bool) -> Told:
    called, slash, name = step.rpartition("/")
    if slash:
        return Told(name if called == flow else step, did)
    return Told(step, did) if began else LEFT


def as_text(drawn: Diagram) -> str:
    """The diagram as JSON: boxes and ways with their words and counts, without places."""
    return json.dumps(asdict(drawn), ensure_ascii=False, indent=2) + "\n"
