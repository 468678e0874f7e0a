"""Looks after the messages that callers left: counts what nobody has heard, deletes what is old."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import structlog

from config.mailboxes import DAY_MS, Mailbox
from engine.calls.services import Services
from history.errors import DatabaseAway
from history.messages import MessageStore

log = structlog.get_logger(__name__)

COUNT_EVERY_S = 10.0
CLEAN_EVERY = 360
"""Counts between two looks for old messages: an hour."""
FORGOTTEN_MS = 7 * DAY_MS
"""How long a take without a row is left: a crash leaves it, but so does a row that history has
refused, which somebody may yet mend (`history-refused.jsonl`)."""
AT_ONCE = 500
"""Rows asked for in one query."""
OTHERS = Mailbox()
"""How long messages are kept of a mailbox that the site does not name any more, and of surveys."""


class Mailroom:
    """One engine's; with several on one database each deletes the files that it has."""

    def __init__(self, services: Services, store: MessageStore) -> None:
        self._services = services
        self._store = store

    async def run(self) -> None:
        """Until cancelled."""
        rounds = 0
        while True:
            try:
                await self.count()
                if rounds % CLEAN_EVERY == 0:
                    await self.clean()
            except DatabaseAway as away:
                log.warning("messages_not_looked_after", code=away.code)
            rounds += 1
            await asyncio.sleep(COUNT_EVERY_S)

    async def count(self) -> None:
        """Tell the metrics how many messages wait in each mailbox."""
        found = await self._store.mailboxes()
        for mailbox in {*found, *self._services.site.mailboxes}:
            self._services.metrics.unheard.labels(mailbox).set(found.get(mailbox, 0))

    async def clean(self) -> None:
        """Delete what is older than its mailbox keeps it, heard or not; and takes that nobody
        kept, as their call was in an engine that was lost."""
        await self._clean_mailboxes()
        await self._clean_takes()

    async def _clean_takes(self) -> None:
        before_ms = self._services.clock() - FORGOTTEN_MS
        old = await asyncio.to_thread(self._services.messages.older_than, before_ms)
        forgotten: list[Path] = []
        for begin in range(0, len(old), AT_ONCE):
            some = old[begin : begin + AT_ONCE]
            known = await self._store.known([path.stem for path in some])
            forgotten += [path for path in some if path.stem not in known]
        for path in forgotten:
            path.unlink(missing_ok=True)
        if forgotten:
            log.warning("takes_deleted", count=len(forgotten))

    async def _clean_mailboxes(self) -> None:
        now = self._services.clock()
        known: Mapping[str, Mailbox] = self._services.site.mailboxes
        for mailbox in await self._store.mailboxes():
            keep_ms = known.get(mailbox, OTHERS).keep_ms
            old = await self._store.before(mailbox, now - keep_ms)
            for row in old:
                self._services.messages.delete(row)
            if old:
                await self._store.delete([row.id for row in old])
                log.info("messages_deleted", mailbox=mailbox, count=len(old))
