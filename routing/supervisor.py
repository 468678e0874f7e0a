"""What supervisors can tell agents' states to be."""

from enum import StrEnum

from routing.values import value


class Verb(StrEnum):
    """What is to be with an agent. The values are those of the API and of the event log."""

    LOGIN = "login"
    LOGOUT = "logout"
    PAUSE = "pause"
    RESUME = "resume"
    END_WRAP_UP = "end_wrap_up"
    RELEASE = "release"
    """What was held is the agent's own again."""


@value(frozen=True, slots=True)
class Order:
    """One word of the supervisor `by`. `reason`: of a pause; `hold`: a log-out or pause that the
    agent cannot take back."""

    verb: Verb
    by: str
    reason: str = ""
    hold: bool = False
