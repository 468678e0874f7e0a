"""Where functions of a site run, so that no call waits for another's, or longer than it wants."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

MOST = 32
T = TypeVar("T")


class Workers:
    """Runs plain functions, each in a thread of its own and no more than `most` at a time.

    Not a pool of the standard library: that waits for its threads when the process ends, and a
    function that never ends would keep the engine from stopping. Such a one holds only its place.
    """

    def __init__(self, most: int = MOST) -> None:
        self._places = asyncio.Semaphore(most)
        self._running: set[asyncio.Task[Any]] = set()

    async def run(self, function: Callable[[], Any]) -> Any:
        """What the function returns or raises. Cancelled, the thread goes on unheard."""
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Any] = loop.create_future()

        def ended(returned: Any, raised: BaseException | None) -> None:
            self._places.release()
            if result.done():
                return
            if raised is None:
                result.set_result(returned)
            elif isinstance(raised, Exception) and not isinstance(raised, StopIteration):
                result.set_exception(raised)
            else:
                # SystemExit would end the engine, and a future takes no StopIteration.
                result.set_exception(RuntimeError(type(raised).__name__))

        def work() -> None:
            returned, raised = None, None
            try:
                returned = function()
            except BaseException as error:  # whatever it is, who waits is told
                raised = error
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(ended, returned, raised)

        try:
            threading.Thread(target=work, name="flow function", daemon=True).start()
        except RuntimeError:  # the system has no more of them
            self._places.release()
            raise
        return await result

    async def run_in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        """What the coroutine gives. Cancelled, it is cancelled too, and not waited for: it may
        take its time to close what it opened."""
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.cancel()
            raise
