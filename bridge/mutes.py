"""What others have muted of a channel's recordings, so that who mutes all for a while leaves them
as they were.

Asterisk tells of each mute, and of no state: what was muted while nobody listened is not known. Nor
does it tell which recording was meant where only one was (`MixMonitorID`).
"""

from __future__ import annotations

from enum import Flag


class Way(Flag):
    """A direction of sound, as MixMonitorMute has it: what the channel says, what it hears."""

    NONE = 0
    READ = 1
    WRITE = 2
    BOTH = 3

    @property
    def word(self) -> str:
        """As Asterisk writes it."""
        return str(self.name).lower()


def way_of(word: str) -> Way:
    """By its word; of any other, all."""
    return Way.__members__.get(word.upper(), Way.BOTH)


class Mutes:
    """Channels are unique ids."""

    def __init__(self) -> None:
        self._others: dict[str, Way] = {}
        self._ours: list[tuple[str, Way, bool]] = []

    def ordered(self, channel: str, way: Way, on: bool) -> None:
        """We mute, or unmute: Asterisk will tell so."""
        self._ours.append((channel, way, on))

    def refused(self, channel: str, way: Way, on: bool) -> None:
        """It will not: there was nothing to be muted."""
        if (channel, way, on) in self._ours:
            self._ours.remove((channel, way, on))

    def told(self, channel: str, way: Way, on: bool) -> bool:
        """Somebody has muted or unmuted; whether it was another."""
        if (channel, way, on) in self._ours:
            self._ours.remove((channel, way, on))
            return False
        before = self._others.get(channel, Way.NONE)
        self._others[channel] = before | way if on else before & ~way
        return True

    def noted(self, channel: str, untouched: Way) -> None:
        """A former engine has noted what nobody else had muted."""
        self._others.setdefault(channel, Way.BOTH & ~untouched)

    def untouched(self, channel: str) -> Way:
        """What nobody else has muted."""
        return Way.BOTH & ~self._others.get(channel, Way.NONE)

    def recorded(self, channel: str) -> None:
        """A recording begins, with sound. Which of several is mute is not to be known, so that all
        go on."""
        self._others.pop(channel, None)

    def gone(self, channel: str) -> None:
        """It is hung up."""
        self._others.pop(channel, None)
        self._ours = [each for each in self._ours if each[0] != channel]

    def link_lost(self) -> None:
        """What we have ordered will not be told of."""
        self._ours.clear()
