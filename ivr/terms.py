"""Expressions and templates of a flow, made ready to be evaluated in a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from config.suggest import did_you_mean, shown
from ivr import expression
from ivr.errors import ExpressionError
from ivr.expression import Checked, NameType, ValueType
from ivr.expression.syntax import Expr
from ivr.names import NAMES, PROMISES
from ivr.run import COMPUTED, Run
from ivr.saying import FORMS
from ivr.variables import Kind, Value, Variable, written
from ivr.wording import Hole, pieces

_ALIKE: Mapping[Kind, frozenset[str]] = {
    "number": frozenset({"number", "money"}),
    "money": frozenset({"number", "money"}),
    "text": frozenset({"text", "digits"}),
}
"""Of which types an expression may be where one of the key is needed, besides that one."""


_TEXT = Variable(type="text")
_NO_CONSTANTS: Mapping[str, Value] = {}


class Fault(NamedTuple):
    """What is wrong in an expression, at the 0-based offset ``at`` in its text."""

    message: str
    at: int = 0


class Looked(NamedTuple):
    """An expression that was looked at: its tree (None: it is none), and what is known of it."""

    tree: Expr | None
    type: Variable
    used: frozenset[str]
    faults: tuple[Fault, ...]
    unjudged: bool = False
    """It names something of a site that is not known here."""


class Term(NamedTuple):
    """An expression, ready: the type of what it gives, and how to read it in a call."""

    type: Variable
    read: Callable[[Run], Value]


@dataclass(frozen=True)
class OfSite:
    """What a site has that flows may name; of what is None, none is known."""

    values: frozenset[tuple[str, str]]
    fields: frozenset[tuple[str, Variable]]
    queues: frozenset[str] | None = None
    agents: frozenset[str] | None = None
    extensions: frozenset[str] | None = None

    @property
    def promises(self) -> dict[str, NameType]:
        """What a call learns of it."""
        found = {"queue.agent": _some_of(self.agents)}
        if self.extensions is not None:
            found["call.extension"] = NameType(ValueType.DIGITS, allowed=self.extensions or None)
        return found

    @property
    def past(self) -> dict[str, NameType]:
        """What a call learned of it, if it had the same then."""
        return {
            "caller.last_queue": _some_of(self.queues),
            "caller.last_agent": _some_of(self.agents),
        }


def _some_of(names: frozenset[str] | None) -> NameType:
    return NameType(ValueType.TEXT, allowed=names or None)


_OF_SITE = re.compile(r"\b(?:site|caller)\.[a-z_][a-z0-9_]*")


class Names(dict[str, Variable]):
    """What a flow's expressions may name: its variables, those that every flow has, and the
    site's. ``constants`` are the values of those that no call changes."""

    def __init__(
        self,
        variables: Mapping[str, Variable],
        languages: Iterable[str] = (),
        others: Mapping[str, Variable] = NAMES,
        constants: Mapping[str, Value] = _NO_CONSTANTS,
        site: OfSite | None = None,
    ) -> None:
        super().__init__({**variables, **others})
        self.constants = constants
        self._variables = variables
        self._languages = frozenset(languages)
        self._knows_site = site is not None
        self._promises = site.promises if site is not None else {}
        self.past: Mapping[str, NameType] = site.past if site is not None else {}
        """What is known of names that tell of earlier calls, if the site was the same then."""
        self._looked: dict[str, Looked] = {}
        self._of_sites: dict[OfSite, Names] = {}

    def of_site(self, site: OfSite) -> Names:
        """These with a site's: its values as ``site.…``, its customers' fields as ``caller.…``.
        Made once for each site."""
        found = self._of_sites.get(site)
        if found is None:
            constants: dict[str, Value] = {f"site.{name}": text for name, text in site.values}
            learned = {f"caller.{name}": variable for name, variable in site.fields}
            others = {**NAMES, **dict.fromkeys(constants, _TEXT), **learned}
            found = self._of_sites[site] = Names(
                self._variables, self._languages, others, constants, site
            )
        return found

    @cached_property
    def types(self) -> Mapping[str, NameType]:
        """The same for the expression language, with what is known of the values beforehand."""
        types = {name: _promised(name, variable) for name, variable in self.items()}
        types.update(self._promises)
        if self._languages:
            types["call.language"] = NameType(
                ValueType.TEXT, allowed=self._languages, always_set=True
            )
        return types

    def reader(self, name: str) -> Callable[[Run], Value]:
        """How the value of a name is read in a call."""
        if name in self.constants:
            value = self.constants[name]
            return lambda run: value
        if name in COMPUTED:
            return COMPUTED[name]
        variable = self._variables.get(name)
        if variable is None:
            return lambda run: run.scope.facts.get(name)
        if variable.sensitive:
            return lambda run: run.scope.secrets.get(name)
        return lambda run: run.scope.variables.get(name)

    def look(self, source: str) -> Looked:
        """What is known of an expression; each is looked at once."""
        found = self._looked.get(source)
        if found is None:
            found = self._looked[source] = self._look(source)
        return found

    def _look(self, source: str) -> Looked:
        known = self.get(source)
        if known is not None:
            return Looked(None, known, frozenset({source}), ())
        if not self._knows_site and any(name not in self for name in _OF_SITE.findall(source)):
            return Looked(None, _TEXT, frozenset(), (), unjudged=True)
        if _is_name(source):
            fault = f"unknown variable {shown(source)}, {did_you_mean(source, self)}"
            return Looked(None, _TEXT, frozenset(), (Fault(fault),))
        try:
            tree = expression.parse(source)
        except ExpressionError as error:
            return Looked(None, _TEXT, frozenset(), (Fault(error.message, error.col),))
        checked = expression.check(tree, self.types)
        faults = tuple(Fault(each.message, each.col) for each in checked.findings)
        return Looked(tree, _type_of(checked), checked.names, faults)


_PLAIN: dict[tuple[str, str | None, bool], Variable] = {}


_TRUTHS = frozenset({"true", "false", "yes", "no"})


def _is_name(source: str) -> bool:
    return (
        source not in _TRUTHS
        and all(part.isidentifier() for part in source.split("."))
        and source.islower()
    )


def _promised(name: str, variable: Variable) -> NameType:
    known = PROMISES.get(name)
    if known is not None:
        return known
    return NameType(
        ValueType(variable.type),
        currency=variable.currency,
        length=variable.length,
        sensitive=variable.sensitive,
    )


def _type_of(checked: Checked) -> Variable:
    key = (checked.type.value if checked.type else "text", checked.currency, checked.sensitive)
    if key not in _PLAIN:
        kind, currency, sensitive = key
        _PLAIN[key] = Variable.model_validate(
            {"type": kind, "currency": currency, "sensitive": sensitive}
        )
    return _PLAIN[key]


def term(source: str, names: Names) -> Term:
    """The expression ``source``; one that the check refuses gives nothing."""
    looked = names.look(source)
    if looked.tree is not None and not looked.faults:
        return Term(looked.type, expression.compile(looked.tree, names.types, names.reader))
    return Term(looked.type, names.reader(source))


def template(text: str, names: Names) -> Callable[[Run], str]:
    """``text`` with its holes filled when called."""
    parts = pieces(text)
    if not any(isinstance(part, Hole) for part in parts):
        return lambda run: text
    made = [term(part.source, names).read if isinstance(part, Hole) else part for part in parts]
    return lambda run: "".join(
        [part if isinstance(part, str) else written(part(run)) for part in made]
    )


def names_in(source: str, names: Names) -> frozenset[str]:
    """The names that an expression uses, of those that are known."""
    return names.look(source).used


def term_faults(source: str, names: Names, wanted: Kind | None) -> Iterator[Fault]:
    """What is wrong with the expression ``source``, which must give a ``wanted`` value."""
    looked = names.look(source)
    yield from looked.faults
    given = looked.type.type
    if looked.faults or looked.unjudged or wanted is None or is_alike(given, wanted):
        return
    needed = "number or money" if wanted in ("number", "money") else wanted
    yield Fault(f"{shown(source)} is {given}, {needed} is needed")


def is_alike(given: Kind, wanted: Kind) -> bool:
    """Whether a value of the type ``given`` can stand where ``wanted`` is needed."""
    return given == wanted or given in _ALIKE.get(wanted, ())


class Never(NamedTuple):
    """A condition that can never be true, by its place, and why; the number of conditions stands
    for what comes after them all."""

    place: int
    reason: str
    unset: bool = False
    """Because no step of this flow sets a variable."""
    past: bool = False
    """It could be in calls before, if the site was another then."""


def never(
    conditions: Iterable[str], names: Names, unset: AbstractSet[str] = frozenset()
) -> Iterator[Never]:
    """Which of a branch's conditions, in their order, can never be true; ``unset`` are variables
    that no step sets."""
    trees, used = [], set[str]()
    for source in conditions:
        looked = names.look(source)
        if looked.faults or looked.unjudged:
            return
        trees.append(expression.parse(source))
        used |= looked.used
    told = set()
    for found in expression.impossible(trees, names.types):
        told.add(found.index)
        yield Never(found.index, found.reason)
    lost = {name: replace(names.types[name], never_set=True) for name in unset & used}
    past = {name: promise for name, promise in names.past.items() if name in used}
    for more, is_unset in ((lost, True), (past, False)):
        for found in expression.impossible(trees, {**names.types, **more}) if more else ():
            if found.index not in told:
                told.add(found.index)
                yield Never(found.index, found.reason, unset=is_unset, past=not is_unset)


def form_fault(hole: Hole, names: Names) -> str | None:
    """What is wrong with how a hole is to be spoken; None: nothing."""
    kind = term(hole.source, names).type
    if kind.sensitive:
        return f"{hole.source} is sensitive and is never spoken"
    if hole.form is None:
        return None
    if hole.form not in FORMS:
        return f"nothing is spoken as {shown(hole.form)}, {did_you_mean(hole.form, FORMS)}"
    if kind.type not in FORMS[hole.form] and not names.look(hole.source).unjudged:
        return f"{hole.source} is {kind.type}, it cannot be spoken as {hole.form}"
    return None
