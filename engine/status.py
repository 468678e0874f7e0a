"""`trunkline status` and `trunkline history`: a running instance, now and in the past."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer

from engine import card
from engine.client import Client
from engine.console import Rows, Screen, clock_time
from engine.errors import FlowsAway
from engine.nodes import COLUMNS, rows_of
from engine.paying.unsafe import Finding
from engine.reporting.lengths import length, share
from engine.settings import Settings
from engine.staff.wording import left, state_of
from engine.zone import site_zone
from history.outcome import Direction


async def show(settings: Settings, as_json: bool) -> int:
    """Print the live status; 1 when the instance is not well."""
    async with Client(card.read(settings.layout.card)) as client:
        health = await client.get("/healthz")
        status = await client.get("/api/status")
    differs = await _unpublished(settings, status)
    if as_json:
        told = {"health": health, **status, "unpublished": differs or None}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _print_status(Screen(), health, status)
        if differs:
            typer.echo(differs)
    return 0 if health["ok"] else 1


async def _unpublished(settings: Settings, status: dict[str, Any]) -> str:
    """In what the working copy differs from the newest version, as far as that can be told:
    that is the one it is published on, in force here or refused."""
    if not status["flows"]:
        return ""
    from engine.publishing.flows import or_away  # reading flows: the engine itself and others
    from engine.publishing.publisher import unpublished  # print contacts without it
    from engine.publishing.working_copy import copy_of
    from history.bundles import BundleStore

    store = BundleStore(settings.sql_url)
    try:
        with or_away():
            version = await store.newest(status["site"])
            newest = await store.get(status["site"], version)
    except FlowsAway:
        return ""  # the health says so
    finally:
        await store.close()
    copy = copy_of(settings)
    return unpublished(copy, version, newest.files) if newest is not None else ""


def _print_status(screen: Screen, health: dict[str, Any], status: dict[str, Any]) -> None:
    screen.say(f"{status['site']} on {status['node']}: {_summary(health, status)}")
    _print_versions(screen, status)
    print_unsafe(screen, status.get("payments_unsafe", ()))
    now = status["now_ms"]
    calls: Rows = [
        (
            c["id"],
            c["caller"] or "",
            c["called"],
            c["at"],
            c["queue"] or "",
            c["agent"] or "",
            _age(now, c["since_ms"]),
        )
        for c in status["calls"]
    ]
    queues: Rows = [
        (
            q["name"],
            q["waiting"],
            f"{q['longest_wait_ms'] / 1000:.0f} s",
            q["agents_available"],
            q["talking"],
            "" if q["service_level"] is None else f"{q['service_level']:.0%}",
            _expected(q),
        )
        for q in status["queues"]
    ]
    agents: Rows = [
        (a["id"], a["name"], state_of(a), _detail(a, now), _age(now, a["since_ms"]))
        for a in status["agents"]
    ]
    screen.table("Calls", ("contact", "caller", "called", "at", "queue", "agent", "for"), calls)
    screen.table("Queues", _QUEUES, queues)
    _print_today(screen, "Today", status.get("today"))
    _print_today(screen, "The last 30 minutes", status.get("lately"))
    if nodes := rows_of(status.get("nodes", []), now):
        screen.table("Nodes", COLUMNS, nodes)
    screen.table("Agents", ("agent", "name", "state", "reason or contact", "for"), agents)


UNDER_WAY = "under_way"
"""For the outcome of a contact that has none yet."""
_QUEUES = ("queue", "waiting", "longest", "available", "talking", "in time lately", "expected wait")


def _expected(queue: dict[str, Any]) -> str:
    """How wrong expected waits were, and whether callers are told."""
    error = queue["expected_wait_error"]
    if error is None:
        return ""
    return f"±{error:.0%}" if queue["tells_expected_wait"] else f"±{error:.0%}, not told"


def _print_today(screen: Screen, title: str, today: Mapping[str, Any] | None) -> None:
    """How queues did; agents and skills are in `trunkline report`."""
    if not today or not today["queue"]:
        return
    rows: Rows = [
        (
            name,
            *(f["entered"], f["answered"], share(f["service_level"]), length(f["asa_ms"])),
            *(length(f["longest_wait_ms"]), share(f["abandon_rate"]), length(f["aht_ms"])),
            share(f["occupancy"]),
        )
        for name, f in today["queue"].items()
    ]
    columns = ("queue", "entered", "answered", "in time", "ASA", "longest", "hung up", "AHT")
    screen.table(title, (*columns, "occupancy"), rows)


def _summary(health: dict[str, Any], status: dict[str, Any]) -> str:
    ill = [f"{part['name']}: {part['detail']}" for part in health["parts"] if not part["ok"]]
    if ill:
        return "; ".join(ill)
    refused = status["site_refused"] or (status["flows"] or {}).get("refused")
    return "calls are served, but a change was refused" if refused else "well"


def _print_versions(screen: Screen, status: dict[str, Any]) -> None:
    """Which flows are in force, and what is not in force though it was published or saved."""
    flows = status["flows"]
    if flows is None:
        return
    screen.say(f"flows: version {flows['version']}")
    if refused := flows["refused"]:
        print_refused(screen, f"version {refused['version']}", refused["reasons"])
    if reasons := status["site_refused"]:
        print_refused(screen, of_site(flows["version"]), reasons)


def of_site(version: int) -> str:
    """What was refused where the site's file was."""
    return f"the site as it is saved (flows are those of version {version})"


def print_refused(screen: Screen, what: str, reasons: Sequence[str]) -> None:
    """Why something that was saved or published is not in force."""
    screen.fail(f"{what} was refused here:")
    for reason in reasons:
        screen.fail(f"  {reason}")


def print_unsafe(screen: Screen, found: Sequence[Mapping[str, str]]) -> None:
    """Why no card is taken, though calls are."""
    if found:
        screen.fail("no card payment is taken, for what is keyed would be seen in Asterisk:")
    for finding in found:
        screen.fail(f"  {Finding(**finding)}")


async def show_history(settings: Settings, contact: str, limit: int, as_json: bool) -> int:
    """Print the newest contacts or one contact's timeline; 1 when there is no such contact."""
    async with Client(card.read(settings.layout.card)) as client:
        path = f"/api/contacts/{contact}" if contact else f"/api/contacts?limit={limit}"
        found = await client.get(path)
        if contact and "error" in found:
            live = await client.get(f"/api/contacts/{contact}/live")
            found = found if "error" in live else live
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return 1 if contact and "error" in found else 0
    if contact and "error" in found:
        print(found["error"]["message"], file=sys.stderr)  # noqa: T201  # a person asked
        return 1
    screen, zone = Screen(), site_zone(settings)
    if contact:
        print_contact(screen, found)
    else:
        rows: Rows = [
            (
                c["id"],
                clock_time(c["started_ms"], zone),
                c["caller"] or "",
                c["called"] or "",
                c["queue"] or "",
                c["agent"] or "",
                c["outcome"],
            )
            for c in found
        ]
        columns = ("contact", "began", "caller", "called", "queue", "agent", "outcome")
        screen.table("History", columns, rows)
    return 0


def _still(contact: Mapping[str, Any]) -> str:
    callback = contact["at"] == "callback"
    return f"under way, {'waiting for a callback' if callback else 'in the ' + contact['at']}"


def print_contact(screen: Screen, contact: dict[str, Any]) -> None:
    """One contact's history row, step by step with times."""
    still = contact["outcome"] == UNDER_WAY
    end = _still(contact) if still else f"{contact['outcome']}, ended by {contact['ended_by']}"
    screen.say(f"contact {contact['id']}: {end}")
    screen.say("  " + ", ".join(_facts(contact)))
    rows: Rows = [
        (
            f"{(entry['at_ms'] - contact['started_ms']) / 1000:+.3f} s",
            entry["what"],
            described(entry["fields"]),
        )
        for entry in contact["timeline"]
    ]
    screen.table("So far" if still else "Timeline", ("at", "what", ""), rows)


def _facts(contact: dict[str, Any]) -> Iterator[str]:
    yield _between(contact)
    if contact["flow"]:
        yield f"flow {contact['flow']} of version {contact['flow_version']}"
    for name in ("language", "topic", "queue", "agent"):
        if contact[name]:
            yield f"{name} {contact[name]}"
    for answer in contact.get("answers", ()):
        given = answer["message"] if answer["score"] is None else answer["score"]
        yield f"{answer['survey']} {answer['question']}: {given}"


def _between(contact: dict[str, Any]) -> str:
    who, ours = contact["caller"] or "a number that is not known", contact["called"]
    if contact.get("direction") == Direction.OUTBOUND:
        return f"called {who}, who was shown {ours}"
    return f"from {who} to {ours}"


def described(fields: Mapping[str, Any]) -> str:
    """The fields of an entry for a person: a step as `main: option 1`, others as name and value."""
    if "step" in fields:
        return ": ".join(str(fields[name]) for name in ("step", "did") if name in fields)
    return ", ".join(f"{name} {value}" for name, value in fields.items() if value is not None)


def _detail(agent: dict[str, Any], now_ms: int) -> str:
    """A pause with its reason, and by how much it is too long."""
    over = agent["state"] == "paused" and (agent["until_ms"] or now_ms) < now_ms
    return ", ".join(filter(None, (agent["detail"], left(agent["until_ms"], now_ms) * over)))


def _age(now_ms: int, since_ms: int | None) -> str:
    return f"{max(0, now_ms - since_ms) / 1000:.0f} s" if since_ms else ""
