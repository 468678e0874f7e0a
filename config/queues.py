"""Queues: where contacts wait, in which order, and who is chosen for them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from config.callbacks import First
from config.document import DocumentModel
from config.duration import Duration, Seconds
from config.values import Extension, Level, Line, Name, Unique

Criterion = Literal[
    "longest_idle", "least_occupied", "fewest_contacts", "best_skill", "cost", "score"
]


Percent = Annotated[int, Field(ge=1, le=100)]
Misses = Annotated[int, Field(ge=1, le=9)]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Strategy = Annotated[
    tuple[Criterion, ...],
    Unique,
    Field(min_length=1),
    BeforeValidator(_as_list, json_schema_input_type=Criterion | tuple[Criterion, ...]),
]
"""One criterion, or several: each decides where those before it leave a tie."""


class Score(DocumentModel):
    """What weighs as much as a contact's wait where the strategy is ``score``.

    The pair of contact and agent with the highest sum is made: seconds waited by the contact, and
    ``idle`` for each second that the agent is free, and ``skill`` for each level of the agent in
    what is asked for, less ``cost`` for each unit of the agent's cost.
    """

    idle: Annotated[float, Field(ge=0, le=100)] = Field(
        default=1.0, description="seconds of waiting that one second without a contact weighs"
    )
    skill: Duration = Field(default=Duration(0), description="the wait that one level weighs")
    cost: Duration = Field(default=Duration(0), description="the wait that one unit of cost weighs")


class Reserve(DocumentModel):
    """Agents kept free for urgent callers: the last of them are not given to others of this queue.

    It holds against this queue's own callers alone: those of another queue, which these agents
    serve too, get them as if there were none. Give every queue that shares them a reserve.

    Waiting counts as priority here too (``routing.ageing``), so whoever has waited long enough
    gets these agents as well.
    """

    agents: Annotated[int, Field(ge=1, le=1_000)] = Field(
        description="of those free who suit a caller, how many are kept"
    )
    priority: Annotated[int, Field(ge=1, le=100)] = Field(
        description="from this priority on a caller gets them"
    )


class Targets(DocumentModel):
    """What a queue is to reach; it counts where agents serve several queues.

    Service level: of the callers who were answered, hung up or waited the queue's whole time, the
    share answered ``within``. Who hangs up sooner than ``short_call`` and callbacks do not count.
    A caller is due at the arrival and ``within``, and an agent takes who is due first. A queue that
    is behind its service level, or its mean wait, gains up to one ``within`` more; an agent who was
    busier in the last hour than ``occupancy`` says sees its callers up to one ``within`` later.
    """

    service_level: Percent = Field(
        default=80, description="percent of the callers answered in time"
    )
    within: Duration = Field(default=Duration(20_000), description="the time they are answered in")
    wait: Seconds | None = Field(
        default=None, description="how long those who are answered wait in the mean, at most"
    )
    occupancy: Annotated[int, Field(ge=1, le=99)] | None = Field(
        default=None, description="percent of the time that its agents are busy, at most"
    )
    short_call: Duration = Field(
        default=Duration(5_000), description="who hangs up sooner was never lost"
    )


UNTIL_ENDED: Literal["until ended"] = "until ended"


def _wrap_up_time(value: Any) -> Any:
    try:
        return value if value == UNTIL_ENDED else Duration.parse(value)
    except ValueError as wrong:
        raise ValueError(f"{wrong}, or: until ended") from None


WrapUpTime = Annotated[
    Duration | Literal["until ended"],
    BeforeValidator(_wrap_up_time, json_schema_input_type=Duration | Literal["until ended"]),
]


class WrapUp(DocumentModel):
    """``20s``, ``until ended``, or ``{time: 20s, extend: 30s, most: 3m}``.

    An agent may always end it early, by code.
    """

    time: WrapUpTime = Field(
        default=Duration(20_000),
        description="how long it lasts; until ended: until the agent, or a supervisor, ends it",
    )
    extend: Duration | None = Field(
        default=None,
        description="how much longer it lasts whenever the agent asks for it, by code; without it "
        "the agent cannot",
    )
    most: Duration | None = Field(
        default=None,
        description="how long it lasts at most; 10m without it, 1h where it lasts until ended",
    )

    @property
    def time_ms(self) -> int:
        """How long it lasts unless somebody does something."""
        return self.most_ms if isinstance(self.time, str) else self.time.ms

    @property
    def most_ms(self) -> int:
        """How long it lasts at most."""
        if self.most is not None:
            return self.most.ms
        return 3_600_000 if self.time == UNTIL_ENDED else 600_000

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if isinstance(self.time, str):
            if self.extend is not None:
                raise ValueError("extend has no effect: it lasts until ended")
            return self
        if self.extend is None and self.most is not None:
            raise ValueError("most has no effect without extend")
        if self.extend is not None and self.most_ms < self.time.ms:
            raise ValueError(f"most is {self.most or '10m'}, less than time")
        return self


def _wrap_up(value: Any) -> Any:
    return {"time": value} if isinstance(value, str) else value


AnyWrapUp = Annotated[
    WrapUp,
    BeforeValidator(_wrap_up, json_schema_input_type=Duration | Literal["until ended"] | WrapUp),
]


class ExpectedWait(DocumentModel):
    """When callers of a queue are told how long it may take: while what the engine expected lately
    came true. ``expected_wait: {error: 30, least: 50}``

    It expects without telling, and compares: the error is the root of the mean squared error as a
    share of the mean wait, over about the last hundred. Below half a minute any error will do.
    """

    error: Annotated[int, Field(ge=0, le=200)] = Field(
        default=50, description="percent by which it was wrong lately, at most"
    )
    least: Annotated[int, Field(ge=1, le=1_000)] = Field(
        default=10, description="how many waits must have been compared"
    )


class Routed(DocumentModel):
    """How those who wait in a queue get an agent: one who has every skill at the level that is
    asked."""

    skills: dict[Name, Level] = Field(
        default={}, description="what an agent needs, beside what the flow adds"
    )
    requires: Line | None = Field(
        default=None,
        description="an expression that an agent must meet beside, however long a caller has "
        "waited: (en or hu) and not trainee; with levels: billing >= 3, also >, <=, <, =",
    )
    ring_timeout: Seconds = Field(
        default=Duration(15_000), description="how long a phone rings before its agent is passed by"
    )
    missed_calls: Misses | None = Field(
        default=None,
        description="how many rings in a row nobody answers before an agent counts as not "
        "responding; without it as routing.missed_calls says",
    )
    strategy: Strategy = Field(
        default=("longest_idle",),
        description="who is chosen of several free agents, by one or several of: longest_idle "
        "(counted from the end of the last contact with its wrap-up, or from the log-in after it: "
        "a pause, a ring in vain and a phone that was away do not begin it anew), least_occupied "
        "(busy the least of the last hour), fewest_contacts (since the log-in), best_skill (the "
        "highest mean of the levels in the skills asked for; of alternatives, as in en or hu, the "
        "one in which it is the highest), cost (the cheapest), score; each decides the ties of "
        "those before it, and the longest idle the last",
    )
    score: Score = Field(default=Score(), description="the weights of the strategy score")
    reserve: Reserve | None = Field(
        default=None, description="agents kept free for urgent callers; without it none are"
    )
    targets: Targets = Field(
        default=Targets(), description="what is to be reached; without them 80 % within 20 s"
    )
    expected_wait: ExpectedWait = Field(
        default=ExpectedWait(), description="when callers are told how long it may take"
    )


class FromAgents(DocumentModel):
    """Whether agents may send callers here, and consult its agents; what a flow asks for before it
    sends callers here does not count for them."""

    number: Extension | None = Field(
        default=None, description="what agents key for it in a call, after the code"
    )
    hours: Name | None = Field(
        default=None, description="the opening hours outside of which nobody is sent here"
    )
    max_waiting: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="when so many wait nobody more is sent here"
    )


class Queue(Routed):
    """Where contacts wait for an agent who has every skill at the level that is asked."""

    about: Line = Field(default="-", description="what callers want who wait here")
    music: Name = Field(
        default="default",
        description="a directory of sounds in the music folder, var/music: the engine makes "
        "default, any other is the site's own (docs/waiting.md)",
    )
    announce_every: Seconds = Field(
        default=Duration(30_000), description="how often a caller hears the place in the queue"
    )
    call_first: First | None = Field(
        default=None,
        description="whose phone rings first for a callback of this queue, agent or customer; "
        "without it as callbacks.first says",
    )
    record: bool = Field(default=True, description="whether conversations are recorded")
    from_agents: FromAgents = Field(
        default=FromAgents(), description="callers whom agents transfer to it"
    )
    wrap_up: AnyWrapUp = Field(
        default=WrapUp(), description="time for notes after a conversation; until ended: by code"
    )


def _ageing(value: Any) -> Duration | None:
    if value == "never":
        return None
    time = Duration.parse(value)
    if time.ms < 1_000:
        raise ValueError(f"is {time}, at least 1s is needed, or never")
    return time


Ageing = Annotated[
    Duration | None,
    BeforeValidator(_ageing, json_schema_input_type=Duration | Literal["never"]),
]


class Routing(DocumentModel):
    """The order in which contacts are served, over all queues, and who is rung.

    A contact goes before all that have waited shorter; a priority counts as if it had waited
    longer already. So the lowest priority is served too, however many of a higher one come.
    """

    ageing: Ageing = Field(
        default=Duration(60_000),
        description="the wait that weighs as much as one level of priority; never: any higher "
        "priority goes first, and lower ones may wait for ever",
    )
    missed_calls: Misses = Field(
        default=1,
        description="how many rings in a row nobody answers before an agent counts as not "
        "responding, and is rung again only after a log-in or resume; a ring missed before that "
        "gives the phone a short rest; an answer or a log-in begins the count anew",
    )
