"""Everything that `routing` raises.

RoutingError
├── IllegalTransition      a verb that the present state does not know
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

from pathlib import Path


class RoutingError(Exception):
    """The root; `code` is stable and meant for machines."""

    code = "routing"


class IllegalTransition(RoutingError):
    """`verb` was asked of `state`, which does not know it."""

    code = "illegal_transition"

    def __init__(self, state: str, verb: str) -> None:
        super().__init__(f"{verb} is not possible when {state}")
        self.state = state
        self.verb = verb


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
