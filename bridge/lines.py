"""Legs over open lines: who a channel is that serves one contact after the other.

An open line is an agent's channel that stays up between contacts. For each contact it is lent as a
leg with an id of its own, so that nobody else need know of it: such a leg comes up, is moved,
joined and hung up like any other, and ends when the line waits again.
"""


class Lines:
    """Which leg each open line is now; channels by their unique ids."""

    def __init__(self) -> None:
        self._channels: dict[str, str] = {}
        self._legs: dict[str, str] = {}

    def lend(self, leg: str, channel: str) -> None:
        """From now on the channel is this leg."""
        self.back(self._legs.get(channel, ""))
        self._channels[leg], self._legs[channel] = channel, leg

    def back(self, leg: str) -> bool:
        """The leg is over; whether it was one over an open line."""
        channel = self._channels.pop(leg, None)
        if channel is not None:
            del self._legs[channel]
        return channel is not None

    def line(self, leg: str) -> str | None:
        """The open line that is this leg; None of a leg that is a channel of its own."""
        return self._channels.get(leg)

    def channel(self, leg: str) -> str:
        """The channel that is this leg."""
        return self._channels.get(leg, leg)

    def leg(self, channel: str) -> str:
        """The leg that this channel is; itself, unless it is lent."""
        return self._legs.get(channel, channel)

    def forget_all(self) -> None:
        """What is lent is about to be told anew."""
        self._channels.clear()
        self._legs.clear()
