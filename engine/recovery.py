"""What became of the contacts of a former run: pure, from what it left and what is still alive.

Sources: the live records in Redis, the journal that Asterisk's side wrote while the engine was
away, and the channels that are up now.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from agi_scripts.journal import JournalEntry
from engine.story import Story
from history.outcome import EndedBy, Outcome


@dataclass(frozen=True)
class GoesOn:
    """The conversation outlived the engine: keep its story open."""

    story: Story


@dataclass(frozen=True)
class Over:
    """The contact ended while nobody watched; its row is to be written."""

    story: Story
    at_ms: int
    outcome: Outcome
    by: EndedBy


Verdict = GoesOn | Over


def judge(
    stories: Iterable[Story],
    journal: Collection[JournalEntry],
    alive: Collection[str],
    now_ms: int,
) -> list[Verdict]:
    """One verdict for each story. `alive` holds the contacts whose caller's channel is up."""
    entries: dict[str, list[JournalEntry]] = {}
    for entry in journal:
        entries.setdefault(entry.contact, []).append(entry)
    return [_judge(story, entries.get(story.id, []), alive, now_ms) for story in stories]


def strangers(
    journal: Iterable[JournalEntry], known: Collection[str], site: str, node: str
) -> list[Over]:
    """Contacts that came and went while the engine was away: only the journal knows them."""
    first: Mapping[str, JournalEntry] = {
        entry.contact: entry for entry in sorted(journal, key=lambda e: e.at_ms, reverse=True)
    }
    return [
        Over(_stranger(entry, site, node), entry.at_ms, Outcome.ENGINE_LOST, EndedBy.UNKNOWN)
        for contact, entry in first.items()
        if contact and contact not in known
    ]


def _judge(
    story: Story, entries: list[JournalEntry], alive: Collection[str], now_ms: int
) -> Verdict:
    if story.in_conversation and story.id in alive:
        return GoesOn(story.tell(now_ms, "engine_back"))
    told = story
    for entry in sorted(entries, key=lambda entry: entry.at_ms):
        told = told.tell(entry.at_ms, entry.what)
    at_ms = entries[-1].at_ms if entries else now_ms
    if story.answered_ms is None:
        return Over(told, at_ms, Outcome.ENGINE_LOST, EndedBy.UNKNOWN)
    return Over(
        told.conversation_ended(at_ms, EndedBy.UNKNOWN), at_ms, Outcome.ANSWERED, EndedBy.UNKNOWN
    )


def _stranger(entry: JournalEntry, site: str, node: str) -> Story:
    story = Story(
        id=entry.contact,
        site=site,
        node=node,
        channel="voice",
        started_ms=entry.at_ms,
        leg=entry.channel,
    )
    return story.tell(entry.at_ms, entry.what)
