"""Expressions over skills: what they mean, how they are told apart, what is wrong with one."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.requirement import (
    ANYONE,
    MOST_ALTERNATIVES,
    NOBODY,
    Asked,
    Requirement,
    RequirementInvalid,
    both,
    either,
    opposite,
    parse,
    skills_in,
    spell,
)
from routing.requirement import all_of, fit, from_json, suits, unmet
from routing.skills import Skills, skill_set

pytestmark = pytest.mark.unit

LEVELS = st.integers(1, 5)
AGENTS = st.dictionaries(st.sampled_from("abc"), LEVELS).map(skill_set)
ATOMS = st.builds(lambda skill, level: parse(f"{skill} >= {level}"), st.sampled_from("abc"), LEVELS)


def grown(parts: st.SearchStrategy[Requirement]) -> st.SearchStrategy[Requirement]:
    return st.builds(both, parts, parts) | st.builds(either, parts, parts) | parts.map(opposite)


REQUIREMENTS = st.recursive(ATOMS | st.sampled_from([ANYONE, NOBODY]), grown, max_leaves=6)


@pytest.mark.parametrize(
    ("text", "has", "is_met"),
    [
        ("billing >= 3 and (en or hu)", {"billing": 3, "hu": 1}, True),
        ("billing >= 3 and (en or hu)", {"billing": 2, "hu": 5}, False),
        ("billing >= 3 and (en or hu)", {"billing": 5, "pl": 5}, False),
        ("billing >= 3 and en or hu", {"hu": 1}, True),
        ("not trainee", {}, True),
        ("not trainee", {"trainee": 1}, False),
        ("not (en or hu) and pl", {"pl": 1}, True),
        ("not (en or hu) and pl", {"pl": 1, "hu": 1}, False),
        ("en < 3", {"en": 2}, True),
        ("en < 3", {"en": 3}, False),
        ("en > 3", {"en": 3}, False),
        ("en <= 3", {}, True),
        ("en = 3", {"en": 3}, True),
        ("en = 3", {"en": 4}, False),
        ("any", {}, True),
        ("not any", {"en": 5}, False),
        ("in-house and wi_fi", {"in-house": 1, "wi_fi": 1}, True),
    ],
)
def test_what_an_expression_means(text: str, has: dict[str, int], is_met: bool) -> None:
    """`not` binds more than `and`, `and` more than `or`; a skill that is not there is level 0."""
    assert suits(skill_set(has), parse(text)) is is_met


@pytest.mark.parametrize(
    "texts",
    [
        ("a and b", "b and a", "(a) and b and a", "b >= 1 and a >= 1 and a"),
        ("a or b", "b or a or (a and c)"),
        ("a and (b or c)", "a and c or b and a"),
        ("not (a and b)", "not b or not a"),
        ("not not a >= 3", "a >= 3", "a > 2", "not a < 3"),
        ("a = 2", "a >= 2 and a <= 2"),
        ("a and not a", "not any"),
        ("any or a", "any"),
    ],
)
def test_what_means_the_same_is_the_same(texts: tuple[str, ...]) -> None:
    """So contacts that ask alike stand in one line, however it is written."""
    assert len({parse(text) for text in texts}) == 1


@given(AGENTS, REQUIREMENTS, REQUIREMENTS)
def test_combining_is_logic(has: Skills, one: Requirement, other: Requirement) -> None:
    """The canonical form loses nothing and adds nothing."""
    assert suits(has, both(one, other)) == (suits(has, one) and suits(has, other))
    assert suits(has, either(one, other)) == (suits(has, one) or suits(has, other))
    assert suits(has, opposite(one)) == (not suits(has, one))


@given(REQUIREMENTS)
def test_what_is_spelled_or_stored_comes_back(requirement: Requirement) -> None:
    """In messages as an expression, in Redis as JSON."""
    assert parse(spell(requirement)) == requirement
    assert from_json(json.loads(json.dumps(requirement))) == requirement


@given(AGENTS, REQUIREMENTS)
def test_what_is_unmet_is_nothing_exactly_for_those_who_suit(
    has: Skills, needs: Requirement
) -> None:
    """Where nobody can suit there is no way to come nearer."""
    if needs != NOBODY:
        assert (not unmet(has, needs)) == suits(has, needs)


def test_what_is_lacking_is_told_of_the_nearest_alternative() -> None:
    needs = parse("billing >= 3 and en or technical and hu and pl")
    assert unmet(skill_set({"billing": 2, "en": 4}), needs) == ("billing >= 3",)


@pytest.mark.parametrize(
    ("text", "has", "thousandths"),
    [
        ("billing >= 3 and en", {"billing": 5, "en": 2}, 3_500),
        ("en or hu", {"en": 2, "hu": 4}, 4_000),
        ("billing or en and hu", {"billing": 3, "en": 4, "hu": 5}, 4_500),
        ("not trainee", {"billing": 5}, 0),
        ("en and not trainee", {"en": 4}, 4_000),
        ("en", {}, 0),
    ],
)
def test_how_good_somebody_is_at_what_is_asked(
    text: str, has: dict[str, int], thousandths: int
) -> None:
    """The mean of the levels asked for, where several alternatives are met the best."""
    assert fit(skill_set(has), parse(text)) == thousandths


def test_a_requirement_tells_its_parts() -> None:
    assert all_of(skill_set({"en": 2})) == ((Asked("en", 2, 5),),)
    assert all_of(()) == ANYONE
    text = "a and not b or (a and {x} = 3) or any"
    assert [*skills_in(text)] == [("a", 0), ("b", 10), ("a", 16), ("{x}", 22)]


@pytest.mark.parametrize(
    ("text", "column", "why"),
    [
        ("", 1, "the end stands where a skill is needed"),
        ("en and", 7, "the end stands where a skill is needed"),
        ("en hu", 4, '"hu" is not expected here: "and" or "or" joins two parts'),
        ("(en or hu", 10, "the end stands where a ) is missing"),
        ("en >= 6", 7, '"6" stands where a level is needed, from 1 to 5'),
        ("en >=", 6, "the end stands where a level is needed, from 1 to 5"),
        ("en >= 3 & hu", 9, '"&" is no part of an expression'),
        ("3 <= en", 1, '"3" stands where a skill is needed'),
        ("  or en", 3, '"or" stands where a skill is needed'),
        ("Billing", 1, '"B" is no part of an expression'),
        ("(" * 500 + "en", 21, '"(" is nested too deeply, at most 20 is allowed'),
        (
            "(a or b) and (c or d) and (e or f) and (g or h) and (i or j) and (k or l)",
            1,
            f"has more than {MOST_ALTERNATIVES} alternatives",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_column(text: str, column: int, why: str) -> None:
    """Never a traceback, however long or deep the text."""
    with pytest.raises(RequirementInvalid) as caught:
        parse(text)
    assert (caught.value.at + 1, caught.value.why) == (column, why)


@given(st.text("ab()<>=13 ") | st.text(max_size=30))
def test_no_text_does_more_than_be_invalid(text: str) -> None:
    """Whatever an author types, the answer is a requirement or the column."""
    with suppress(RequirementInvalid):
        requirement = parse(text)
        assert parse(spell(requirement)) == requirement
