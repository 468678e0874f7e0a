"""How customers are called back: whom, when, how often, and what follows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.duration import Duration, Seconds
from config.numbers import e164, one_form
from config.transfers import Permitted
from config.values import Language, Line, Name

First = Literal["agent", "customer"]
Confirm = Literal["key", "amd", "none"]


class Callbacks(Permitted):
    """How customers are called back who left a queue with the promise of a call.

    Who calls may always ask to be called back where the call came from, unless ``deny`` names that
    number; another one, which a caller has keyed, must be one that ``allow`` names.
    """

    trunk: Name | None = Field(
        default=None, description="the trunk that the calls go out by; without it the fallback's"
    )
    first: First = Field(
        default="agent",
        description="whose phone rings first. agent: the customer is called once an agent has "
        "answered. customer: an agent is kept free, and rung once the customer is there",
    )
    confirm: Confirm | None = Field(
        default=None,
        description="how a person is told from an answering machine before an agent is joined. "
        "key: who presses 1; amd: by Asterisk's guess from how they answer, which errs; none: "
        "whoever answers. Without it key where the customer is called first, else none",
    )
    hours: Name | None = Field(
        default=None,
        description="the site's hours in which customers are called, also for those that they "
        "ask for; a call that falls outside waits for the next; without it at any hour",
    )
    clock: Literal["site", "customer"] = Field(
        default="site",
        description="whose clock these hours are of. customer: that of the country, or the part "
        "of one, that the number belongs to; where it has several zones, it is within the hours "
        "in all of them",
    )
    ring_timeout: Seconds = Field(
        default=Duration(30_000),
        description="how long a customer's phone rings, a minute at most; the agent waits with it",
    )
    tries: Annotated[int, Field(ge=1, le=9)] = Field(
        default=3, description="calls until a customer is given up who is busy or does not answer"
    )
    retry_after: Duration = Field(
        default=Duration(600_000), description="time between the first call and the second"
    )
    retry_growth: Annotated[float, Field(ge=1, le=10)] = Field(
        default=2.0,
        description="each further pause is so many times as long as the one before, a day at most",
    )
    greeting: dict[Language, Line] = Field(
        default={},
        description="what a customer hears who is to press 1, in their language; without it that "
        "this is the callback they asked for, and what to press",
    )
    message: dict[Language, Line] = Field(
        default={},
        description="what is left on an answering machine after its beep, in the customer's "
        "language; without it nothing is",
    )
    sorry: dict[Language, Line] = Field(
        default={},
        description="the text message to a customer who was called in vain as often as tries "
        "says, in their language; without it none is sent",
    )

    def permit_to(self, number: str, caller: str, country: str | None) -> bool:
        """Whether a flow may promise ``caller`` a call to ``number``, each as it is written on a
        site of ``country``."""
        wanted = e164(number, country) or number
        if one_form(number, country) == one_form(caller, country):
            return not self.denies(wanted)
        return self.permit(wanted)

    def confirms(self, first: First) -> Confirm:
        """How a person is told from a machine where this one's phone rings first."""
        return self.confirm or ("key" if first == "customer" else "none")
