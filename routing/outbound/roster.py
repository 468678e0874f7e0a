"""A campaign's team as its pacer sees it: the agents whose line is open, told as they come to be
free, talk, write notes and go.

Agents are told about only while their line is open, for only they can be joined at once. One whom
routing gives a contact of this campaign is the pacer's matter (`Connected`), from the moment that
they talk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from routing.agent import (
    AgentState,
    Available,
    Offline,
    Reserved,
    Ringing,
    Talking,
    WrapUp,
)
from routing.outbound.pacing import events

IsJoining = Callable[[str], bool]
"""Whether a contact is a call of this campaign that is not connected yet."""


class Roster:
    """What the pacer was told of each agent last; `told` gives what is new since."""

    def __init__(self, is_joining: IsJoining) -> None:
        self._is_joining = is_joining
        self._told: dict[str, type[events.Event]] = {}

    def __len__(self) -> int:
        return len(self._told)

    def __contains__(self, agent: str) -> bool:
        return agent in self._told

    def told(
        self, team: Mapping[str, AgentState], withheld: frozenset[str], now_ms: int
    ) -> Iterator[events.Event]:
        """What to tell the pacer: ``team`` are the agents with an open line, ``withheld`` those who
        are left to callers."""
        for agent in [each for each in self._told if each not in team]:
            del self._told[agent]
            yield events.LoggedOut(agent, now_ms)
        for agent, state in team.items():
            kind = self._kind(agent, state, withheld)
            if kind is not None and self._told.get(agent) is not kind:
                self._told[agent] = kind
                yield kind(agent, now_ms)  # type: ignore[call-arg]  # all of them are agents'

    def connected(self, agent: str) -> None:
        """The pacer heard that the agent talks to somebody of this campaign."""
        self._told[agent] = events.Talking

    def states(self) -> Mapping[str, str]:
        """Each agent with what the pacer knows."""
        return {agent: kind.__name__ for agent, kind in self._told.items()}

    def _kind(
        self, agent: str, state: AgentState, withheld: frozenset[str]
    ) -> type[events.Event] | None:
        """None: nothing new."""
        match state:
            case Available():
                return events.Paused if agent in withheld else events.Ready
            case Reserved() | Ringing() | Talking():
                return None if self._is_joining(state.contact) else events.Talking
            case WrapUp():
                return events.WrapUp
            case Offline():
                return events.LoggedOut
            case _:
                return events.Paused
