"""Keys that callers press while no command of theirs listens: in a queue, under the music."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str], None]
ECHO_S = 1.0
"""So long after a command has taken a key the switch may still tell of it."""
SEEN = 1_000
"""Of so many keys it is known that the switch has told of them, and no command yet."""


class Keys:
    """Who listens to which channel's keys. A key that nobody listens for is dropped, unseen.

    The switch tells of every key, also of those that a command takes, and on a busy machine it
    may do so when the call is in a queue already: that is no key pressed there.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._listeners: dict[str, Listener] = {}
        self._clock_s = clock_s
        self._seen: deque[tuple[str, str]] = deque(maxlen=SEEN)
        self._to_come: list[tuple[float, tuple[str, str]]] = []

    @contextmanager
    def heard_by(self, uniqueid: str, listener: Listener) -> Iterator[None]:
        """Meanwhile `listener` gets each key of the channel with this unique id."""
        self._listeners[uniqueid] = listener
        try:
            yield
        finally:
            del self._listeners[uniqueid]

    def taken(self, uniqueid: str, keys: str) -> None:
        """A command of this channel took these keys."""
        now_s = self._clock_s()
        self._to_come = [each for each in self._to_come if each[0] > now_s]
        for key in keys:
            try:
                self._seen.remove((uniqueid, key))
            except ValueError:  # the switch has not told of it yet
                self._to_come.append((now_s + ECHO_S, (uniqueid, key)))

    def pressed(self, uniqueid: str, digit: str) -> None:
        """The switch heard a key."""
        now_s, key = self._clock_s(), (uniqueid, digit)
        self._to_come = [each for each in self._to_come if each[0] > now_s]
        for each in self._to_come:
            if each[1] == key:
                self._to_come.remove(each)
                return
        listener = self._listeners.get(uniqueid)
        if listener is not None:
            listener(digit)
        else:
            self._seen.append(key)
