"""What every step kind shares: its exits, what the checker asks it, how it becomes a node."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field

from config.callbacks import Callbacks
from config.document import DocumentModel
from config.hours import Hours
from config.opening import Opening, openings
from config.problem import Path
from config.requirement import ANYONE, Requirement, both, meets
from config.suggest import did_you_mean, shown
from config.transfers import Permitted, Transfers
from ivr.functions import FlowFunction
from ivr.names import NAMES
from ivr.run import FAILED, Node, Outcome, Run, Targets
from ivr.speech import Speech
from ivr.steps.naming import exit_words, first_words
from ivr.terms import Names, OfSite, Term, template, term
from ivr.values import StepName
from ivr.variables import Kind, Variable
from ivr.wording import Said, Wording

if TYPE_CHECKING:
    from ivr.flow import Flow


class Edge(NamedTuple):
    """A way from a step to ``target``, written at ``path`` within the step.

    ``silent``: the call goes it without the caller keying anything or waiting in a queue.
    """

    path: Path
    target: str
    silent: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """A wording within a step, for the checker. ``own`` are holes that the step itself fills."""

    path: Path
    wording: Wording
    own: frozenset[str] = frozenset()

    @property
    def field(self) -> str:
        """Its place within the step, the step's kind left out: ``prompt``, ``confirm.prompt``."""
        return ".".join(str(part) for part in self.path[1:] or self.path)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at ``path`` within a step; ``key``: the name is wrong, not its value.

    ``warning``: allowed, but probably not meant. ``own``: it is wrong only in the flow's own file.
    A fragment serves several flows, and one of them need not use all of its steps and languages.
    """

    path: Path
    message: str
    key: bool = False
    warning: bool = False
    own: bool = False
    at: int = 0
    """How far into the value's text, where not all of it is wrong."""


def unknown(
    what: str, name: str, path: Path, known: Collection[str] | None, *, key: bool = False
) -> Iterator[Finding]:
    """A finding if ``name`` is none of the ``known`` ones; None: they are not known here."""
    if known is not None and name not in known:
        # A set has no order of its own, and a message is to be the same every time.
        hint = did_you_mean(name, sorted(known) if isinstance(known, frozenset) else known)
        yield Finding(path, f"unknown {what} {shown(name)}, {hint}", key)


class KnownService(NamedTuple):
    """What a flow has to know of a web service of the site."""

    sensitive: bool = False
    """Whether it may be sent sensitive variables."""
    timeout_ms: int | None = None
    """How long a request may take that does not say it."""


class Staff(NamedTuple):
    """What the site's agents can do, and what its queues ask of them whatever a flow adds."""

    levels: tuple[Mapping[str, int], ...]
    """Of each agent, the skills with their levels."""
    demands: Mapping[str, Requirement]

    def can_serve(self, queue: str, asked: Requirement) -> bool:
        """Whether anybody meets this and what the queue asks."""
        demand = both(self.demands.get(queue, ANYONE), asked)
        return any(meets(levels, demand) for levels in self.levels)


@dataclass(frozen=True)
class Known:
    """Names a flow may use, given by whoever knows the site; None: not checked."""

    queues: frozenset[str] | None = None
    skills: frozenset[str] | None = None
    languages: tuple[str, ...] | None = None
    numbers: frozenset[str] | None = None
    agents: frozenset[str] | None = None
    trunks: frozenset[str] | None = None
    transfers: Transfers | None = None
    callbacks: Callbacks | None = None
    country: str | None = None
    """Where numbers without a country code belong (two letters)."""
    sms: Permitted | None = None
    extensions: frozenset[str] | None = None
    mailboxes: frozenset[str] | None = None
    services: Mapping[str, KnownService] | None = None
    functions: Mapping[str, FlowFunction] | None = None
    functions_in: str = ""
    """Where those functions were looked for, told where there are none."""

    staff: Staff | None = None
    """Who can be asked for what in which queue."""

    payments: bool | None = None
    """Whether card payments can be taken."""

    values: Mapping[str, str] | None = None
    """The site's own named values, ``{site.NAME}`` in a template."""

    fields: Mapping[str, Variable] = field(default_factory=dict)
    """What the site keeps of its customers, ``{caller.NAME}`` after a lookup."""

    hours: Mapping[str, Opening] | None = None
    zone: str = "UTC"
    """The site's, for a flow's own hours."""

    now_ms: int | None = None
    """From when on calendars are checked (Unix time); None: no day is over, all may yet come."""

    @property
    def today(self) -> date | None:
        """The date of ``now_ms`` on the site's clock."""
        if self.now_ms is None:
            return None
        return datetime.fromtimestamp(self.now_ms / 1000, ZoneInfo(self.zone)).date()

    def fits_as(self, other: Known) -> bool:
        """Whether a flow that fits the one fits the other."""
        same = replace(self, now_ms=None) == replace(other, now_ms=None)
        return same and self.today == other.today

    def names(self, flow: Flow) -> Names:
        """Everything that the flow's expressions may name on this site."""
        return flow.names if self._of_site is None else flow.names.of_site(self._of_site)

    @cached_property
    def _of_site(self) -> OfSite | None:
        if self.values is None:
            return None
        values, fields = frozenset(self.values.items()), frozenset(self.fields.items())
        return OfSite(values, fields, self.queues, self.agents, self.extensions)

    @property
    def learned(self) -> Mapping[str, Variable]:
        """Every name that no flow of this site need declare, but for the site's values."""
        return {**NAMES, **{f"caller.{name}": each for name, each in self.fields.items()}}

    def openings(self, own: Mapping[str, Hours]) -> dict[str, Opening]:
        """The opening hours a flow may use: the site's, and its ``own``, which win."""
        return {**(self.hours or {}), **openings(own, self.zone)}


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Build:
    """What a step needs from its flow to become a node."""

    name: str
    targets: Targets
    languages: tuple[str, ...]
    variables: Mapping[str, Variable]
    names: Names
    flows: Mapping[str, Flow]
    known: Known
    hours: Mapping[str, Opening]
    results: tuple[str, ...] = ()
    called: Callable[[Said], str | None] = lambda wording: None
    """What a recording of a wording is called (see `ivr.naming`)."""
    leads_back: bool = False
    """Whether any step of the flow does: then its menus are to be remembered."""

    @classmethod
    def of(cls, flow: Flow, flows: Mapping[str, Flow], known: Known) -> Build:
        """For the steps of ``flow``, each of which takes its own by `step`."""
        variables = flow.variables
        return cls(
            name="",
            targets=Targets(),
            languages=flow.languages,
            variables=variables,
            names=known.names(flow),
            flows=flows,
            known=known,
            hours=known.openings(flow.hours),
            results=flow.results,
            leads_back=any(step.leads_back for step in flow.steps.values()),
        )

    def step(self, name: str, targets: Targets, called: Callable[[Said], str | None]) -> Build:
        """The same for one step."""
        return replace(self, name=name, targets=targets, called=called)

    def speech(self, *wordings: Said | None, every_language: bool = False) -> Speech:
        """The wordings that are there, ready to be spoken."""
        present = [wording for wording in wordings if wording is not None]
        called = [self.called(wording) for wording in present]
        return Speech(
            present, self.languages, self.names, every_language=every_language, called=called
        )

    def template(self, text: str) -> Callable[[Run], str]:
        """``text`` with its holes filled when called."""
        return template(text, self.names)

    def term(self, source: str) -> Term:
        """The expression ``source``, ready to be evaluated."""
        return term(source, self.names)

    def goes(self, target: str | None, otherwise: Outcome = FAILED) -> Outcome:
        """The named step, or what stands in for it."""
        return target if target is not None else otherwise


@dataclass(frozen=True, slots=True)
class Context:
    """What the checker knows of the flow around a step."""

    languages: tuple[str, ...]
    variables: Mapping[str, Variable]
    known: Known
    names: Names = field(default_factory=lambda: Names({}))
    flows: Mapping[str, Flow] | None = None
    results: tuple[str, ...] = ()
    hours: Mapping[str, Opening] = field(default_factory=dict)
    flow: str = ""
    unset: Callable[[], frozenset[str]] = frozenset
    """The variables that nothing sets: looked for only where it matters."""

    @classmethod
    def of(cls, flow: Flow, known: Known, flows: Mapping[str, Flow] | None) -> Context:
        """For the steps of ``flow``."""
        return cls(
            languages=flow.languages,
            variables=flow.variables,
            known=known,
            names=known.names(flow),
            flows=flows,
            results=flow.results,
            hours=known.openings(flow.hours),
            flow=flow.flow,
            unset=lambda: flow.unset,
        )


class Exits(DocumentModel):
    """Exits for every step that has none of its own, at the top of a flow."""

    on_timeout: StepName | None = Field(default=None, description="the caller keys nothing")
    on_invalid: StepName | None = Field(default=None, description="the caller keys what is wrong")
    on_error: StepName | None = Field(default=None, description="a step cannot be done")
    on_hangup: StepName | None = Field(default=None, description="the caller hangs up")


class Step(DocumentModel):
    """A named step: the key of its kind with what it does, beside it where it goes.

    To add a kind: a file in this folder with the model (its field named like the kind) and its
    node, and one line in ``ivr.steps.KINDS``.
    """

    kind: ClassVar[str]
    answers_caller: ClassVar[bool] = False
    """Whether ``on_timeout`` and ``on_invalid`` are exits of this kind."""

    at_once: ClassVar[bool] = False
    """Whether the step is done without the outside: then even its errors may go in a circle."""

    errors_go_on: ClassVar[bool] = True
    """Whether ``on_error`` without a step of its own goes on by ``next``."""

    needs_caller: ClassVar[bool] = False
    """Whether there must be a caller on the line: not so after ``on_hangup``."""

    note: str | None = Field(default=None, description="for who reads the flow; nobody hears it")
    on_hangup: StepName | None = Field(default=None, description="the caller hangs up here")

    @property
    def leads_back(self) -> bool:
        """Whether the call may go from here to a menu that it was in before."""
        return False

    def ends(self, flows: Mapping[str, Flow] | None) -> bool:
        """Whether the call, or this flow of it, may end here; ``flows`` are those it may call."""
        return False

    def required(self) -> Iterator[str]:
        """The exits without which a caller could be left standing."""
        if self.answers_caller:
            yield from ("on_timeout", "on_invalid")

    def branches(self) -> Iterator[Edge]:
        """Ways out besides next, on_timeout, on_invalid and on_error."""
        return iter(())

    def heard(self) -> Iterator[Heard]:
        """Everything this step says."""
        return iter(())

    def read(self) -> Iterator[Heard]:
        """Wordings that nobody hears: texts that are sent to be read."""
        return iter(())

    def spoken(self) -> Iterator[Said]:
        """Everything a caller may hear in this step, built-in words included."""
        return (heard.wording for heard in self.heard())

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        """Texts with holes that are not spoken, in a flow with these variables."""
        return iter(())

    def expressions(
        self, variables: Mapping[str, Variable]
    ) -> Iterator[tuple[Path, str, Kind | None]]:
        """Expressions, each with the type that it must give; None: any."""
        return iter(())

    def assigns(self) -> Iterator[str]:
        """The variables that this step may change."""
        return iter(())

    def uses(self) -> Iterator[str]:
        """Expressions on which it depends where the call goes from here."""
        return iter(())

    def confides(self, variables: Mapping[str, Variable]) -> str | None:
        """What the caller gives here that no recording may hold; None: nothing."""
        return None

    def findings(self, context: Context) -> Iterator[Finding]:
        """What is wrong in itself, beyond what the model can say."""
        return iter(())

    def summary(self, language: str) -> str:
        """What it does in a few words, for the graph: what it says, or else its first text."""
        for heard in self.heard():
            texts = heard.wording.texts
            return heard.wording.text(language) or next(iter(texts.values()), "")
        return first_words(getattr(self, self.kind, None))

    def exit_label(self, path: Path) -> str:
        """What the graph writes at the way out that is written at ``path`` within the step."""
        return exit_words(path)

    def node(self, build: Build) -> Node:
        """This step, ready to run."""
        raise NotImplementedError(self.kind)


class Continues(Step):
    """Base of kinds that go on to one next step."""

    next: StepName | None = Field(default=None, description="the step after this one")
    on_error: StepName | None = Field(default=None, description="the step when it cannot be done")

    def required(self) -> Iterator[str]:
        yield "next"
        yield from super().required()


class AsksCaller(Continues):
    """Base of kinds that wait for the caller's keys."""

    answers_caller: ClassVar[bool] = True
    needs_caller: ClassVar[bool] = True
    on_timeout: StepName | None = Field(
        default=None, description="the step after the last silence that ``tries`` allows"
    )
    on_invalid: StepName | None = Field(
        default=None, description="the step after the last wrong answer that ``tries`` allows"
    )
