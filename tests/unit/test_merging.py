"""Two engineers change the flows: what both did is kept, or neither is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.publishing.merging import changed, changes, merge

pytestmark = pytest.mark.unit

FILES = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("123"), max_size=4)


def carried_out(files: dict[str, str], what: object) -> dict[str, str]:
    """The files with changes carried out."""
    assert isinstance(what, dict)
    whole = {**files, **what}
    return {name: text for name, text in whole.items() if text is not None}


@given(FILES, FILES)
def test_changes_lead_from_one_to_the_other(before: dict[str, str], after: dict[str, str]) -> None:
    """And name no file that is the same in both."""
    assert carried_out(before, changes(before, after)) == after
    assert changed(before, before) == ()


@given(FILES, FILES, FILES)
def test_every_change_is_kept_or_told(
    base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]
) -> None:
    """After the merge each file is as who changed it alone left it; of both, ours stays and is
    told."""
    found = merge(base, ours, theirs)
    merged = carried_out(ours, found.taken)
    for name in base.keys() | ours.keys() | theirs.keys():
        was, here, there = base.get(name), ours.get(name), theirs.get(name)
        if name in found.both:
            assert here not in (was, there)
            assert there != was
        else:
            assert merged.get(name) == (there if here == was else here)
            assert there in (was, merged.get(name))


@given(FILES, FILES)
def test_who_changed_nothing_gets_all(base: dict[str, str], theirs: dict[str, str]) -> None:
    """And who is alone keeps all."""
    assert carried_out(base, merge(base, base, theirs).taken) == theirs
    assert merge(base, theirs, base).taken == {}
