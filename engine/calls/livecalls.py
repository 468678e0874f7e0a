"""The live record of each contact: what a restarted engine needs to finish its history.

One Redis hash per node, field = contact id, value = JSON. Writes are coalesced: at 100 calls/s
a record's changes within a few milliseconds cost one command in one pipeline.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from importlib.resources import files

import structlog

from engine.calls.story import Story
from routing.client import RedisLink, Script
from routing.errors import StoreAway

log = structlog.get_logger(__name__)

FLUSH_AFTER_S = 0.02
"""So much may be missing after a crash; Asterisk's channels and journal tell it then."""
RETRY_AFTER_S = 0.25


class LiveCalls:
    """Keeps the newest record of each live contact in Redis; `None` stands for a removal."""

    def __init__(self, link: RedisLink, site: str, node: str) -> None:
        self._link = link
        self._prefix = f"trk:{{{site}}}:"
        self._node = node
        self._key = f"{self._prefix}live:{node}"
        self._gone = f"{self._prefix}node:{node}:gone"
        self._inherit = Script((files("engine.calls") / "inherit.lua").read_text())
        self._pending: dict[str, Story | None] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write in the background."""
        self._task = asyncio.create_task(self._run(), name="live calls")

    async def stop(self) -> None:
        """Write what is pending and end."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(StoreAway):
            await self._flush()

    def save(self, story: Story) -> None:
        """Remember the newest state of a contact; returns at once."""
        self._pending[story.id] = story
        self._wake.set()

    def remove(self, contact_id: str) -> None:
        """Forget a contact whose history row is committed."""
        self._pending[contact_id] = None
        self._wake.set()

    async def load(self) -> list[Story]:
        """Every story that a former run of this node left. Raises StoreAway.

        A record of another version is set aside, for a person: it must not end the engine.
        """
        found, gone = await self._link.commands([("HGETALL", self._key), ("HKEYS", self._gone)])
        stories: list[Story] = []
        for field, value in zip(found[::2], found[1::2], strict=True):
            if field in gone:  # written by a run that did not know yet
                continue
            try:
                stories.append(Story.from_record(json.loads(value)))
            except (KeyError, TypeError, ValueError) as problem:
                key, reason = f"{self._key} {field.decode()}", type(problem).__name__
                log.error("live_call_set_aside", key=key, reason=reason)
                await self._set_aside(field, value)
        return stories

    async def is_gone(self, contact_id: str) -> bool:
        """Whether another node has taken this contact over. Raises StoreAway."""
        return bool(await self._link.command("HEXISTS", self._gone, contact_id))

    async def inherit(
        self, node: str, silent_ms: int, wanted: Callable[[Story], bool]
    ) -> list[Story]:
        """Takes over those stories of a node that are wanted, if it has been silent for so long;
        each goes to exactly one of the others. Raises StoreAway."""
        found = await self._link.command("HGETALL", f"{self._prefix}live:{node}")
        stories = [_read(value) for value in found[1::2]]
        ids = [story.id for story in stories if story is not None and wanted(story)]
        if not ids:
            return []
        keys = [
            *(f"{self._prefix}beats", f"{self._prefix}node:{self._node}:about"),
            *(f"{self._prefix}live:{node}", self._key),
            *(f"{self._prefix}node:{node}:gone", self._gone),
        ]
        taken = await self._link.script(self._inherit, keys, [node, self._node, silent_ms, *ids])
        return [story for story in map(_read, taken) if story is not None]

    async def _set_aside(self, field: bytes, value: bytes) -> None:
        await self._link.commands(
            [("HSET", f"{self._key}:unreadable", field, value), ("HDEL", self._key, field)]
        )

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(FLUSH_AFTER_S)
            try:
                await self._flush()
            except StoreAway as error:
                log.warning("live_calls_not_saved", code=error.code)
                await asyncio.sleep(RETRY_AFTER_S)
                self._wake.set()

    async def _flush(self) -> None:
        self._wake.clear()
        batch, self._pending = self._pending, {}
        saved: list[str] = []
        removed: list[str] = []
        for contact_id, story in batch.items():
            if story is None:
                removed.append(contact_id)
            else:
                saved += (contact_id, json.dumps(story.to_record()))
        commands = [
            (verb, self._key, *words)
            for verb, words in (("HSET", saved), ("HDEL", removed))
            if words
        ]
        if not commands:
            return
        try:
            await self._link.commands(commands)
        except BaseException:  # cancelled too: `stop` writes what is pending
            self._pending = batch | self._pending
            raise


def _read(value: bytes) -> Story | None:
    """A story of another node; one that cannot be read is its own node's to set aside."""
    try:
        return Story.from_record(json.loads(value))
    except (KeyError, TypeError, ValueError):
        return None
