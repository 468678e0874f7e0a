"""Everything that `routing` raises.

RoutingError
├── IllegalTransition      a verb that the present state does not know
├── NotAllowed             somebody's word or a limit is against it
│   ├── HeldBySupervisor   a supervisor keeps the agent from it
│   ├── PauseFull          as many are on this pause as the site allows
│   ├── PauseUsedUp        the agent has had as much of it today as the site allows
│   ├── WrapUpAtMost       the wrap-up cannot be made longer
│   └── OffShift           the agent's shifts allow no log-in now
├── PhoneAway              the agent's phone cannot be rung: nobody can log them in
├── AgentElsewhere         the agent is with a contact of another engine
├── UnknownAgent           no such agent at this site
├── DuplicateContact       a contact of this id is live already
├── StoreError
│   ├── StoreAway          Redis does not answer; nothing is known about the last command
│   └── RecordUnreadable   a live record that this version cannot read
└── ServerError            the private server
    ├── ServerNotStarted   it ended, or did not answer in time; the log says why
    ├── ServerEnded        it ended by itself while it was needed
    └── ServerInUse        another process still serves the same directory
"""

import re
from pathlib import Path


class RoutingError(Exception):
    """The root; `code` is stable and meant for machines."""

    code = "routing"


class IllegalTransition(RoutingError):
    """`verb` was asked of `state`, which does not know it."""

    code = "illegal_transition"

    def __init__(self, state: str, verb: str) -> None:
        super().__init__(f"{_words(verb)} is not possible when {_words(state)}")
        self.state = state
        self.verb = verb


class NotAllowed(RoutingError):
    """The state knows the verb, but it is not allowed now."""

    code = "not_allowed"


class HeldBySupervisor(NotAllowed):
    """`verb` is not the agent's in `state` until `by` (or another supervisor) releases them."""

    code = "held"

    def __init__(self, state: str, verb: str, by: str) -> None:
        super().__init__(f"{_words(verb)} is not possible when {_words(state)}: kept so by {by}")
        self.state = state
        self.verb = verb
        self.by = by


class PauseFull(NotAllowed):
    """`at_once` agents are on the pause `reason`, or about to be."""

    code = "pause_full"

    def __init__(self, reason: str, at_once: int) -> None:
        super().__init__(f"{at_once} on {reason} at once, more are not allowed")
        self.reason = reason
        self.at_once = at_once


class PauseUsedUp(NotAllowed):
    """The agent had `spent_ms` of the pause `reason` today."""

    code = "pause_used_up"

    def __init__(self, reason: str, spent_ms: int) -> None:
        super().__init__(f"{spent_ms // 60_000} min of {reason} today, more are not allowed")
        self.reason = reason
        self.spent_ms = spent_ms


class WrapUpAtMost(NotAllowed):
    """The queue allows no more wrap-up than until `until_ms` (epoch)."""

    code = "wrap_up_at_most"

    def __init__(self, until_ms: int) -> None:
        super().__init__("the wrap-up cannot be made longer")
        self.until_ms = until_ms


class OffShift(NotAllowed):
    """None of the agent's shifts is on."""

    code = "off_shift"

    def __init__(self, agent: str) -> None:
        super().__init__(f"no shift of {agent} is on")
        self.agent = agent


class PhoneAway(RoutingError):
    """The agent's phone is not there to be rung."""

    code = "phone_away"

    def __init__(self, agent: str) -> None:
        super().__init__(f"the phone of {agent} is not registered here, or does not answer")
        self.agent = agent


class AgentElsewhere(RoutingError):
    """The agent is with a contact of the engine `node`."""

    code = "agent_elsewhere"

    def __init__(self, agent: str, node: str) -> None:
        super().__init__(f"{agent} is with a contact of {node}: tell it there")
        self.agent = agent
        self.node = node


class UnknownAgent(RoutingError):
    """No agent of the site has this id."""

    code = "unknown_agent"

    def __init__(self, agent: str) -> None:
        super().__init__(f"no agent {agent} at this site")
        self.agent = agent


class DuplicateContact(RoutingError):
    """A contact of this id is live already."""

    code = "duplicate_contact"

    def __init__(self, contact: str) -> None:
        super().__init__(f"contact {contact} is live already")
        self.contact = contact


class StoreError(RoutingError):
    """Trouble with the live state in Redis."""

    code = "store"


class StoreAway(StoreError):
    """Redis did not answer; whether the last command was carried out is unknown."""

    code = "store_away"

    def __init__(self, reason: str) -> None:
        super().__init__(f"live state is out of reach: {reason}")
        self.reason = reason


class RecordUnreadable(StoreError):
    """The record under `key` was written by another version, or by hand."""

    code = "record_unreadable"

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"record {key} cannot be read: {reason}")
        self.key = key
        self.reason = reason


class ServerError(RoutingError):
    """Trouble with the private server that the engine starts."""

    code = "server"


class ServerNotStarted(ServerError):
    """The private server did not come up; `log` says why."""

    code = "server_not_started"

    def __init__(self, reason: str, log: Path) -> None:
        super().__init__(f"the private Redis server did not start: {reason}; its log is {log}")
        self.reason = reason
        self.log = log


class ServerEnded(ServerError):
    """The private server ended with `exit_code` though nobody stopped it; `log` may say why."""

    code = "server_ended"

    def __init__(self, exit_code: int, log: Path) -> None:
        super().__init__(f"the private Redis server ended with {exit_code}; its log is {log}")
        self.exit_code = exit_code
        self.log = log


class ServerInUse(ServerError):
    """Another process still serves `directory`."""

    code = "server_in_use"

    def __init__(self, directory: Path) -> None:
        super().__init__(f"another private Redis server still serves {directory}")
        self.directory = directory


def _words(name: str) -> str:
    """Of a state or a verb, by its name in the code: ``WrapUp`` and ``end_wrap_up`` for people."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()
