"""The FastAGI server: accepts connections, runs one handler task for each call."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import structlog

from bridge.agi.request import AgiRequest, Refusal
from bridge.agi.session import AgiSession
from bridge.agi.wire import AgiLimits, AgiWire
from bridge.errors import ChannelGone, SessionClosed

log = structlog.get_logger(__name__)

Handler = Callable[[AgiSession], Awaitable[None]]
OnError = Callable[[AgiSession, Exception], None]

_BACKLOG = 1024


class AgiServer:
    """Serves AGI sessions; owns every connection and every handler's task.

    For metrics: `accepted` counts sessions begun, `refused` connections that never became one, by
    Refusal, `failed` handlers that raised; `sessions` are those under way.
    """

    def __init__(
        self, handler: Handler, *, limits: AgiLimits | None = None, on_error: OnError | None = None
    ) -> None:
        self.accepted = 0
        self.failed = 0
        self.refused: Counter[Refusal] = Counter()
        self._handler = handler
        self.limits = limits or AgiLimits()
        self._on_error = on_error
        self._wires: set[AgiWire] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self._stopping = False

    @property
    def serving(self) -> bool:
        """Whether a call that comes now is taken."""
        return self._listener is not None and not self._stopping

    @property
    def sessions(self) -> int:
        """Sessions under way."""
        return len(self._tasks)

    async def start(self, host: str, port: int) -> int:
        """Listen; return the bound port (for port 0 the one that the system chose)."""
        self._stopping = False
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: AgiWire(self, self.limits), host, port, backlog=_BACKLOG
        )
        return int(self._listener.sockets[0].getsockname()[1])

    async def stop(self, grace_s: float) -> None:
        """Stop accepting, give the sessions `grace_s` seconds to end, then close them."""
        self._stopping = True
        if self._listener is not None:
            self._listener.close()
        if self._tasks and grace_s > 0:
            await asyncio.wait(tuple(self._tasks), timeout=grace_s)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks))
        for wire in tuple(self._wires):
            wire.close("the server stopped")

    # What a wire tells.

    def connected(self, wire: AgiWire) -> Refusal | None:
        """Admit a connection unless the server is full or stopping."""
        if self._stopping:
            return Refusal.STOPPING
        if len(self._wires) >= self.limits.sessions:
            return Refusal.FULL
        self._wires.add(wire)
        return None

    def requested(self, wire: AgiWire, request: AgiRequest) -> None:
        """Begin the session."""
        self.accepted += 1
        task = asyncio.get_running_loop().create_task(self._run(wire, AgiSession(request, wire)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def refused_connection(self, wire: AgiWire, reason: Refusal) -> None:
        """Count it: a scan of ports is no news, a server that is full is."""
        self.refused[reason] += 1
        note = log.warning if reason is Refusal.FULL else log.debug
        note("agi_connection_refused", reason=reason.value)

    def disconnected(self, wire: AgiWire) -> None:
        """Forget the connection."""
        self._wires.discard(wire)

    async def _run(self, wire: AgiWire, session: AgiSession) -> None:
        try:
            await self._handler(session)
        except Exception as error:  # the border of a session: no other call may suffer from it
            self._report(session, error)
        finally:
            wire.close("the handler ended")

    def _report(self, session: AgiSession, error: Exception) -> None:
        if _is_gone(error):
            log.debug("agi_channel_gone", channel=session.request.channel)
            return
        self.failed += 1
        log.error("agi_handler_failed", channel=session.request.channel, exc_info=error)
        if self._on_error is not None:
            self._on_error(session, error)


def _is_gone(error: BaseException) -> bool:
    """True if nothing but the end of the call is in `error`, a task group's errors included."""
    if isinstance(error, BaseExceptionGroup):
        return all(_is_gone(inner) for inner in error.exceptions)
    return isinstance(error, ChannelGone | SessionClosed)
