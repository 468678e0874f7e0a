"""`trunkline why CONTACT`: which agents were looked at for a contact, and what became of each."""

import json
import sys
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from engine import card
from engine.client import Client
from engine.console import Rows, Screen, clock_time, counted
from engine.settings import Settings
from engine.zone import site_zone

WORDS = {
    "has_it": "has it",
    "lacks_skill": "lacks",
    "another_wanted": "it waits for",
    "away": "away",
    "busy": "busy with",
    "in_reserve": "kept for priority",
    "out_of_reach": "registered with another engine",
    "left": "left to another engine, whose contact comes before",
    "kept": "kept for somebody whom a campaign calls",
    "free": "free",
}


async def show(settings: Settings, contact: str, as_json: bool) -> int:
    """Print what decides about a contact, or did; 1 when there is none of this id."""
    async with Client(card.read(settings.layout.card)) as client:
        found = await client.get(f"/api/contacts/{quote(contact, safe='')}/why")
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return 1 if "error" in found else 0
    if "error" in found:
        print(found["error"]["message"], file=sys.stderr)  # noqa: T201  # a person asked
        return 1
    _print(Screen(Console(highlight=False, emoji=False)), found, site_zone(settings))
    return 0


def _print(screen: Screen, told: dict[str, Any], zone: ZoneInfo) -> None:
    where = f", place {told['position']}" if told["position"] is not None else ""
    since = f"since {clock_time(told['since_ms'], zone)}"
    if told["position"] is not None and told["arrived_ms"] < told["since_ms"]:
        since += f" (its wait counts from {clock_time(told['arrived_ms'], zone)})"
    screen.say(
        f"{told['contact']} in {told['queue'] or 'no queue'}: {told['state']} {since}{where}"
    )
    if told["callback"] is not None:
        screen.say(_callback(told["callback"], zone))
    if told["outcome"] is not None:
        waited = "" if told["wait_ms"] is None else f", waited {told['wait_ms'] / 1000:.0f} s"
        screen.say(f"{told['outcome']}{waited}")
    if told["queue"] is None:
        return
    asked = f"asks for {told['needs']}"
    level = told["level"]
    screen.say(asked if level is None else f"{asked}; priority {told['priority']}, level {level}")
    if told["strategy"]:
        screen.say(f"of several free agents: {', then '.join(told['strategy'])}")
    for decision in told["decisions"]:
        _decision(screen, decision, zone)
    if not told["decisions"] and told["outcome"] is not None:
        screen.say("promised to nobody: while it waited, no agent who suits it was free for it")
    if told["judgements"]:
        screen.table("Every agent now", ("agent", "state", "why"), _judged(told["judgements"]))


def _callback(promise: dict[str, Any], zone: ZoneInfo) -> str:
    """Whom, when and how often in vain."""
    until = f", not after {clock_time(promise['until_ms'], zone)}" if promise["until_ms"] else ""
    last = f", the last time {promise['reason']}" if promise["reason"] else ""
    tries = f"; called {counted(promise['tries'], 'time')} so far{last}" if promise["tries"] else ""
    when = {
        "calling": "is being called now",
        "waiting": f"in line since {clock_time(promise['due_ms'], zone)}",
        "later": f"in line from {clock_time(promise['due_ms'], zone)}",
    }[promise["state"]]
    first = f"the {promise['first']} first"
    return f"a callback to {promise['number']}, {first}: {when}{until}{tries}"


def _decision(screen: Screen, decision: dict[str, Any], zone: ZoneInfo) -> None:
    promised = f"{clock_time(decision['at_ms'], zone)} promised to {decision['agent']}"
    if decision["candidates"]:
        scored = any(each["score_ms"] is not None for each in decision["candidates"])
        rows = [_candidate(each, scored=scored) for each in decision["candidates"]]
        columns = (*_CANDIDATES, "score") if scored else _CANDIDATES
        screen.table(f"{promised}, of those free", columns, rows)
    else:
        screen.say(f"{promised}, for whom alone it waited")


def _judged(judgements: list[dict[str, Any]]) -> Rows:
    return [
        (j["agent"], j["state"], f"{WORDS[j['verdict']]} {j['detail']}".strip()) for j in judgements
    ]


_CANDIDATES = ("agent", "idle", "busy lately", "contacts", "level", "cost", "alike")


def _candidate(each: dict[str, Any], *, scored: bool) -> tuple[Any, ...]:
    """The score is in seconds of waiting, as the site weighs it."""
    idle, busy = f"{each['idle_ms'] / 1000:.0f} s", f"{each['occupancy']:.0%}"
    score = (f"{each['score_ms'] / 1000:.1f} s",) if scored else ()
    of_work = idle, busy, each["contacts"]
    return each["agent"], *of_work, each["level"], each["cost"], each["alike"], *score
