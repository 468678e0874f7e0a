"""What a campaign came to on a real Asterisk, from its own records: its attempts and contacts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.dialing_twin import Figures
from history.rows import ContactRow
from routing.outbound.leads.plan import Result


class Attempt(NamedTuple):
    """One call that the campaign placed. Times in Unix ms; None for what never was."""

    contact: str
    begun_ms: int
    answered_ms: int | None
    result: str | None


class Talk(NamedTuple):
    """An agent's time with one callee, without the notes after it."""

    agent: str
    from_ms: int
    until_ms: int


@dataclass(frozen=True)
class Stretch:
    """What is looked at: from the campaign's start on, by so many agents who all are there."""

    agents: int
    from_ms: int
    until_ms: int
    """What is under way then counts up to it."""

    wrap_up_s: float

    @property
    def minutes(self) -> float:
        """How long it is."""
        return (self.until_ms - self.from_ms) / 60_000


@dataclass(frozen=True)
class Came:
    """To what it came. `to_agent_ms`: from each answer until callee and agent were joined."""

    figures: Figures
    placed: int
    results: Mapping[str, int]
    to_agent_ms: Sequence[float]


def attempts_in(lines: str) -> list[Attempt]:
    """What `trunkline leads attempts` prints."""
    return [_attempt(json.loads(line)) for line in lines.splitlines() if line]


def _attempt(told: Mapping[str, Any]) -> Attempt:
    contact = told["contact_id"] or told["id"]
    return Attempt(contact, told["begun_ms"], told["answered_ms"], told["result"])


def talks_of(rows: Iterable[ContactRow]) -> dict[str, Talk]:
    """By contact, of those that an agent has had."""
    return {row.id: talk for row in rows if (talk := _talk(row)) is not None}


def _talk(row: ContactRow) -> Talk | None:
    if row.agent is None or row.queued_ms is None or row.wait_ms is None or row.talk_ms is None:
        return None
    joined_ms = row.queued_ms + row.wait_ms
    return Talk(row.agent, joined_ms, joined_ms + row.talk_ms)


def came_to(stretch: Stretch, attempts: Sequence[Attempt], talks: Mapping[str, Talk]) -> Came:
    """The figures, counted as the simulator counts them."""
    results: dict[str, int] = {}
    for attempt in attempts:
        results[attempt.result or "open"] = results.get(attempt.result or "open", 0) + 1
    live, lost = results.get(Result.ANSWERED, 0), results.get(Result.LOST, 0)
    people = live + lost
    return Came(
        Figures(
            busy=_busy_ms(stretch, talks.values()) / (stretch.agents * stretch.minutes * 60_000),
            abandon=lost / max(1, people),
            answer_rate=people / max(1, len(attempts)),
            placed_per_min=len(attempts) / stretch.minutes,
        ),
        len(attempts),
        results,
        [
            float(talks[each.contact].from_ms - each.answered_ms)
            for each in attempts
            if each.answered_ms is not None and each.contact in talks
        ],
    )


def _busy_ms(stretch: Stretch, talks: Iterable[Talk]) -> float:
    """The talks and the notes after them, within the stretch."""
    wrap_up_ms = stretch.wrap_up_s * 1000
    return sum(
        max(0.0, min(talk.until_ms + wrap_up_ms, stretch.until_ms) - talk.from_ms) for talk in talks
    )
