"""Looks after the messages that callers left: counts what nobody has heard, deletes what is old."""

import asyncio
from collections.abc import Mapping

import structlog

from config.mailboxes import Mailbox
from engine.services import Services
from history.errors import DatabaseAway
from history.messages import MessageStore

log = structlog.get_logger(__name__)

COUNT_EVERY_S = 10.0
CLEAN_EVERY = 360
"""Counts between two looks for old messages: an hour."""
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
        """Delete what is older than its mailbox keeps it, heard or not."""
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
