"""What a contact asks of an agent: an expression over skills.

    billing >= 3 and (en or hu) and not trainee

A name alone means any level of the skill, 1 to 5; who has not got a skill has it at level 0.
`>=`, `>`, `<=`, `<` and `=` compare the level; `not`, `and`, `or` and parentheses combine, `not`
first and `or` last. `any` asks for nothing.

In its canonical form a requirement is a tuple of alternatives, one of which an agent must meet: a
sorted tuple of skills with the levels that are good enough. Alternatives that another one
includes are left out. So expressions that differ in their writing alone are equal, and the
matcher keeps one line for all of them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

from routing.errors import RequirementInvalid
from routing.skills import Skills

LOWEST, HIGHEST = 0, 5
"""The levels that an agent can have; the lowest is not to have the skill."""

MOST_ALTERNATIVES = 32
"""Of one requirement; twelve skills of which any will do are twelve."""

MOST_NESTED = 20
"""Parentheses, and `not`, within one another."""


class Asked(NamedTuple):
    """One skill, at a level from `least` to `most`."""

    skill: str
    least: int
    most: int = HIGHEST


Alternative = tuple[Asked, ...]
Requirement = tuple[Alternative, ...]

ANYONE: Requirement = ((),)
NOBODY: Requirement = ()


def all_of(skills: Skills) -> Requirement:
    """Every skill at its level or a higher one."""
    return _simple([tuple(Asked(skill, level) for skill, level in skills)])


def both(one: Requirement, other: Requirement) -> Requirement:
    """What meets the two of them."""
    if one == ANYONE or other == ANYONE:
        return other if one == ANYONE else one
    return _simple(_merged(a, b) for a, b in product(one, other))


def either(one: Requirement, other: Requirement) -> Requirement:
    """What meets one of them."""
    return _simple((*one, *other))


def opposite(requirement: Requirement) -> Requirement:
    """What does not meet it."""
    found = ANYONE
    for alternative in requirement:
        lacking = (outside for asked in alternative for outside in _outside(asked))
        found = both(found, _simple((outside,) for outside in lacking))
    return found


def wanted_in(needs: Requirement) -> frozenset[str] | None:
    """Skills of which everybody who suits has one at least; None if nobody need have any."""
    wanted = [next((a.skill for a in each if a.least > LOWEST), None) for each in needs]
    return None if None in wanted else frozenset(skill for skill in wanted if skill)


def suits(has: Skills, needs: Requirement) -> bool:
    """Whether these skills meet the requirement."""
    levels = dict(has)
    return any(_meets(levels, alternative) for alternative in needs)


def fit(has: Skills, needs: Requirement) -> int:
    """How good these skills are at what is needed, in thousandths of a level: the mean of those
    asked for, in the alternative where it is the highest; 0 where no skill is asked for."""
    levels = dict(has)
    return max((_mean(levels, a) for a in needs if _meets(levels, a)), default=0)


def spell(requirement: Requirement) -> str:
    """The requirement as an expression, which parses to the same."""
    if requirement in (ANYONE, NOBODY):
        return "any" if requirement else "not any"
    return " or ".join(" and ".join(map(_spell, each)) for each in requirement)


def skills_in(text: str) -> frozenset[str]:
    """The names of the skills that an expression speaks of, also of those that turn out not to
    matter; RequirementInvalid where `parse` raises it for a sign."""
    words = {token.text for token in _tokens(text) if token.text[0].isalpha()}
    return frozenset(words - _WORDS - {"any"})


def from_json(alternatives: Iterable[Iterable[Iterable[Any]]]) -> Requirement:
    """The requirement whose tuples have become JSON's lists."""
    return tuple(tuple(Asked(*asked) for asked in each) for each in alternatives)


def parse(text: str) -> Requirement:
    """The requirement that `text` says; RequirementInvalid with the column."""
    return _Parser(text).whole()


def unmet(has: Skills, needs: Requirement) -> tuple[str, ...]:
    """What these skills lack for the alternative that they come nearest to; nothing if they
    suit."""
    levels = dict(has)
    lacking = (tuple(a for a in each if not _within(levels, a)) for each in needs)
    nearest: Alternative = min(lacking, key=lambda each: len(each), default=())
    return tuple(map(_spell, nearest))


def _meets(levels: dict[str, int], alternative: Alternative) -> bool:
    return all(_within(levels, asked) for asked in alternative)


def _within(levels: dict[str, int], asked: Asked) -> bool:
    return asked.least <= levels.get(asked.skill, LOWEST) <= asked.most


def _mean(levels: dict[str, int], alternative: Alternative) -> int:
    wanted = [levels[asked.skill] for asked in alternative if asked.least > LOWEST]
    return 1_000 * sum(wanted) // len(wanted) if wanted else 0


def _merged(one: Alternative, other: Alternative) -> Alternative:
    found = {asked.skill: asked for asked in one}
    for skill, least, most in other:
        before = found.get(skill, Asked(skill, LOWEST))
        found[skill] = Asked(skill, max(before.least, least), min(before.most, most))
    return tuple(found.values())


def _outside(asked: Asked) -> Iterator[Asked]:
    if asked.least > LOWEST:
        yield Asked(asked.skill, LOWEST, asked.least - 1)
    if asked.most < HIGHEST:
        yield Asked(asked.skill, asked.most + 1)


def _simple(alternatives: Iterable[Alternative]) -> Requirement:
    """The canonical form."""
    possible = {
        tuple(sorted(asked for asked in each if (asked.least, asked.most) != (LOWEST, HIGHEST)))
        for each in alternatives
        if all(asked.least <= asked.most for asked in each)
    }
    return tuple(
        sorted(a for a in possible if not any(b != a and _includes(b, a) for b in possible))
    )


def _includes(wide: Alternative, narrow: Alternative) -> bool:
    """Whether all that meets `narrow` meets `wide`."""
    ranges = {skill: (least, most) for skill, least, most in narrow}
    return all(
        skill in ranges and least <= ranges[skill][0] and ranges[skill][1] <= most
        for skill, least, most in wide
    )


def _spell(asked: Asked) -> str:
    skill, least, most = asked
    if (least, most) == (1, HIGHEST):
        return skill
    if most == HIGHEST:
        return f"{skill} >= {least}"
    if least == LOWEST:
        return f"not {skill}" if most == LOWEST else f"{skill} <= {most}"
    return f"{skill} = {least}" if least == most else f"{skill} >= {least} and {skill} <= {most}"


_TOKEN = re.compile(r"\s*(?:([a-z][a-z0-9_-]*)|([0-9]+)|(>=|<=|>|<|=|\(|\)))")
_WORDS = frozenset({"and", "or", "not"})
_RANGES: Mapping[str, Callable[[int], tuple[int, int]]] = {
    ">=": lambda level: (level, HIGHEST),
    ">": lambda level: (level + 1, HIGHEST),
    "<=": lambda level: (LOWEST, level),
    "<": lambda level: (LOWEST, level - 1),
    "=": lambda level: (level, level),
}


class _Token(NamedTuple):
    text: str
    column: int


class _Parser:
    """By recursive descent; each level of parentheses is one of the parser's calls."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [*_tokens(text)]
        self._at = 0
        self._depth = 0

    def whole(self) -> Requirement:
        found = self._any_of()
        if self._peek():
            raise self._wrong("is not expected here, and or or joins two parts")
        return found

    def _any_of(self) -> Requirement:
        found = self._all_of()
        while self._take("or"):
            found = self._limited(either(found, self._all_of()))
        return found

    def _all_of(self) -> Requirement:
        found = self._one()
        while self._take("and"):
            found = self._limited(both(found, self._one()))
        return found

    def _one(self) -> Requirement:
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise self._wrong(f"is nested too deeply, at most {MOST_NESTED} is allowed")
        if self._take("not"):
            found = self._limited(opposite(self._one()))
        elif self._take("("):
            found = self._in_parentheses()
        else:
            found = self._skill()
        self._depth -= 1
        return found

    def _in_parentheses(self) -> Requirement:
        found = self._any_of()
        if not self._take(")"):
            raise self._wrong("stands where a ) is missing")
        return found

    def _skill(self) -> Requirement:
        name = self._peek()
        if not name[:1].isalpha() or name in _WORDS:
            raise self._wrong("stands where a skill is needed")
        self._at += 1
        if name == "any":
            return ANYONE
        sign = self._peek()
        if sign not in _RANGES:
            return _simple([(Asked(name, 1),)])
        self._at += 1
        return _simple([(Asked(name, *_RANGES[sign](self._level())),)])

    def _level(self) -> int:
        level = self._peek()
        if not level.isdecimal() or not 1 <= int(level) <= HIGHEST:
            raise self._wrong("stands where a level is needed, from 1 to 5")
        self._at += 1
        return int(level)

    def _limited(self, found: Requirement) -> Requirement:
        if len(found) > MOST_ALTERNATIVES:
            why = f"has more than {MOST_ALTERNATIVES} alternatives"
            raise RequirementInvalid(self._text, 1, why)
        return found

    def _peek(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _take(self, text: str) -> bool:
        taken = self._peek() == text
        self._at += taken
        return taken

    def _wrong(self, why: str) -> RequirementInvalid:
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            return RequirementInvalid(self._text, token.column, f'"{token.text}" {why}')
        return RequirementInvalid(self._text, len(self._text) + 1, f"the end {why}")


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise RequirementInvalid(text, at + 1, f'"{text[at]}" is no part of an expression')
        token = found.group().strip()
        yield _Token(token, found.end() - len(token) + 1)
        at = found.end()
