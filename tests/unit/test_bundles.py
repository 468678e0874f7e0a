"""Published flows in the database: kept for good, in force one after the other."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from history.bundles import Bundle, BundleStore, bundle, content_hash
from history.codec import contact_from, contact_values, leg_values
from history.connection import open_engine
from history.errors import BundleDamaged, DatabaseAway, VersionTaken
from history.migrations import upgrade_to_head
from history.tables import flow_bundles
from tests.fakes.history_rows import ANSWERED

pytestmark = pytest.mark.unit

TEXTS = {"support.yaml": "flow: support  # Üdvözöljük\r\n", "common/bye.yaml": ""}


def version(
    number: int, files: dict[str, str] | None = None, author: str = "anna", note: str = ""
) -> Bundle:
    """A version to be stored."""
    return bundle(number, TEXTS if files is None else files, 1_000 + number, author, note)


@pytest.fixture
async def url(tmp_path: Path) -> str:
    """A migrated, empty database."""
    url = f"sqlite:///{tmp_path}/history.db"
    await upgrade_to_head(url)
    return url


@pytest.fixture
async def store(url: str) -> AsyncIterator[BundleStore]:
    """An open store, closed after the test."""
    store = BundleStore(url)
    yield store
    await store.close()


async def test_a_version_comes_back_as_it_was_published(store: BundleStore) -> None:
    """Every byte of every file: line ends, letters with accents, an empty file."""
    await store.add("site", version(1, note="first"))
    assert await store.get("site", 1) == version(1, note="first")
    assert await store.newest("site") == 1


async def test_each_site_counts_its_own_versions(store: BundleStore) -> None:
    """Several sites may share a database."""
    assert (await store.newest("a"), await store.get("a", 1)) == (0, None)
    await store.add("a", version(1))
    await store.add("a", version(2))
    await store.add("b", version(1))
    assert (await store.newest("a"), await store.newest("b")) == (2, 1)
    assert await store.with_content("c", content_hash(TEXTS)) is None


async def test_of_two_who_publish_the_same_version_one_is_told(url: str) -> None:
    """From two processes at once; what the second one had is not stored over the first."""
    stores = [BundleStore(url) for _ in range(4)]
    bids = [version(1, {"a.yaml": str(n)}, author=f"engineer {n}") for n in range(len(stores))]
    adds = [store.add("site", bid) for store, bid in zip(stores, bids, strict=True)]
    outcomes = await asyncio.gather(*adds, return_exceptions=True)
    won = [bid for bid, outcome in zip(bids, outcomes, strict=True) if outcome is None]
    assert [await stores[0].get("site", 1)] == won
    assert sum(isinstance(outcome, VersionTaken) for outcome in outcomes) == len(stores) - 1
    await asyncio.gather(*(store.close() for store in stores))


async def test_the_newest_versions_are_listed_first(store: BundleStore) -> None:
    """Without their files, who wrote what and why."""
    for number in (1, 2, 3):
        await store.add("site", version(number, {"a.yaml": str(number)}, note=f"n{number}"))
    assert [head.note for head in await store.heads("site", 2)] == ["n3", "n2"]
    assert [found.version for found in await store.since("site", 2)] == [2, 3]


async def test_a_content_is_found_where_it_was_last_in_force(store: BundleStore) -> None:
    """A rollback has the content of an older version."""
    for number, text in enumerate(("one", "two", "one"), start=1):
        await store.add("site", version(number, {"a.yaml": text}))
    found = await store.with_content("site", content_hash({"a.yaml": "one"}))
    assert found is not None
    assert found.version == 3


def test_the_order_of_files_makes_no_other_content() -> None:
    """But a name and a text do."""
    assert content_hash({"a": "1", "b": "2"}) == content_hash({"b": "2", "a": "1"})
    assert content_hash({"a": "1"}) != content_hash({"b": "1"})
    assert content_hash({"a": "1"}) != content_hash({"a": "2"})


@pytest.mark.parametrize("stored", [b"", b"nothing", zlib.compress(b"{}")])
async def test_a_damaged_version_is_not_run(store: BundleStore, url: str, stored: bytes) -> None:
    """Half a flow would be worse than the one before."""
    await store.add("site", version(1))
    engine = open_engine(url)
    async with engine.begin() as connection:
        await connection.execute(update(flow_bundles).values(files=stored))
    await engine.dispose()
    with pytest.raises(BundleDamaged, match="version 1"):
        await store.get("site", 1)


@pytest.mark.parametrize("name", ["../site.yaml", "a/../../b.yaml", "/etc/passwd"])
async def test_no_file_lies_outside_of_the_dialplans(store: BundleStore, name: str) -> None:
    """What is in the database becomes files on engineers' machines."""
    await store.add("site", version(1, {name: ""}))
    with pytest.raises(BundleDamaged):
        await store.get("site", 1)


async def test_a_database_that_is_away_says_so(tmp_path: Path) -> None:
    """The engine then goes on with what it runs."""
    store = BundleStore(f"sqlite:///{tmp_path}/without_tables.db")
    with pytest.raises(DatabaseAway):
        await store.newest("site")
    with pytest.raises(DatabaseAway):
        await store.add("site", version(1))
    await store.close()


def test_a_row_spooled_before_versions_were_kept_is_read() -> None:
    """An engine is renewed while its database is away."""
    values = contact_values(ANSWERED)
    del values["flow_version"]
    assert contact_from(values, leg_values(ANSWERED)) == ANSWERED
