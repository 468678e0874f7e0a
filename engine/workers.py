"""Threads for functions that may block, so that no call waits for another's."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

MOST = 32


class Workers:
    """Runs plain functions, each in a thread of its own and no more than `most` at a time.

    Not a pool of the standard library: that waits for its threads when the process ends, and a
    function that never ends would keep the engine from stopping. Such a one holds only its place.
    """

    def __init__(self, most: int = MOST) -> None:
        self._places = asyncio.Semaphore(most)

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

        threading.Thread(target=work, name="flow function", daemon=True).start()
        return await result
