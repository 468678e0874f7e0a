"""Keeps the story of every live contact: live record in Redis, events for watchers, history row."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import structlog

from engine.calls.livecalls import LiveCalls
from engine.calls.story import Story
from engine.clock import Clock
from engine.hub import Hub
from engine.metrics import Metrics
from history.errors import HistoryError
from history.outcome import EndedBy, Outcome
from history.rows import AnswerRow, MessageRow, PromiseRow, RecordingRow, TimelineEntry
from history.writer import HistoryWriter
from routing.callbacks import Promise

log = structlog.get_logger(__name__)


class Chronicle:
    """The one place where stories change. Not a decision maker: it is told what happened.

    A contact that nobody knows any more is no error: late reports of ended calls are dropped.
    """

    def __init__(
        self, live: LiveCalls, writer: HistoryWriter, hub: Hub, metrics: Metrics, clock: Clock
    ) -> None:
        self._live = live
        self._writer = writer
        self._hub = hub
        self._metrics = metrics
        self._clock = clock
        self._stories: dict[str, Story] = {}
        self._legs: dict[str, str] = {}
        self._parted: dict[str, Story] = {}
        self._unsettled: set[str] = set()
        self._promises: dict[str, Promise | None] = {}
        self.on_written: Callable[[list[str]], None] = lambda contacts: None
        """Told the contacts whose rows are in the history: routing may forget them."""
        self.on_told: Callable[[Story, TimelineEntry], None] = lambda story, entry: None
        """Told every new entry of a story's timeline, the end too."""

    def __len__(self) -> int:
        return len(self._stories)

    def stories(self) -> Iterable[Story]:
        """Every live contact's story."""
        return tuple(self._stories.values())

    def story(self, contact_id: str) -> Story | None:
        """The story of a live contact."""
        return self._stories.get(contact_id)

    def knows(self, contact_id: str) -> bool:
        """Whether a contact lives, or is closed and its row not committed yet."""
        return contact_id in self._stories or contact_id in self._unsettled

    def story_of_leg(self, uniqueid: str) -> Story | None:
        """Whose agent leg a channel is. A contact may be closed before its agent's channel is."""
        live = self._stories.get(self._legs.get(uniqueid, ""))
        return live or self._parted.get(uniqueid)

    def parted(self) -> Iterable[Story]:
        """Closed contacts whose agent's channel is not known to have ended."""
        return tuple(self._parted.values())

    def begin(self, story: Story) -> None:
        """A contact reached the engine."""
        self._metrics.calls.inc()
        self.adopt(story.tell(story.started_ms, "started", flow=story.flow, called=story.called))
        self._publish(story.id)

    def adopt(self, story: Story) -> None:
        """Go on with a story, new or from a former run."""
        self._stories[story.id] = story
        self._legs.update({leg.uniqueid: story.id for leg in story.legs if leg.ended_ms is None})
        self._metrics.active_calls.set(len(self._stories))
        self._save(story)
        self._keep_promise(story)

    def update(self, story: Story, save: bool = True) -> None:
        """A new chapter. Chapters that a restarted engine could do without need no saving."""
        if story.id not in self._stories:
            return
        self._legs.update({leg.uniqueid: story.id for leg in story.legs if leg.ended_ms is None})
        before = self._stories[story.id]
        self._stories[story.id] = story
        if save:
            self._save(story)
        self._keep_promise(story)
        if story.timeline is not before.timeline:
            self._publish(story.id, len(before.timeline))

    def asking(self, contact_id: str, step: str) -> None:
        """A question is being asked: for watchers only, the story tells the step already."""
        self._hub.publish(
            {"at_ms": self._clock(), "contact": contact_id, "what": "asking", "step": step}
        )

    def leg_ended(self, uniqueid: str, cause: int | None) -> str | None:
        """An agent's channel is gone; returns its contact."""
        self._parted.pop(uniqueid, None)
        contact_id = self._legs.pop(uniqueid, None)
        if contact_id and (story := self._stories.get(contact_id)):
            self.update(story.leg_ended(uniqueid, self._clock(), cause))
        return contact_id

    def close(
        self,
        contact_id: str,
        outcome: Outcome,
        by: EndedBy,
        cause: int | None = None,
        at_ms: int | None = None,
    ) -> None:
        """The contact is over: its row is written, then its live record goes."""
        story = self._stories.pop(contact_id, None)
        if story is None:
            return
        for leg in story.legs:
            self._legs.pop(leg.uniqueid, None)
            if leg.answered_ms is not None and leg.ended_ms is None:
                self._parted[leg.uniqueid] = story
        row = story.close(at_ms or self._clock(), outcome, by, cause)
        self._metrics.ended.labels(outcome.value).inc()
        self._metrics.active_calls.set(len(self._stories))
        if row.answered_ms is not None and row.wait_ms is not None and row.queue:
            self._metrics.wait.labels(row.queue).observe(row.wait_ms / 1000)
        self._unsettled.add(contact_id)
        self.on_told(story, row.timeline[-1])
        self._writer.put(row, lambda refused: self._settled(contact_id, refused))
        self._keep_promise(replace(story, promise=None))
        self._hub.publish(
            {
                "at_ms": row.ended_ms,
                "contact": contact_id,
                "what": "ended",
                "outcome": outcome.value,
                "by": by.value,
            }
        )

    def recorded(self, row: RecordingRow) -> None:
        """A recording was made ready."""
        self._writer.put(row)
        self._hub.publish(
            {
                "at_ms": self._clock(),
                "contact": row.contact_id,
                "what": "recorded",
                "duration_ms": row.duration_ms,
                "channels": row.channels,
                "state": row.state.value,
            }
        )

    def message_left(self, row: MessageRow) -> None:
        """A caller left a message."""
        self._writer.put(row)

    def surveyed(self, answers: Iterable[AnswerRow]) -> None:
        """A caller answered a survey."""
        for answer in answers:
            self._writer.put(answer)
            self._hub.publish(
                {
                    "at_ms": answer.at_ms,
                    "contact": answer.contact_id,
                    "what": "surveyed",
                    "survey": answer.survey,
                    "question": answer.question,
                    "score": answer.score,
                }
            )

    def recall(self, row: PromiseRow) -> None:
        """A former run left this promise in SQL: it is told when it does not stand any more."""
        self._promises[row.id] = None

    def over(self, story: Story) -> None:
        """A former run's contact whose row is in the history already: nothing more is kept."""
        self._keep_promise(replace(story, promise=None))
        self.written(story.id)

    def written(self, contact_id: str) -> None:
        """History has this contact's row for good: its live records go."""
        self._live.remove(contact_id)
        self.on_written([contact_id])

    async def left_behind(self) -> list[Story]:
        """The stories of a former run. Raises StoreAway."""
        return await self._live.load()

    async def inherit(
        self, node: str, silent_ms: int, wanted: Callable[[Story], bool]
    ) -> list[Story]:
        """Stories of another node that are this node's from now on. Raises StoreAway."""
        return await self._live.inherit(node, silent_ms, wanted)

    async def is_anothers(self, contact_id: str) -> bool:
        """Whether another node has taken a contact over; its story is out of mind here then.
        Raises StoreAway."""
        if not await self._live.is_gone(contact_id):
            return False
        if self._stories.pop(contact_id, None) is not None:
            self._live.remove(contact_id)
            self._metrics.active_calls.set(len(self._stories))
        return True

    def _settled(self, contact_id: str, refused: HistoryError | None) -> None:
        if refused is not None:
            log.error("history_row_refused", contact=contact_id, code=refused.code)
        self._unsettled.discard(contact_id)
        self.written(contact_id)

    def _save(self, story: Story) -> None:
        self._live.save(story)

    def _keep_promise(self, story: Story) -> None:
        """A callback whose caller has left may be days ahead: it outlives the live records too."""
        promise = story.promise if story.alone else None
        if promise is None:
            if story.id in self._promises:
                del self._promises[story.id]
                self._writer.put(PromiseRow(story.id, story.site, story.node, 0, None))
        elif self._promises.get(story.id) is not promise:
            self._promises[story.id] = promise
            record = story.to_record()
            self._writer.put(PromiseRow(story.id, story.site, story.node, promise.due_ms, record))

    def _publish(self, contact_id: str, since: int = 0) -> None:
        story = self._stories[contact_id]
        for entry in story.timeline[since:]:
            self.on_told(story, entry)
            self._hub.publish(
                {"at_ms": entry.at_ms, "contact": contact_id, "what": entry.what, **entry.fields}
            )
