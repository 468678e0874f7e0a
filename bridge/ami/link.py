"""One connection to Asterisk's manager: actions, and the answers that belong to them."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from bridge.ami.message import AmiMessage
from bridge.ami.settings import AmiSettings
from bridge.ami.wire import AmiWire
from bridge.errors import ActionFailed, ActionTimeout, LinkDown, LoginRejected
from bridge.quoting import ami_fields

Connector: TypeAlias = Callable[[AmiSettings, Callable[[], AmiWire]], Awaitable[None]]
"""Opens a connection and gives it to the wire that the factory makes."""

LIST_MARK = "-list"

HELD_EVENTS = 100_000
"""Events that may be held back during a resync; with more, the link ends."""


async def tcp(settings: AmiSettings, wire: Callable[[], AmiWire]) -> None:
    """Connect over TCP, or TLS when the settings carry a context."""
    await asyncio.get_running_loop().create_connection(
        wire, settings.host, settings.port, ssl=settings.ssl
    )


@dataclass
class _Waiting:
    """An action that was sent and whose answer, or end of list, has not come."""

    action: str
    answer: asyncio.Future[AmiMessage | LinkDown]
    items: list[AmiMessage] | None = None

    def settle(self, outcome: AmiMessage | LinkDown) -> None:
        if not self.answer.done():
            self.answer.set_result(outcome)


@dataclass
class AmiLink:
    """Correlates answers with actions by ActionIDs of its own, and ends for good when lost.

    Nothing survives it: an action under way fails with LinkDown and is never sent again. Events
    are held back until `release()`, and again after `hold()`. `ids` must give ActionIDs that no
    other session on this Asterisk uses, because Asterisk repeats them in events to every session.
    """

    settings: AmiSettings
    ids: Iterator[str]
    on_event: Callable[[AmiMessage], None]
    _wire: AmiWire = field(init=False)
    _waiting: dict[str, _Waiting] = field(init=False, default_factory=dict)
    _lost: asyncio.Future[str] = field(init=False)
    _held: deque[AmiMessage] | None = field(init=False, default_factory=deque)
    keys_filtered: bool = field(init=False, default=False)
    """Asterisk has taken the filter of `keys_by`."""

    def __post_init__(self) -> None:
        self._wire = AmiWire(self._take, self._end)
        self._lost = asyncio.get_running_loop().create_future()

    async def open(self, connect: Connector) -> None:
        """Connect and log in; OSError, LoginRejected, LinkDown or ActionTimeout if it fails."""
        await connect(self.settings, lambda: self._wire)
        fields = (
            ("Username", self.settings.username),
            ("Secret", self.settings.secret),
            ("Events", self.settings.events),
        )
        try:
            await self.action("Login", fields, self.settings.connect_timeout_s)
        except ActionFailed as error:
            raise LoginRejected(self.settings.username, error.answer) from None
        if self.settings.keys_by:
            self.keys_filtered = await self._filter_keys()

    async def action(
        self, name: str, fields: tuple[tuple[str, str], ...], timeout_s: float
    ) -> AmiMessage:
        """Send one action and return its response; ActionFailed if that is an error."""
        waiting = _Waiting(name, asyncio.get_running_loop().create_future())
        return await self._perform(waiting, next(self.ids), fields, timeout_s)

    async def collect(
        self, name: str, fields: tuple[tuple[str, str], ...], timeout_s: float
    ) -> list[AmiMessage]:
        """Send an action that answers with a list and return the list's events in order."""
        items: list[AmiMessage] = []
        waiting = _Waiting(name, asyncio.get_running_loop().create_future(), items)
        await self._perform(waiting, next(self.ids) + LIST_MARK, fields, timeout_s)
        return items

    async def ping(self) -> None:
        """Return when Asterisk has answered, in whatever way; LinkDown, ActionTimeout if not."""
        with contextlib.suppress(ActionFailed):
            await self.action("Ping", (), self.settings.ping_timeout_s)

    async def watch(self) -> None:
        """Ping until the link is lost; a ping that is not answered ends it."""
        while not self._lost.done():
            await asyncio.sleep(self.settings.ping_interval_s)
            try:
                await self.ping()
            except ActionTimeout:
                self.close("a ping was not answered")
            except LinkDown:
                return

    async def lost(self) -> str:
        """Wait for the end of the link and return its reason."""
        return await asyncio.shield(self._lost)

    @property
    def live(self) -> bool:
        """True while events are delivered as they come."""
        return self._held is None and not self._lost.done()

    def hold(self) -> None:
        """Forget events held so far, which the coming resync covers, and hold the next ones."""
        self._held = deque()

    def release(self) -> None:
        """Deliver what was held, in order, and from now on everything at once."""
        held, self._held = self._held, None
        for message in held or ():
            self.on_event(message)

    def close(self, reason: str) -> None:
        """End the link; every waiting action fails with LinkDown."""
        self._wire.end(reason)

    async def _filter_keys(self) -> bool:
        """False when Asterisk will not; `action_filter()` in main/manager.c."""
        criteria = "action(exclude),name(DTMFEnd),header(ChanVariable),method(exact)"
        fields = (
            ("Operation", "Add"),
            ("MatchCriteria", criteria),
            ("Filter", f"{self.settings.keys_by}="),
        )
        try:
            await self.action("Filter", fields, self.settings.connect_timeout_s)
        except ActionFailed:
            return False
        return True

    async def _perform(
        self,
        waiting: _Waiting,
        action_id: str,
        fields: tuple[tuple[str, str], ...],
        timeout_s: float,
    ) -> AmiMessage:
        action = ami_fields(waiting.action, (("ActionID", action_id), *fields))
        if self._lost.done():
            raise LinkDown(self._lost.result())
        self._waiting[action_id] = waiting
        try:
            async with asyncio.timeout(timeout_s):
                self._wire.write(action)
                return _success(waiting.action, await waiting.answer)
        except TimeoutError:
            raise ActionTimeout(waiting.action, timeout_s) from None
        finally:
            del self._waiting[action_id]

    def _take(self, message: AmiMessage) -> None:
        if message.event:
            self._take_event(message)
            return
        waiting = self._waiting.get(message.action_id)
        if waiting is not None and not _begins_list(waiting, message):
            waiting.settle(message)

    def _take_event(self, message: AmiMessage) -> None:
        if not message.action_id.endswith(LIST_MARK):
            self._hold_or_deliver(message)
            return
        waiting = self._waiting.get(message.action_id)
        if waiting is None or waiting.items is None:
            return  # the rest of a list that nobody waits for any longer
        if message.get("EventList", "").lower() in {"complete", "cancelled"}:
            waiting.settle(message)
        else:
            waiting.items.append(message)

    def _hold_or_deliver(self, message: AmiMessage) -> None:
        if self._held is None:
            self.on_event(message)
        elif len(self._held) < HELD_EVENTS:
            self._held.append(message)
        else:
            self.close("too many events during a resync")

    def _end(self, reason: str) -> None:
        if self._lost.done():
            return
        self._lost.set_result(reason)
        for waiting in self._waiting.values():
            waiting.settle(LinkDown(reason))


def _begins_list(waiting: _Waiting, response: AmiMessage) -> bool:
    return waiting.items is not None and response.get("EventList", "").lower() == "start"


def _success(action: str, outcome: AmiMessage | LinkDown) -> AmiMessage:
    if isinstance(outcome, LinkDown):
        raise outcome
    if not outcome.event and outcome.response.lower() == "error":
        raise ActionFailed(action, outcome.get("Message", "").strip())
    return outcome
