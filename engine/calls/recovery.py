"""What became of the contacts of a former run: pure, from what it left and what is still alive.

Sources: the live records in Redis, the journal that Asterisk's side wrote while the engine was
away, and the channels that are up now. A live record may be some milliseconds older than the
crash; where it and Asterisk differ, Asterisk is right about where the call was.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from agi_scripts.journal import ENDED, JournalEntry
from bridge.events import LiveChannel
from engine.calls.stage import TALKING, TRANSFER, WITHOUT_ENGINE
from engine.calls.story import Story
from history.outcome import EndedBy, Outcome
from history.rows import LegRow
from routing.floor import LiveTalk
from routing.transfers import is_consult

JOINED_WITHIN_MS = 1_000
"""A conversation is noted before it begins: of one that was over so soon there was none."""


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


@dataclass(frozen=True)
class Promised:
    """The customer is to be called back: the contact goes on waiting without them.

    `on_line`: they are up in Asterisk, which apologised and put them through to the fallback.
    `rings`: their phone still does, for nobody.
    """

    story: Story
    on_line: bool = False
    rings: bool = False


Verdict = GoesOn | Over | Promised


def judge(
    stories: Iterable[Story],
    journal: Collection[JournalEntry],
    channels: Collection[LiveChannel],
    now_ms: int,
) -> list[Verdict]:
    """One verdict for each story."""
    callers = {channel.uniqueid: channel for channel in channels}
    agents = {channel.contact: channel for channel in channels if channel.agent}
    entries = _by_contact(journal)
    return [
        _judge(
            story, entries.get(story.id, []), callers.get(story.line), agents.get(story.id), now_ms
        )
        for story in stories
    ]


def talks(channels: Collection[LiveChannel]) -> list[LiveTalk]:
    """The conversations that are up in Asterisk, each known by both of its channels."""
    talking = _with_callers_who(channels, TALKING)
    return [
        LiveTalk(channel.contact, channel.agent, channel.uniqueid)
        for channel in channels
        if channel.agent and channel.contact and channel.contact in talking
    ]


def stranded(channels: Collection[LiveChannel], going_on: Collection[str]) -> list[str]:
    """The legs, by their unique ids, of whom nobody will fetch any more: somebody who was consulted
    and is with no caller now; an agent whose contact does not go on, also where nothing else is
    known of it than what is noted on their channel. An open line that waits is none."""
    with_callers = {channel.bridge_id for channel in channels if channel.stage == TALKING}
    served = {*going_on, *_with_callers_who(channels, TALKING, TRANSFER)}
    return [
        channel.uniqueid
        for channel in channels
        if channel.contact is not None and channel.uniqueid != channel.line
        if (
            channel.bridge_id not in with_callers
            if is_consult(channel.contact)
            else channel.agent is not None and channel.contact not in served
        )
    ]


def _with_callers_who(channels: Collection[LiveChannel], *stages: str) -> set[str | None]:
    return {
        contact
        for channel in channels
        if channel.stage in stages
        for contact in (channel.uniqueid, channel.contact)
    }


def strangers(
    journal: Iterable[JournalEntry], known: Collection[str], site: str, node: str
) -> list[Over]:
    """Contacts that came and went without the engine: only the journal knows them.

    Who heard no apology has hung up before Asterisk had asked the engine, or found it away.
    """
    return [
        _unserved(_over(_stranger(told[0], site, node), told, told[-1].at_ms, None), told)
        for contact, told in _by_contact(journal).items()
        if contact and contact not in known
    ]


def _unserved(over: Over, entries: list[JournalEntry]) -> Over:
    story = over.story
    if story.talked or story.campaign is not None or any(e.what != ENDED for e in entries):
        return over
    return replace(over, outcome=Outcome.HUNG_UP_IN_FLOW, by=EndedBy.CALLER)


def _by_contact(journal: Iterable[JournalEntry]) -> Mapping[str, list[JournalEntry]]:
    entries: dict[str, list[JournalEntry]] = {}
    for entry in sorted(journal, key=lambda entry: entry.at_ms):
        entries.setdefault(entry.contact, []).append(entry)
    return entries


def _judge(
    story: Story,
    entries: list[JournalEntry],
    caller: LiveChannel | None,
    agent: LiveChannel | None,
    now_ms: int,
) -> Verdict:
    if caller is not None and caller.stage == TALKING:
        told = _answered(story, agent, now_ms).tell(now_ms, "engine_back")
        return GoesOn(replace(told, promise=None))
    if caller is not None and caller.stage == TRANSFER:
        return GoesOn(story.tell(now_ms, "engine_back"))
    if story.promise is not None and not any(entry.stage == TALKING for entry in entries):
        told = _told(story, entries).tell(now_ms, "engine_back")
        up = caller is not None and caller.up
        return Promised(told, on_line=up, rings=caller is not None and not up)
    stage = caller.stage if caller is not None else None
    return _over(story, entries, entries[-1].at_ms if entries else now_ms, agent, stage)


def _over(
    story: Story,
    entries: list[JournalEntry],
    at_ms: int,
    agent: LiveChannel | None,
    stage: str | None = None,
) -> Over:
    """The end of a contact; whoever is told to have talked was answered. ``stage``: where the
    caller is now."""
    told = story
    if any(entry.stage == TALKING for entry in entries):
        told = _answered(story, agent, entries[0].at_ms)
    elif _was_not_joined(story, entries, stage):
        leg = _last_of_agent(story)
        told = story.not_joined(at_ms, leg.uniqueid if leg is not None else "")
    told = _told(told, entries)
    if not told.talked and any(entry.stage == TRANSFER for entry in entries):
        return Over(told, at_ms, Outcome.TRANSFERRED, EndedBy.UNKNOWN)
    if not told.talked:
        met_nobody = told.campaign is not None and told.flow is None
        outcome = Outcome.LOST if met_nobody else Outcome.ENGINE_LOST
        return Over(told, at_ms, outcome, EndedBy.UNKNOWN)
    return Over(
        told.conversation_ended(at_ms, EndedBy.UNKNOWN), at_ms, Outcome.ANSWERED, EndedBy.UNKNOWN
    )


def _was_not_joined(story: Story, entries: list[JournalEntry], stage: str | None) -> bool:
    """Whether the engine died after the agent's answer and before the two were joined. Who has
    talked is in the flow again a moment before the story tells it; a caller was there before."""
    if not story.in_conversation:
        return False
    if story.campaign is not None:
        return bool(WITHOUT_ENGINE.intersection((stage, *(entry.stage for entry in entries))))
    return bool(entries) and entries[0].at_ms - story.talks[-1][0] < JOINED_WITHIN_MS


def _told(story: Story, entries: list[JournalEntry]) -> Story:
    for entry in entries:
        story = story.tell(entry.at_ms, entry.what)
    return story


def _answered(story: Story, agent: LiveChannel | None, latest_ms: int) -> Story:
    """The story with the answer that the live record was too old to have, at the latest moment
    that it can have been: the ring, or when Asterisk spoke of the conversation."""
    if story.talked:
        return story
    leg = _last_of_agent(story)
    name = (agent.agent if agent else None) or (leg.agent if leg else None) or "unknown"
    uniqueid = agent.uniqueid if agent else (leg.uniqueid if leg else "")
    channel = agent.channel if agent else uniqueid
    if agent is not None and story.leg_of(uniqueid) is None:
        story = story.rung(latest_ms, name, uniqueid)
    return story.answered(story.ringing_ms or latest_ms, name, channel, uniqueid)


def _last_of_agent(story: Story) -> LegRow | None:
    return next((leg for leg in reversed(story.legs) if leg.agent), None)


def _stranger(entry: JournalEntry, site: str, node: str) -> Story:
    """A caller, or a lead who answered when the engine was gone: which campaign had called the
    attempt of the same id tells."""
    return Story(
        id=entry.contact,
        site=site,
        node=node,
        channel="voice",
        started_ms=entry.at_ms,
        leg=entry.channel,
        caller=entry.caller or None,
        called=entry.called or None,
        campaign="" if entry.stage in WITHOUT_ENGINE else None,
    )
