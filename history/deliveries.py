"""Messages on their way out of their mailboxes: which are due, and what has become of them.

A message is due as soon as it is there and nothing is known of its delivery, so that none is lost
between the two, whatever dies when.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import IntegrityError

from history.codec import message_from
from history.connection import failing, open_engine
from history.rows import MessageRow
from history.tables import deliveries, messages


@dataclass(frozen=True, slots=True)
class Due:
    """A message to be delivered now; ``tries`` were in vain so far."""

    message: MessageRow
    way: str
    tries: int


class DeliveryStore:
    """Every method raises DatabaseAway when the database cannot be used now."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def due(
        self, mailbox: str, way: str, now_ms: int, since_ms: int, limit: int
    ) -> Sequence[Due]:
        """The oldest first; none of those that were left before `since_ms`."""
        known = and_(deliveries.c.message_id == messages.c.id, deliveries.c.way == way)
        unsettled = and_(deliveries.c.outcome.is_(None), deliveries.c.due_ms <= now_ms)
        query = (
            select(messages, deliveries.c.tries)
            .outerjoin(deliveries, known)
            .where(messages.c.mailbox == mailbox, messages.c.at_ms >= since_ms)
            .where(or_(deliveries.c.tries.is_(None), unsettled))
            .order_by(messages.c.at_ms, messages.c.id)
            .limit(limit)
        )
        with failing():
            async with self._engine.connect() as connection:
                rows = (await connection.execute(query)).all()
        return [_due(row._mapping, way) for row in rows]

    async def claim(self, due: Due, again_ms: int) -> bool:
        """Take it for this try, until `again_ms`; False when another engine has it."""
        key = {"message_id": due.message.id, "way": due.way}
        values = {"tries": due.tries + 1, "due_ms": again_ms}
        with failing():
            async with self._engine.begin() as connection:
                if due.tries:
                    same = and_(*(deliveries.c[name] == value for name, value in key.items()))
                    ours = and_(same, deliveries.c.tries == due.tries)
                    done = await connection.execute(update(deliveries).where(ours).values(values))
                    return done.rowcount == 1
                try:
                    await connection.execute(deliveries.insert().values(**key, **values))
                except IntegrityError:
                    return False
        return True

    async def settle(self, due: Due, outcome: str) -> None:
        """It is over: delivered, refused or given_up."""
        same = and_(deliveries.c.message_id == due.message.id, deliveries.c.way == due.way)
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(update(deliveries).where(same).values(outcome=outcome))


def _due(row: Mapping[Any, Any], way: str) -> Due:
    told = dict(row)
    tries = told.pop("tries")
    return Due(message_from(told), way, tries or 0)
