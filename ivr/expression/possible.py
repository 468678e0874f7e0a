"""Which conditions of a branch can never be true, and why.

Sound, not complete: what is named here is false in every call whose names keep their promises
(``NameType``); a condition may be impossible for reasons that are not followed, like those of
arithmetic between names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ivr.expression.cells import Cells, Subject
from ivr.expression.checking import check
from ivr.expression.compiling import constant
from ivr.expression.formulas import Atom, Formula, Group, Negated, Reader
from ivr.expression.syntax import Expr
from ivr.expression.types import NameType, ValueType
from ivr.expression.unparsing import unparse, written

_MAX_CASES = 32
"""Of a condition written as alternatives; one with more is taken for possible."""

Case = Mapping[str, Cells]
"""Where each subject is; subjects that are not in it can be anywhere."""

Cases = list[Case]
"""One of them holds; none: that cannot be."""


@dataclass(frozen=True, slots=True)
class Impossible:
    """The condition at ``index`` is never reached and true: ``reason``.

    ``index`` equal to the number of conditions is the ``else`` after them.
    """

    index: int
    reason: str


def impossible(
    expressions: Expr | Sequence[Expr], names: Mapping[str, NameType]
) -> tuple[Impossible, ...]:
    """What of a branch's conditions, in their order, and of its ``else`` can never come about.

    Conditions in which ``check`` finds faults are left out of it: they may be true or not.
    """
    conditions = [expressions] if isinstance(expressions, Expr) else [*expressions]
    return tuple(_Judge(conditions, names).verdicts())


class _Judge:
    def __init__(self, conditions: Sequence[Expr], names: Mapping[str, NameType]) -> None:
        reader = Reader(names)
        self._conditions = conditions
        self._formulas = [_formula(each, reader, names) for each in conditions]
        self._subjects = reader.subjects()

    def verdicts(self) -> Iterator[Impossible]:
        """Goes down the branch with what the conditions so far leave over."""
        left: Cases = [{}]
        for index, formula in enumerate(self._formulas):
            if formula is None:
                continue
            cases = self._cases(formula, True)
            if cases == []:
                yield Impossible(index, self._why(index, formula))
            elif cases is not None and _both(left, cases) == []:
                yield Impossible(index, self._why_covered(index, cases))
            otherwise = self._cases(formula, False)
            over = None if otherwise is None else _both(left, otherwise)
            # Too many cases to follow: as if the condition were not there.
            left = left if over is None else over
        if not left:
            yield Impossible(len(self._conditions), "the conditions before it cover every case")

    def _cases(self, formula: Formula, wanted: bool) -> Cases | None:
        """The alternatives in which ``formula`` is ``wanted``; None: too many to follow."""
        match formula:
            case bool():
                return [{}] if formula == wanted else []
            case Atom():
                return self._places(formula, wanted)
            case Negated():
                return self._cases(formula.formula, not wanted)
            case Group():
                parts = (self._cases(part, wanted) for part in formula.parts)
                return _all(parts) if (formula.op == "and") == wanted else _any(parts)

    def _places(self, atom: Atom, wanted: bool) -> Cases:
        true, false = atom.ask(self._subjects[atom.subject])
        case = {atom.subject: true if wanted else false}
        if wanted:
            case.update({name: self._subjects[name].values for name in atom.needed})
        return [case] if all(case.values()) else []

    def _why(self, index: int, formula: Formula) -> str:
        condition = self._conditions[index]
        if constant(condition):
            return f"{unparse(condition)} is false in every call"
        return self._blamed(formula, True)

    def _blamed(self, formula: Formula, wanted: bool) -> str:
        """Why a formula without a case has none; of alternatives the first is told."""
        match formula:
            case bool():
                return "it is false in every call"
            case Atom():
                for key in (formula.subject, *formula.needed):
                    if self._subjects[key].promise.never_set:
                        return f"{key} is never set"
                subject = self._subjects[formula.subject]
                return f"{subject.key} is {_always(formula, subject)}"
            case Negated():
                return self._blamed(formula.formula, not wanted)
            case Group():
                parts = [(part, self._cases(part, wanted)) for part in formula.parts]
                alone = next((part for part, cases in parts if cases == []), None)
                if alone is not None:
                    return self._blamed(alone, wanted)
                return _clash(cases for _, cases in parts)

    def _why_covered(self, index: int, cases: Cases) -> str:
        for condition, formula in zip(self._conditions, self._formulas[:index], strict=False):
            otherwise = None if formula is None else self._cases(formula, False)
            if otherwise is not None and _both(otherwise, cases) == []:
                if condition == self._conditions[index]:
                    return "the same condition stands before it"
                return f"{unparse(condition)}, which stands before it, is true whenever it is"
        return "the conditions before it leave nothing over for it"


def _formula(condition: Expr, reader: Reader, names: Mapping[str, NameType]) -> Formula | None:
    """The condition for the judge; None when it is none, or is not well typed."""
    checked = check(condition, names)
    if checked.findings or checked.type is not ValueType.BOOL:
        return None
    return reader.formula(condition)


def _all(parts: Iterable[Cases | None]) -> Cases | None:
    """Where all parts hold. One that is not known leaves what the others say."""
    found: Cases = [{}]
    for part in parts:
        both = None if part is None else _both(found, part)
        if both is not None:
            found = both
    return found


def _any(parts: Iterable[Cases | None]) -> Cases | None:
    found: Cases = []
    for part in parts:
        if part is None:
            return None
        found.extend(part)
    found = _joined(found)
    return found if len(found) <= _MAX_CASES else None


def _both(first: Cases, second: Cases) -> Cases | None:
    """Where both hold; None: in too many cases to follow."""
    if first == [{}]:
        return second
    if len(first) * len(second) > _MAX_CASES**2:
        return None
    met = (_met(one, other) for one in first for other in second)
    found = _joined([case for case in met if case is not None])
    return found if len(found) <= _MAX_CASES else None


def _met(one: Case, other: Case) -> Case | None:
    """Both cases at once, or None where a subject is left nowhere to be."""
    found = {**one, **other}
    for key in one.keys() & other.keys():
        found[key] = one[key] & other[key]
        if not found[key]:
            return None
    return found


def _joined(cases: Cases) -> Cases:
    """Cases about one and the same subject, as one case."""
    if len(cases) < 2:
        return cases
    found: dict[str, Cells] = {}
    others: Cases = []
    for case in cases:
        if not case:
            return [{}]
        if len(case) == 1:
            ((key, cells),) = case.items()
            found[key] = found.get(key, frozenset()) | cells
        elif case not in others:
            others.append(case)
    return [*({key: cells} for key, cells in found.items()), *others]


def _clash(parts: Iterable[Cases | None]) -> str:
    """The subjects that the parts, each possible by itself, leave nowhere to be."""
    found: Cases = [{}]
    for part in parts:
        both = None if part is None else _both(found, part)
        if both == []:
            keys = {key for one in found for other in part or () for key in _apart(one, other)}
            return f"{' and '.join(sorted(keys))} cannot be all of this at once"
        found = found if both is None else both
    return "it is false in every call"


def _apart(one: Case, other: Case) -> Iterable[str]:
    return (key for key in one.keys() & other.keys() if not one[key] & other[key])


def _always(atom: Atom, subject: Subject) -> str:
    """What a subject is whatever the call, and the atom contradicts."""
    promise = subject.promise
    if atom.asks_if_set:
        return "always set"
    if promise.allowed is not None:
        texts = sorted(written(text) for text in promise.allowed)
        return f"one of {', '.join(texts)}" if texts[1:] else "".join(texts)
    if promise.type is ValueType.DIGITS:
        return "digits" if promise.length is None else f"{promise.length} digits"
    return _bounds(promise) or "never so"


def _bounds(promise: NameType) -> str:
    low, high = promise.low, promise.high
    if low is not None and high is not None:
        return written(low) if low == high else f"from {written(low)} to {written(high)}"
    if low is not None:
        return f"at least {written(low)}"
    return "" if high is None else f"at most {written(high)}"
