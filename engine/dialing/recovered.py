"""What a restart has found out about calls that an earlier run had placed: pure.

That a call was answered, and by whom it was met, is written soon after it happened; an engine that
is killed meanwhile has left it in the contact's story, or in the journal of Asterisk's side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from agi_scripts.journal import JournalEntry
from engine.calls.stage import WITHOUT_ENGINE
from engine.calls.story import Story
from engine.campaigns.hopper import left_by
from history.lead_hopper import AttemptRow
from routing.outbound.leads.following import Ended
from routing.outbound.leads.plan import Result


class Met(NamedTuple):
    """A lead has answered, at `answered_ms` (Unix epoch). `is_met`: by `agent`, or (None) by the
    campaign's flow; else nobody was there for them. `disposition`: what the flow had said;
    `opted_out`: they have pressed the key for no more calls."""

    answered_ms: int
    is_met: bool
    agent: str | None = None
    disposition: str | None = None
    opted_out: bool = False


NOBODY: Mapping[str, Met] = {}


def met_by(stories: Iterable[Story], journal: Iterable[JournalEntry]) -> Mapping[str, Met]:
    """Who has answered, by contact."""
    unmet = (entry for entry in journal if entry.stage in WITHOUT_ENGINE)
    found = {entry.contact: Met(entry.at_ms, is_met=False) for entry in unmet}
    return found | {story.id: _met(story) for story in stories if story.campaign is not None}


def _met(story: Story) -> Met:
    answered = (each.at_ms for each in story.timeline if each.what == "lead_answered")
    is_met = story.talked or story.flow is not None
    agent = story.agent if story.talked else None
    opted_out = any(each.what == "opted_out" for each in story.timeline)
    return Met(next(answered, story.started_ms), is_met, agent, story.disposition, opted_out)


def known(row: AttemptRow, met: Met | None) -> AttemptRow:
    """The call as it is known now; that it was met may not have been written."""
    if met is None or not met.is_met or row.answered_ms is not None:
        return row
    return replace(row, answered_ms=met.answered_ms, agent=met.agent)


def ended(row: AttemptRow, met: Met | None, now_ms: int) -> Ended:
    """What came of a call whose channel is gone. Who was about to be joined with an agent, and was
    not, was lost."""
    is_met = met is None or met.is_met or row.said is not None
    if not is_met and (row.answered_ms is None or row.agent is not None):
        return Ended(Result.LOST, now_ms, never_again=met is not None and met.opted_out)
    return left_by(row.answered_ms, row.agent, row.said, now_ms)
