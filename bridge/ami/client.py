"""The AMI client: a link to Asterisk that is kept up, and told about when it is not."""

import asyncio
import itertools
import random as _random
import secrets
from collections.abc import Awaitable, Callable, Iterator

import structlog

from bridge.ami.backoff import reconnect_delay_s
from bridge.ami.link import AmiLink, Connector, tcp
from bridge.ami.message import AmiMessage
from bridge.ami.settings import AmiSettings
from bridge.errors import ActionTimeout, LinkDown, LoginRejected

__all__ = ["AmiClient", "AmiMessage", "AmiSettings"]

_log = structlog.get_logger(__name__)


class AmiClient:
    """Keeps one login at Asterisk's manager alive, for ever.

    After each login `on_up` is awaited (to read the state afresh); events that come meanwhile
    are delivered to `on_event` after it, in order. If `on_up` raises, the link is dropped and
    begun again. When Asterisk was still starting at the login, `on_up` is awaited once more as
    soon as it is fully booted. `on_down(reason)` follows the end of every link that had logged
    in; it is not called by `stop()`.

    An exception in `on_event` or `on_down` is logged and does no more.
    """

    def __init__(
        self,
        settings: AmiSettings,
        *,
        on_event: Callable[[AmiMessage], None],
        on_up: Callable[[], Awaitable[None]],
        on_down: Callable[[str], None],
        connect: Connector = tcp,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._settings = settings
        self._on_event = on_event
        self._on_up = on_up
        self._on_down = on_down
        self._connect = connect
        self._random = random
        self._ids = _action_ids()
        self._link: AmiLink | None = None
        self._booted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def up(self) -> bool:
        """True while logged in with the state read afresh."""
        return self._link is not None and self._link.live

    @property
    def keys_filtered(self) -> bool:
        """True while Asterisk keeps keys from this session as `AmiSettings.keys_by` wants it."""
        return self._link is not None and self._link.keys_filtered

    async def start(self) -> None:
        """Return once the link is up for the first time; from then on it is kept up.

        While Asterisk cannot be reached this waits and tries again; cancelling it stops the
        client. Raises LoginRejected if Asterisk refuses the very first login.
        """
        first = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(first), name="ami-client")
        self._task.add_done_callback(_report_death)
        try:
            rejected: LoginRejected | None = await first
        except asyncio.CancelledError:
            await self.stop()
            raise
        if rejected is not None:
            await self.stop()
            raise rejected

    async def stop(self) -> None:
        """End the link, or the wait for the next one, for good."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def action(
        self, name: str, *fields: tuple[str, str], timeout_s: float | None = None
    ) -> AmiMessage:
        """Send one action and return Asterisk's response to it.

        Raises UnsafeValue before anything is sent; LinkDown without a link or when it is lost
        before the answer (the action is never sent again); ActionFailed; ActionTimeout.
        """
        return await self._logged_in().action(name, fields, self._patience(timeout_s))

    async def collect(
        self, name: str, *fields: tuple[str, str], timeout_s: float | None = None
    ) -> list[AmiMessage]:
        """Send an action that answers with a list; return its events. Errors as in action()."""
        return await self._logged_in().collect(name, fields, self._patience(timeout_s))

    def _logged_in(self) -> AmiLink:
        if self._link is None:
            raise LinkDown("not connected")
        return self._link

    def _patience(self, timeout_s: float | None) -> float:
        return self._settings.action_timeout_s if timeout_s is None else timeout_s

    async def _run(self, first: "asyncio.Future[LoginRejected | None]") -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            began = loop.time()
            try:
                reason = await self._one_link(first)
            except LoginRejected as error:
                if not first.done():
                    first.set_result(error)
                    return
                reason = str(error)
            # A link that is lost at once, over and over, must not be retried without a pause.
            failures = 0 if loop.time() - began > self._settings.backoff_max_s else failures
            delay_s = reconnect_delay_s(self._settings, failures, self._random())
            failures += 1
            _log.warning("ami_link_down", reason=reason, retry_in_s=round(delay_s, 3))
            await asyncio.sleep(delay_s)

    async def _one_link(self, first: "asyncio.Future[LoginRejected | None]") -> str:
        """Connect, log in and stay; return the reason of the end. LoginRejected if refused."""
        link = AmiLink(self._settings, self._ids, self._deliver)
        try:
            try:
                async with asyncio.timeout(self._settings.connect_timeout_s):
                    await self._log_in(link)
            except (OSError, LinkDown, ActionTimeout) as error:  # TimeoutError is an OSError
                return _text(error)
            self._link = link
            reason = await self._stay(link, first)
        finally:
            self._link = None
            link.close("stopped")
        self._tell_down(reason)
        return reason

    async def _log_in(self, link: AmiLink) -> None:
        await link.open(self._connect)
        # A booted Asterisk says FullyBooted right behind its answer to the login, so before its
        # answer to this. A FullyBooted after it means that Asterisk was still starting. To wait
        # for it would be wrong: without `system` among the read permissions it never comes.
        await link.ping()

    async def _stay(self, link: AmiLink, first: "asyncio.Future[LoginRejected | None]") -> str:
        # Not a TaskGroup: in Python 3.11 and 3.12 it swallows a cancellation that comes together
        # with an error of a child, and stop() would wait for ever.
        helpers = [
            asyncio.create_task(link.watch(), name="ami-pings"),
            asyncio.create_task(self._keep_in_sync(link, first), name="ami-resync"),
        ]
        try:
            return await link.lost()
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.wait(helpers)

    async def _keep_in_sync(
        self, link: AmiLink, first: "asyncio.Future[LoginRejected | None]"
    ) -> None:
        while True:
            link.hold()
            self._booted.clear()
            try:
                await self._on_up()
            except LinkDown as error:
                link.close(error.reason)
                return
            except Exception:  # whatever it is, without its state the link is of no use
                _log.exception("ami_resync_failed")
                link.close("the state could not be read")
                return
            link.release()
            if not first.done():
                first.set_result(None)
            await self._booted.wait()

    def _deliver(self, message: AmiMessage) -> None:
        if message.event == "FullyBooted":
            self._booted.set()
        try:
            self._on_event(message)
        except Exception:  # a fault of the listener must not cost the link
            _log.exception("ami_event_handler_failed", event_name=message.event)

    def _tell_down(self, reason: str) -> None:
        try:
            self._on_down(reason)
        except Exception:  # a fault of the listener must not end the reconnecting
            _log.exception("ami_down_handler_failed")


def _action_ids() -> Iterator[str]:
    """ActionIDs that no other session uses, on any engine."""
    prefix = f"trunkline-{secrets.token_hex(6)}"
    return (f"{prefix}-{number}" for number in itertools.count(1))


def _report_death(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.critical("ami_client_died", exc_info=error)


def _text(error: BaseException) -> str:
    if isinstance(error, LinkDown):
        return error.reason
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
