"""Scenarios as they are written in YAML, and those that come along (`vectors/`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from config.document import DocumentError, DocumentModel, Located, Problem, load_located
from config.duration import Duration
from config.people import Cost, Prefers
from config.problem import Path as DocumentPath
from config.queues import Routed, Routing, WrapUp
from config.requirement import meets
from config.site_checks import check_preference, check_routed
from config.site_doubts import demand_of
from config.suggest import did_you_mean
from config.values import Level, Line, Name
from engine.site_rules import preference, queue_rules
from routing.contact import Relaxation
from routing.simulation.distributions import (
    Arrivals,
    Constant,
    Distribution,
    Exponential,
    Lognormal,
)
from routing.simulation.predictors import NAMES, Way
from routing.simulation.scenario import (
    AgentGroup,
    Expectation,
    Length,
    QueueScenario,
    Scenario,
)
from routing.simulation.tally import QUOTIENTS
from routing.skills import skill_set

_VECTORS = Path(__file__).with_name("vectors")

_SHAPES = ("exponential", "constant", "lognormal")
Skills = dict[Name, Level]
Share = Annotated[float, Field(ge=0, le=1)]
_RATE_SCHEMA = {"type": "number", "minimum": 0, "maximum": 1_000_000}
Rates = Annotated[
    list[Annotated[float, Field(ge=0, le=1_000_000)]],
    BeforeValidator(lambda value: value if isinstance(value, list) else [value]),
    Field(min_length=1, max_length=288),
    WithJsonSchema({"anyOf": [_RATE_SCHEMA, {"type": "array", "items": _RATE_SCHEMA}]}),
]


class SpreadModel(DocumentModel):
    """``lognormal: {mean: 4m, deviation: 3m}``"""

    mean: Duration = Field(description="on average")
    deviation: Duration = Field(description="the standard deviation")


class TimeModel(DocumentModel):
    """``service: {exponential: 4m}``: how long something takes, in one of three shapes."""

    exponential: Duration | None = Field(default=None, description="by chance, of this mean")
    constant: Duration | None = Field(default=None, description="always the same")
    lognormal: SpreadModel | None = Field(
        default=None, description="as conversations are: of this mean and standard deviation"
    )

    def distribution(self) -> Distribution:
        """As it is drawn from."""
        if self.constant is not None:
            return Constant(self.constant.ms)
        if self.lognormal is not None:
            return Lognormal(self.lognormal.mean.ms, self.lognormal.deviation.ms)
        return Exponential(self.exponential.ms if self.exponential is not None else 0)


class ArrivalsModel(DocumentModel):
    """``arrivals: {per_hour: [60, 180, 90], every: 30m}``: a Poisson process."""

    per_hour: Rates = Field(description="how many call; a list has the rates one after another")
    every: Duration | None = Field(
        default=None, description="how long each rate of a list lasts; nobody calls afterwards"
    )


class RelaxationModel(DocumentModel):
    """``{after: 20s, skills: {sales: 1}}``"""

    after: Duration = Field(description="so long after the call came")
    skills: Skills = Field(description="what is asked of an agent from then on")


class QueueModel(Routed):
    """A queue, as in the site, and who calls it."""

    relax: list[RelaxationModel] = Field(default=[], description="less, the longer one waits")
    priority: int = Field(default=0, ge=0, le=100, description="the higher goes first")
    arrivals: ArrivalsModel = Field(description="when callers come")
    service: TimeModel = Field(description="how long conversations last")
    patience: TimeModel | None = Field(
        default=None, description="how long callers wait before they give up; for ever without it"
    )
    wrap_up: Duration = Field(default=Duration(0), description="notes after a conversation")


class AgentsModel(DocumentModel):
    """So many agents who are all alike."""

    count: int = Field(ge=1, le=10_000, description="how many")
    skills: Skills = Field(min_length=1, description="each skill with its level, 1 to 5")
    cost: Cost = Field(default=0, description="for queues that choose by cost")
    prefers: Prefers = Field(
        default=Prefers(), description="which of the queues that wait they serve first"
    )
    ring: TimeModel | None = Field(
        default=None, description="how long their phones ring before they answer; at once without"
    )
    misses: Share = Field(default=0, description="the share of rings that they do not answer")
    back_after: Duration = Field(
        default=Duration(60_000), description="how long after a missed ring they are back"
    )
    start: Duration = Field(default=Duration(0), description="when they begin to work")
    end: Duration | None = Field(default=None, description="when they stop; at the end without it")


class RunModel(DocumentModel):
    """``run: {duration: 8h, warm_up: 1h, replications: 20}``"""

    duration: Duration = Field(description="how much of each replication counts")
    warm_up: Duration = Field(default=Duration(0), description="before that; counts for nothing")
    replications: int = Field(default=10, ge=6, le=10_000, description="independent ones")
    seed: int = Field(default=1, ge=0, description="another one is another chance")


class ExpectModel(DocumentModel):
    """``{value: 0.2387, within: 0.02}``"""

    value: float = Field(description="what is to come out")
    within: Share = Field(description="the share of it by which it may be off")


class ScenarioModel(DocumentModel):
    """A contact center to simulate."""

    about: Line = Field(description="what it shows")
    run: RunModel = Field(description="how much is simulated")
    queues: dict[Name, QueueModel] = Field(min_length=1, description="each with its callers")
    agents: dict[Name, AgentsModel] = Field(min_length=1, description="by groups of a kind")
    places: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        description="so many may wait in all, before others are turned away",
    )
    routing: Routing = Field(default=Routing(), description="as in the site")
    predict: bool | Annotated[list[Way], Field(min_length=1)] = Field(
        default=False,
        description="whether waits are predicted, to see how well that goes: in every way (yes), "
        "or in those that are named; the engine's own, announced and expected, take most time",
    )
    expect: dict[str, ExpectModel] = Field(default={}, description="figures that must come out")

    def scenario(self) -> Scenario:
        """As it is simulated."""
        run = self.run
        return Scenario(
            about=self.about,
            queues={name: _queue(name, queue) for name, queue in self.queues.items()},
            groups=tuple(_group(name, group) for name, group in self.agents.items()),
            length=Length(run.duration.ms, run.warm_up.ms, run.replications, run.seed),
            places=self.places,
            ageing_ms=_ms(self.routing.ageing),
            missed_calls=self.routing.missed_calls,
            predicts=_ways(self.predict),
            expect={name: Expectation(e.value, e.within) for name, e in self.expect.items()},
        )


def _ways(predict: bool | list[Way]) -> tuple[str, ...]:
    if isinstance(predict, bool):
        return NAMES if predict else ()
    return tuple(predict)


def load_scenario(path: Path) -> Scenario:
    """The scenario in a file; DocumentError with every fault of it."""
    model, located = load_located(path, ScenarioModel)
    problems = list(_problems(model, located))
    if any(problem.severity == "error" for problem in problems):
        raise DocumentError(problems)
    return model.scenario()


def vectors() -> dict[str, Path]:
    """The scenarios that come along, whose figures are known from elsewhere, by name."""
    return {path.stem: path for path in sorted(_VECTORS.glob("*.yaml"))}


def _queue(name: str, queue: QueueModel) -> QueueScenario:
    arrivals, patience = queue.arrivals, queue.patience
    return QueueScenario(
        name=name,
        rules=queue_rules(queue, WrapUp(time=queue.wrap_up)),
        arrivals=Arrivals(tuple(arrivals.per_hour), _ms(arrivals.every)),
        service=queue.service.distribution(),
        patience=None if patience is None else patience.distribution(),
        priority=queue.priority,
        relax=tuple(Relaxation(step.after.ms, skill_set(step.skills)) for step in queue.relax),
    )


def _group(name: str, group: AgentsModel) -> AgentGroup:
    return AgentGroup(
        name=name,
        count=group.count,
        skills=skill_set(group.skills),
        cost=group.cost,
        prefers=preference(group.prefers),
        ring=Constant(0) if group.ring is None else group.ring.distribution(),
        misses=group.misses,
        back_after_ms=group.back_after.ms,
        from_ms=group.start.ms,
        until_ms=_ms(group.end),
    )


def _ms(time: Duration | None) -> int | None:
    return None if time is None else time.ms


# what a model of one part cannot see


def _problems(model: ScenarioModel, located: Located) -> Iterator[Problem]:
    for name, queue in model.queues.items():
        yield from check_routed(("queues", name), queue, None, located)
        yield from _queue_problems(("queues", name), queue, located)
        for number, step in enumerate(queue.relax):
            demand = demand_of(queue.model_copy(update={"skills": step.skills}))
            if step.skills and not any(meets(a.skills, demand) for a in model.agents.values()):
                where = ("queues", name, "relax", number, "skills")
                yield located.problem(where, "no agent has the skills for it")
    for name, group in model.agents.items():
        yield from check_preference(("agents", name), group.prefers, model.queues, located)
        if group.ring is not None:
            yield from _time_problems(("agents", name, "ring"), group.ring, located)
        if group.end is not None and group.end <= group.start:
            message = f"{group.end} is not after the start, {group.start}"
            yield located.problem(("agents", name, "end"), message)
    names = figure_names(model)
    for name in model.expect:
        if name not in names:
            message = f'there is no figure "{name}", {did_you_mean(name, names)}'
            yield located.problem(("expect", name), message, key=True)


def _queue_problems(path: DocumentPath, queue: QueueModel, located: Located) -> Iterator[Problem]:
    yield from _time_problems((*path, "service"), queue.service, located)
    if queue.patience is not None:
        yield from _time_problems((*path, "patience"), queue.patience, located)
    every, rates = queue.arrivals.every, len(queue.arrivals.per_hour)
    if every is None and rates > 1:
        message = f"with {rates} rates `every` must tell how long each lasts"
        yield located.problem((*path, "arrivals", "per_hour"), message)
    if every is not None and not every.ms:
        yield located.problem((*path, "arrivals", "every"), "a rate must last longer than nothing")
    after = [step.after for step in queue.relax]
    if after != sorted(after):
        yield located.problem((*path, "relax"), "these are not in the order of their times")


def _time_problems(path: DocumentPath, time: TimeModel, located: Located) -> Iterator[Problem]:
    given = [shape for shape in _SHAPES if getattr(time, shape) is not None]
    if len(given) != 1:
        yield located.problem(
            path, f"one of {', '.join(_SHAPES)} is needed, there are {len(given)}"
        )
    if time.lognormal is not None and not time.lognormal.mean.ms:
        yield located.problem((*path, "lognormal", "mean"), "this must be longer than nothing")


def figure_names(model: ScenarioModel) -> list[str]:
    """Every figure that may come out of a scenario."""
    of_calls = [figure for figure in QUOTIENTS if figure != "occupancy"]
    scopes = ("all", *(f"queue.{name}" for name in model.queues))
    return [
        "all.occupancy",
        *(f"{scope}.{figure}" for scope in scopes for figure in of_calls),
        *(f"agents.{name}.occupancy" for name in model.agents),
        *(
            f"predicted.{name}.{figure}"
            for name in NAMES
            for figure in ("coverage", "error")
            if model.predict
        ),
    ]
