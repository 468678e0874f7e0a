"""What a contact asks of an agent: an expression over skills.

    billing >= 3 and (en or hu) and not trainee

A name alone means any level of the skill, 1 to 5; who has not got a skill has it at level 0.
`>=`, `>`, `<=`, `<` and `=` compare the level; `not`, `and`, `or` and parentheses combine, `not`
first and `or` last. `any` asks for nothing. A flow may write a hole in the place of a name,
`{call.language} >= 2`, which each call fills.

In its canonical form a requirement is a tuple of alternatives, one of which an agent must meet: a
sorted tuple of skills with the levels that are good enough. Alternatives that another one
includes are left out. So expressions that differ in their writing alone are equal, and the
matcher keeps one line for all of them.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import product
from typing import NamedTuple

from config.suggest import did_you_mean, shown

LOWEST, HIGHEST = 0, 5
"""The levels that an agent can have; the lowest is not to have the skill."""

MOST_ALTERNATIVES = 32
"""Of one requirement; twelve skills of which any will do are twelve."""

MOST_NESTED = 20
"""Parentheses, and `not`, within one another."""


class RequirementInvalid(ValueError):
    """A text is no requirement: `why`, from the character `at` on (from 0)."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.why = why
        self.at = at


class Asked(NamedTuple):
    """One skill, at a level from `least` to `most`."""

    skill: str
    least: int
    most: int = HIGHEST


Alternative = tuple[Asked, ...]
Requirement = tuple[Alternative, ...]

ANYONE: Requirement = ((),)
NOBODY: Requirement = ()


def both(one: Requirement, other: Requirement) -> Requirement:
    """What meets the two of them."""
    if one == ANYONE or other == ANYONE:
        return other if one == ANYONE else one
    return canonical(_merged(a, b) for a, b in product(one, other))


def either(one: Requirement, other: Requirement) -> Requirement:
    """What meets one of them."""
    return canonical((*one, *other))


def opposite(requirement: Requirement) -> Requirement:
    """What does not meet it."""
    found = ANYONE
    for alternative in requirement:
        lacking = (outside for asked in alternative for outside in _outside(asked))
        found = both(found, canonical((outside,) for outside in lacking))
    return found


def each_of(skills: Mapping[str, int]) -> Requirement:
    """Every skill at its level or a higher one."""
    return canonical([tuple(Asked(skill, level) for skill, level in skills.items())])


def meets(levels: Mapping[str, int], requirement: Requirement) -> bool:
    """Whether who has these skills meets the requirement."""
    return any(all(within(levels, asked) for asked in each) for each in requirement)


def within(levels: Mapping[str, int], asked: Asked) -> bool:
    """Whether who has these skills meets this part of a requirement."""
    return asked.least <= levels.get(asked.skill, LOWEST) <= asked.most


def spell(requirement: Requirement) -> str:
    """The requirement as an expression, which parses to the same."""
    if requirement in (ANYONE, NOBODY):
        return "any" if requirement else "not any"
    return " or ".join(" and ".join(map(spelled, each)) for each in requirement)


def filled(requirement: Requirement, name_of: Callable[[str], str]) -> Requirement:
    """The requirement of one call, in which each hole is the skill that `name_of` tells; one that
    is filled with nothing asks for nothing."""
    return canonical(
        _merged(
            (), tuple(each._replace(skill=name) for each in asked if (name := name_of(each.skill)))
        )
        for asked in requirement
    )


class Named(NamedTuple):
    """A skill's name in an expression, or a hole, from the character `at` on (from 0)."""

    name: str
    at: int


def skills_in(text: str) -> Iterator[Named]:
    """The skills that an expression speaks of, also those that turn out not to matter;
    RequirementInvalid where `parse` raises it for a sign."""
    for token in _tokens(text):
        if _is_name(token.text) and token.text != "any":
            yield Named(*token)


def faults(text: str, known: Collection[str] | None) -> Iterator[RequirementInvalid]:
    """What is wrong with an expression, where only these skills are known; None: not checked.
    What a hole is filled with, each call tells."""
    try:
        asked = parse(text)
    except RequirementInvalid as invalid:
        yield invalid
        return
    if asked == NOBODY:
        yield RequirementInvalid("contradicts itself: nobody can ever meet it", 0)
    for name, at in skills_in(text):
        if known is not None and name not in known and not is_hole(name):
            hint = did_you_mean(name, [*sorted(known), "any"])
            yield RequirementInvalid(f"unknown skill {shown(name)}, {hint}", at)


def is_hole(name: str) -> bool:
    """Whether a name is only known in a call."""
    return name.startswith("{")


def parse(text: str) -> Requirement:
    """The requirement that `text` says. Raises RequirementInvalid."""
    return _Parser(text).whole()


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


def canonical(alternatives: Iterable[Alternative]) -> Requirement:
    """The requirement to meet one of these, in its canonical form."""
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


def spelled(asked: Asked) -> str:
    """One skill with its levels, as an expression."""
    skill, least, most = asked
    if (least, most) == (1, HIGHEST):
        return skill
    if most == HIGHEST:
        return f"{skill} >= {least}"
    if least == LOWEST:
        return f"not {skill}" if most == LOWEST else f"{skill} <= {most}"
    return f"{skill} = {least}" if least == most else f"{skill} >= {least} and {skill} <= {most}"


_TOKEN = re.compile(r"\s*(?:([a-z][a-z0-9_-]*|\{[^{}]*\})|([0-9]+)|(>=|<=|>|<|=|\(|\)))")
_WORDS = frozenset({"and", "or", "not"})
_RANGES: Mapping[str, Callable[[int], tuple[int, int]]] = {
    ">=": lambda level: (level, HIGHEST),
    ">": lambda level: (level + 1, HIGHEST),
    "<=": lambda level: (LOWEST, level),
    "<": lambda level: (LOWEST, level - 1),
    "=": lambda level: (level, level),
}


def _is_name(token: str) -> bool:
    return (token[:1].isalpha() or is_hole(token)) and token not in _WORDS


class _Token(NamedTuple):
    text: str
    at: int


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
            raise self._wrong('is not expected here: "and" or "or" joins two parts')
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
        if not _is_name(name):
            raise self._wrong("stands where a skill is needed")
        self._at += 1
        if name == "any":
            return ANYONE
        sign = self._peek()
        if sign not in _RANGES:
            return canonical([(Asked(name, 1),)])
        self._at += 1
        return canonical([(Asked(name, *_RANGES[sign](self._level())),)])

    def _level(self) -> int:
        level = self._peek()
        if not level.isdecimal() or not 1 <= int(level) <= HIGHEST:
            raise self._wrong("stands where a level is needed, from 1 to 5")
        self._at += 1
        return int(level)

    def _limited(self, found: Requirement) -> Requirement:
        if len(found) > MOST_ALTERNATIVES:
            why = f"has more than {MOST_ALTERNATIVES} alternatives"
            raise RequirementInvalid(why, 0)
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
            return RequirementInvalid(f'"{token.text}" {why}', token.at)
        return RequirementInvalid(f"the end {why}", len(self._text))


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise RequirementInvalid(f'"{text[at]}" is no part of an expression', at)
        token = found.group().strip()
        yield _Token(token, found.end() - len(token))
        at = found.end()
