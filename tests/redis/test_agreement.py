"""Nodes that know the agents' phones by different passwords say so when they start."""

from pathlib import Path

import pytest

from config.secrets import load_or_create
from config.site import load_site
from engine.agreement import PHONES, digest_of
from tests.redis.conftest import MakeStore

pytestmark = pytest.mark.redis


async def test_a_living_node_with_other_passwords_is_named(make_store: MakeStore) -> None:
    """The second to start hears of the first; one with the same passwords is not named."""
    north, south, west = (make_store(node) for node in ("north", "south", "west"))
    for store in (north, south, west):
        await store.beat([])
    assert await north.differing(PHONES, "one") == []
    assert await south.differing(PHONES, "one") == []
    assert await west.differing(PHONES, "other") == ["north", "south"]
    assert await west.differing(PHONES, "one") == []


async def test_a_node_that_lives_no_more_is_not_asked(make_store: MakeStore) -> None:
    """Its phones register with nobody."""
    assert await make_store("north").differing(PHONES, "one") == []
    assert await make_store("south").differing(PHONES, "other") == []


def test_the_digest_is_of_the_site_s_agents_alone(tmp_path: Path) -> None:
    """The API's token may differ, and so may the passwords of those who have left."""
    site = load_site(Path(__file__).parents[2] / "config/site.yaml", {})
    fewer = site.model_copy(update={"agents": {"anna": site.agents["anna"]}})
    first = load_or_create(tmp_path / "a", fewer)
    grown = load_or_create(tmp_path / "a", site)
    assert digest_of(fewer, first) == digest_of(fewer, grown)
    assert digest_of(site, grown) != digest_of(site, load_or_create(tmp_path / "b", site))
