"""Keys that callers press while no command of theirs listens: in a queue, under the music."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str], None]


class Keys:
    """Who listens to which channel's keys. A key that nobody listens for is dropped, unseen."""

    def __init__(self) -> None:
        self._listeners: dict[str, Listener] = {}

    @contextmanager
    def heard_by(self, uniqueid: str, listener: Listener) -> Iterator[None]:
        """Meanwhile `listener` gets each key of the channel with this unique id."""
        self._listeners[uniqueid] = listener
        try:
            yield
        finally:
            del self._listeners[uniqueid]

    def pressed(self, uniqueid: str, digit: str) -> None:
        """The switch heard a key."""
        listener = self._listeners.get(uniqueid)
        if listener is not None:
            listener(digit)
