"""What became of calls while versions of their flows were published: the verdict, without I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bench import menu
from bench.command import Figures, Unmeasured, percentile
from history.outcome import Outcome
from history.rows import ContactRow
from phones.loadcall import CallRecord

CALLER = "+3630{:07d}"
IN_PIECES = 0
"""A fingerprint of sound that came in pieces."""
KEPT = 0.95
"""The share of the wanted rate at which calls must begin: else the load was another."""
_VERSION = re.compile(r"_v(\d+)$")


@dataclass(frozen=True)
class Scale:
    """How much: new calls a second, for how long before the first version and after each (s), how
    many versions, and how many steps each of the other flows has."""

    rate: float
    before_s: float
    after_s: float
    versions: int
    steps: int


@dataclass(frozen=True)
class Published:
    """A version: its number, when it was in the database (Unix, ms), and when the command that
    published it began and ended (monotonic, ns)."""

    version: int
    at_ms: int
    began_ns: int
    ended_ns: int


def key_of(number: int) -> str:
    """What a call keys in the menu."""
    return tuple(menu.QUEUES)[number % len(menu.QUEUES)]


@dataclass(frozen=True)
class Reloads:
    """What became of the calls; ``rows`` is their history by the caller's number."""

    scale: Scale
    records: Sequence[CallRecord]
    rows: Mapping[str, Sequence[ContactRow]]
    published: Sequence[Published]

    @cached_property
    def lost(self) -> list[str]:
        """Why, for each call that was not served to its end, or has no row that says so."""
        return [why for record in self.records if (why := self._lost(record))]

    @cached_property
    def torn(self) -> list[str]:
        """The versions of each call whose steps were not all of the one that it began with."""
        each = ((row, _versions(row)) for row in self._all_rows())
        return [
            f"began with {row.flow_version}, went through steps of {sorted(versions)}"
            for row, versions in each
            if versions != {row.flow_version}
        ]

    @property
    def torn_menus(self) -> int:
        """Calls whose menu came in pieces: a busy machine's doing, and no call is lost by it."""
        firsts = (record.spurts[0] for record in self.records if record.spurts)
        return sum(first.fingerprint == IN_PIECES for first in firsts)

    @property
    def rate(self) -> float:
        """Calls that began in a second, on the whole."""
        began = sorted(record.invited_ns for record in self.records if record.invited_ns)
        if len(began) < 2:
            raise Unmeasured("no calls were made")
        return (len(began) - 1) * 1e9 / (began[-1] - began[0])

    def across(self) -> int:
        """Calls that were under way when another version came into force. Unmeasured if there was
        none at one of the versions: then nothing could have been torn."""
        counts = {
            version: sum(row.started_ms < at_ms < row.ended_ms for row in self._all_rows())
            for version, at_ms in self._in_force_ms.items()
        }
        if not all(counts.values()):
            raise Unmeasured(f"no call was under way when some of the versions came: {counts}")
        return sum(counts.values())

    def swaps_ms(self) -> list[int]:
        """For each version, from its publishing to the first call that begins in it."""
        return [self._in_force_ms[each.version] - each.at_ms for each in self.published]

    def commands_ms(self) -> list[int]:
        """For each version, how long the command took that published it, its start included."""
        return [(each.ended_ns - each.began_ns) // 1_000_000 for each in self.published]

    def first_prompt_ms(self, share: float, *, while_published: bool) -> float:
        """Of the calls before the first version, or of those that began while one was published."""
        times = [
            record.first_prompt_ms
            for record in self.records
            if record.first_prompt_ms is not None and self._while(record) is while_published
        ]
        return percentile(times or [0.0], share)

    @cached_property
    def _in_force_ms(self) -> dict[int, int]:
        """When the first call began in each version (Unix, ms)."""
        found: dict[int, int] = {}
        for each in self.published:
            began = [r.started_ms for r in self._all_rows() if r.flow_version == each.version]
            if not began:
                raise Unmeasured(f"no call ran version {each.version}")
            found[each.version] = min(began)
        return found

    def _while(self, record: CallRecord) -> bool | None:
        at_ns = record.invited_ns or 0
        if at_ns < self.published[0].began_ns:
            return False
        return True if any(p.began_ns <= at_ns <= p.ended_ns for p in self.published) else None

    def _lost(self, record: CallRecord) -> str:
        rows = self.rows.get(CALLER.format(record.number), ())
        told = [(row.queue, row.outcome) for row in rows]
        if record.failure or told == [(menu.QUEUES[key_of(record.number)], Outcome.ABANDONED)]:
            return record.failure
        return f"history says {told}"

    def _all_rows(self) -> Iterator[ContactRow]:
        return (row for rows in self.rows.values() for row in rows)

    @property
    def figures(self) -> Figures:
        """For the report."""
        figures: dict[str, float] = {
            "reload_lost_calls": len(self.lost),
            "reload_torn_calls": len(self.torn),
            "reload_torn_menus": self.torn_menus,
            "reload_calls_across": self.across(),
            "reloads": len(self.published),
            "reload_calls": len(self.records),
            "reload_calls_per_s": round(self.rate, 1),
            "reload_swap_ms_longest": max(self.swaps_ms()),
            "reload_publish_ms_longest": max(self.commands_ms()),
            "reload_target_met": self._is_met(),
        }
        for when, while_published in (("before", False), ("while", True)):
            for share in (95, 99):
                value = self.first_prompt_ms(share / 100, while_published=while_published)
                figures[f"reload_first_prompt_p{share}_ms_{when}"] = round(value, 1)
        return figures

    def _is_met(self) -> bool:
        return not self.lost and not self.torn and self.rate >= KEPT * self.scale.rate


def _versions(row: ContactRow) -> set[int]:
    """The versions of the steps that a call went through."""
    steps = (str(entry.fields["step"]) for entry in row.timeline if entry.what == "step")
    return {int(found[1]) for step in steps if (found := _VERSION.search(step))}
