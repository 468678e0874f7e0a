"""Publishing, as several engineers do it, each with files of their own, on one database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

import pytest

from engine.errors import (
    BaseUnknown,
    ChangedByBoth,
    FlowTestsFailed,
    NoSuchVersion,
    Overtaken,
    SavedMeanwhile,
    SiteInvalid,
    UnpublishedChanges,
)
from engine.publishing.publisher import Author, Published, Publisher, no_tests
from engine.publishing.working_copy import WorkingCopy
from history.bundles import Bundle, BundleStore
from history.migrations import upgrade_to_head
from ivr.flow import Flow

pytestmark = pytest.mark.unit

SITE = "northwind"
FIRST = {"support.yaml": "support 1", "common/bye.yaml": "bye 1", "support.test.yaml": "tests 1"}


class Team:
    """A database, and engineers who each have a working copy."""

    def __init__(self, store: BundleStore, directory: Path) -> None:
        self.store = store
        self.directory = directory
        self.now = 1_000

    def clock(self) -> int:
        self.now += 1
        return self.now

    def engineer(self, name: str, tests: Sequence[str] = ()) -> "Engineer":
        """With an empty working copy, if they are new here."""
        return Engineer(self, name, tests)

    async def bundle(self, version: int) -> Bundle:
        found = await self.store.get(SITE, version)
        assert found is not None
        return found


class Engineer:
    """Edits and publishes. A text that has the word `bad` in it does not pass the check; which
    word that is may change, as sites do."""

    def __init__(self, team: Team, name: str, failing: Sequence[str]) -> None:
        self.team = team
        self.name = name
        self.directory = team.directory / name
        self.directory.mkdir(exist_ok=True)
        self.copy = WorkingCopy(self.directory, team.directory / f"{name}-functions")
        self.failing = failing
        self.bad = "bad"
        self.at_work = self.works_on(team.store)

    def works_on(self, store: BundleStore) -> Publisher:
        """What publishes this engineer's working copy there."""
        return Publisher(
            store, SITE, self.copy, self._check, self.team.clock, lambda files, flows: self.failing
        )

    def writes(self, **files: str | None) -> None:
        """Edit files, named without `.yaml`."""
        self.copy.write({f"{name}.yaml": text for name, text in files.items()})

    async def publishes(self, note: str = "", base: int | None = None) -> Published:
        return await self.at_work.publish(Author(self.name, note), base)

    @property
    def files(self) -> dict[str, str]:
        return self.copy.read()

    def _check(self, files: Mapping[str, str], called: Callable[[str], str]) -> Mapping[str, Flow]:
        if bad := [f"{called(name)}:1:1" for name, text in files.items() if self.bad in text]:
            raise SiteInvalid(bad)
        return {}


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    """Nothing is published yet."""
    url = f"sqlite:///{tmp_path}/flows.db"
    await upgrade_to_head(url)
    store = BundleStore(url)
    yield Team(store, tmp_path)
    await store.close()


@pytest.fixture
async def anna(team: Team) -> Engineer:
    """She has published version 1."""
    anna = team.engineer("anna")
    anna.copy.write(FIRST)
    assert (await anna.publishes("first")).head.version == 1
    return anna


@pytest.fixture
async def bela(team: Team, anna: Engineer) -> Engineer:
    """He has checked version 1 out."""
    bela = team.engineer("bela")
    assert set(await bela.at_work.checkout()) == set(FIRST)
    return bela


async def test_what_is_published_is_all_there_is(team: Team, anna: Engineer) -> None:
    """Fragments in subdirectories and tests too, with who did it, when, and why."""
    stored = await team.bundle(1)
    assert stored.files == FIRST
    head = stored.head
    assert (head.author, head.note, head.at_ms, head.restores) == ("anna", "first", 1_001, None)


async def test_hidden_files_are_not_published(team: Team, anna: Engineer) -> None:
    """Those are of editors, of git, and our own."""
    (anna.directory / ".support.yaml.swp.yaml").write_text("bad")
    (anna.directory / ".git").mkdir()
    (anna.directory / ".git/x.yaml").write_text("bad")
    assert not (await anna.publishes()).new


async def test_nothing_new_makes_no_version(team: Team, anna: Engineer) -> None:
    """Publishing twice is no harm."""
    done = await anna.publishes("again")
    assert (done.head.version, done.head.note, done.new) == (1, "first", False)
    assert await team.store.newest(SITE) == 1


async def test_a_bad_file_publishes_nothing(team: Team, anna: Engineer) -> None:
    """Its problems name the file where it is edited."""
    anna.writes(support="bad", other="good")
    with pytest.raises(SiteInvalid, match=f"{anna.directory}/support.yaml:1:1"):
        await anna.publishes()
    assert await team.store.newest(SITE) == 1


async def test_a_failing_test_publishes_nothing(team: Team, anna: Engineer) -> None:
    """The flows are right, but not what their author wanted."""
    anna.writes(support="support 2")
    anna.failing = ["support.test.yaml: nobody presses anything: ended in the queue faults"]
    with pytest.raises(FlowTestsFailed, match="nobody presses anything"):
        await anna.publishes()
    assert await team.store.newest(SITE) == 1


async def test_changes_of_different_files_come_together(
    team: Team, anna: Engineer, bela: Engineer
) -> None:
    """The second one's version has both, and so has their working copy; they are told."""
    anna.writes(support="support 2", gone=None, new="new")
    await anna.publishes()
    bela.writes(**{"common/bye": "bye 2"})
    done = await bela.publishes()
    assert (done.head.version, done.taken_over) == (3, ("new.yaml", "support.yaml"))
    both = {**FIRST, "support.yaml": "support 2", "new.yaml": "new", "common/bye.yaml": "bye 2"}
    assert (await team.bundle(3)).files == bela.files == both


async def test_a_file_that_was_deleted_stays_deleted(
    team: Team, anna: Engineer, bela: Engineer
) -> None:
    """Whoever did it."""
    anna.writes(**{"support.test": None})
    await anna.publishes()
    bela.writes(**{"common/bye": None})
    assert (await bela.publishes()).taken_over == ("support.test.yaml",)
    assert (await team.bundle(3)).files == bela.files == {"support.yaml": "support 1"}


async def test_the_same_change_twice_is_no_quarrel(anna: Engineer, bela: Engineer) -> None:
    """As when both pulled it from git."""
    for engineer in (anna, bela):
        engineer.writes(support="support 2")
    await anna.publishes()
    done = await bela.publishes()
    assert (done.head.version, done.new, done.taken_over) == (2, False, ())


async def test_of_a_file_that_both_changed_nothing_is_lost(
    team: Team, anna: Engineer, bela: Engineer
) -> None:
    """The second one is told who changed it, when and why; once it has both, it goes through."""
    anna.writes(support="support by anna")
    await anna.publishes("a new greeting")
    bela.writes(support="support by bela")
    with pytest.raises(ChangedByBoth) as refused:
        await bela.publishes()
    place = str(bela.directory / "support.yaml")
    assert [(f, head.author) for f, head in refused.value.others.items()] == [(place, "anna")]
    assert "version 2 by anna on " in str(refused.value)
    assert "(a new greeting)" in str(refused.value)
    assert "`trunkline publish --base 2`" in str(refused.value)
    assert bela.files["support.yaml"] == "support by bela"
    bela.writes(support="support by both")
    assert (await bela.publishes(base=2)).head.version == 3
    assert (await team.bundle(2)).files["support.yaml"] == "support by anna"


async def test_a_base_given_by_hand_is_no_licence_for_later_versions(
    anna: Engineer, bela: Engineer
) -> None:
    """Somebody published once more while the two were brought together."""
    for text in ("support 2", "support 3"):
        anna.writes(support=text)
        await anna.publishes()
    bela.writes(support="support by bela")
    with pytest.raises(ChangedByBoth, match="version 3"):
        await bela.publishes(base=2)
    with pytest.raises(NoSuchVersion, match="1 to 3"):
        await bela.publishes(base=9)


@pytest.mark.parametrize("known", ["", "no checksum", "0" * 64])
async def test_files_of_unknown_descent_overwrite_nothing(
    team: Team, anna: Engineer, known: str
) -> None:
    """A fresh clone, or one that belongs to another database."""
    clone = team.engineer("clone")
    clone.copy.write({**FIRST, "support.yaml": "support of who knows when"})
    (clone.directory / ".base").write_text(known)
    with pytest.raises(BaseUnknown) as refused:
        await clone.publishes()
    assert refused.value.files == (str(clone.directory / "support.yaml"),)
    assert (await clone.publishes(base=1)).head.version == 2


async def test_files_that_are_the_current_version_descend_from_it(
    team: Team, anna: Engineer
) -> None:
    """A fresh clone of what is in force."""
    clone = team.engineer("clone")
    clone.copy.write(FIRST)
    assert not (await clone.publishes()).new
    clone.writes(support="support 2")
    assert (await clone.publishes()).head.version == 2


async def test_of_many_who_publish_at_once_every_one_comes_through(
    team: Team, anna: Engineer
) -> None:
    """Each in a version of their own that has all before it; nobody's file is missing."""
    engineers = [team.engineer(f"engineer{n}") for n in range(5)]
    for number, engineer in enumerate(engineers):
        await engineer.at_work.checkout()
        engineer.writes(**{f"own{number}": engineer.name})
    await asyncio.gather(*(engineer.publishes() for engineer in engineers))
    assert await team.store.newest(SITE) == 6
    own = {f"own{number}.yaml": engineer.name for number, engineer in enumerate(engineers)}
    assert (await team.bundle(6)).files == {**FIRST, **own}


async def test_of_many_who_change_one_file_at_once_one_comes_through(
    team: Team, anna: Engineer
) -> None:
    """The others are told, and still have their work."""
    engineers = [team.engineer(f"engineer{n}") for n in range(5)]
    for engineer in engineers:
        await engineer.at_work.checkout()
        engineer.writes(support=engineer.name)
    done = await asyncio.gather(*(e.publishes() for e in engineers), return_exceptions=True)
    assert sum(isinstance(outcome, Published) for outcome in done) == 1
    assert sum(isinstance(outcome, ChangedByBoth) for outcome in done) == 4
    assert [e.files["support.yaml"] for e in engineers] == [e.name for e in engineers]
    assert await team.store.newest(SITE) == 2


async def test_a_rollback_is_a_new_version(team: Team, anna: Engineer) -> None:
    """History is never rewritten, and a rollback can be rolled back."""
    anna.writes(support="support 2")
    await anna.publishes()
    done = await anna.at_work.rollback(1, Author("bela", "too long"))
    assert (done.head.version, done.head.restores, done.head.note) == (3, 1, "too long")
    assert (await team.bundle(3)).files == FIRST
    undone = await anna.at_work.rollback(-1, Author("bela"))
    assert (undone.head.version, undone.head.restores) == (4, 2)
    assert anna.files["support.yaml"] == "support 2", "the working copy is left alone"


async def test_a_rollback_is_taken_over_like_any_other_change(team: Team, anna: Engineer) -> None:
    """Who changed nothing gets it; who did must say what is to be."""
    anna.writes(support="support 2")
    await anna.publishes()
    await anna.at_work.rollback(-1, Author("bela"))
    anna.writes(other="other")
    assert (await anna.publishes()).taken_over == ("support.yaml",)
    assert (await team.bundle(4)).files == {**FIRST, "other.yaml": "other"}


@pytest.mark.parametrize("version", [3, -2, 99])
async def test_there_is_no_way_back_to_what_never_was(anna: Engineer, version: int) -> None:
    """The versions that there are are named."""
    anna.writes(support="support 2")
    await anna.publishes()
    with pytest.raises(NoSuchVersion, match="there are 1 to 2"):
        await anna.at_work.rollback(version, Author("anna"))


async def test_there_is_no_way_back_from_the_first_version(anna: Engineer) -> None:
    """In the words of who went back one: they have not asked for a version 0."""
    told = "there is none before version 1: there is only version 1"
    with pytest.raises(NoSuchVersion, match=told):
        await anna.at_work.rollback(-1, Author("anna"))


async def test_a_rollback_to_what_is_in_force_makes_no_version(anna: Engineer) -> None:
    """It is there already."""
    assert not (await anna.at_work.rollback(1, Author("anna"))).new


async def test_a_rollback_that_does_not_fit_the_site_is_refused(team: Team, anna: Engineer) -> None:
    """The queue may be gone that it leads to: the problems name the file and the version."""
    for text in ("support for faults", "support 3"):
        anna.writes(support=text)
        await anna.publishes()
    anna.bad = "faults"
    with pytest.raises(SiteInvalid, match=r"support\.yaml@2:1:1"):
        await anna.at_work.rollback(2, Author("anna"))
    assert await team.store.newest(SITE) == 3


async def test_a_rollback_does_not_undo_what_its_author_has_not_seen(
    team: Team, anna: Engineer, bela: Engineer
) -> None:
    """Somebody publishes in the very moment."""
    anna.writes(support="support 2")
    await anna.publishes()
    bela.writes(new="new")
    rollback, publish = anna.at_work.rollback(1, Author("anna")), bela.publishes()
    outcomes = await asyncio.gather(rollback, publish, return_exceptions=True)
    assert await team.store.newest(SITE) == (3 if isinstance(outcomes[0], Overtaken) else 4)
    assert (await team.bundle(await team.store.newest(SITE))).files["new.yaml"] == "new"


async def test_checkout_keeps_what_nobody_published(
    team: Team, anna: Engineer, bela: Engineer
) -> None:
    """Unless it is forced, and then beside."""
    anna.writes(support="support 2")
    await anna.publishes()
    bela.writes(support="half done")
    with pytest.raises(UnpublishedChanges, match=r"support\.yaml would be overwritten"):
        await bela.at_work.checkout()
    assert bela.files["support.yaml"] == "half done"
    assert [*await bela.at_work.checkout(force=True)] == ["support.yaml"]
    assert bela.files == {**FIRST, "support.yaml": "support 2"}
    assert (bela.directory / "support.yaml.mine").read_text() == "half done"


async def test_a_second_checkout_by_force_keeps_the_first_ones_work(
    anna: Engineer, bela: Engineer
) -> None:
    """Each beside the other."""
    for number, text in enumerate(("half done", "half done", "done anew"), 2):
        anna.writes(support=f"support {number}")
        await anna.publishes()
        bela.writes(support=text)
        await bela.at_work.checkout(force=True)
    kept = {path.name: path.read_text() for path in bela.directory.glob("*.mine*")}
    assert kept == {"support.yaml.mine": "half done", "support.yaml.mine.2": "done anew"}


class EditorsStore(BundleStore):
    """An editor saves a file while the database is asked for what the working copy began with."""

    def __init__(self, url: str, saves: Callable[[], None]) -> None:
        super().__init__(url)
        self.saves = saves

    async def with_content(self, site: str, sha256: str) -> Bundle | None:
        self.saves()
        return await super().with_content(site, sha256)


@pytest.mark.parametrize("does", ["publish", "checkout"])
async def test_what_is_saved_while_the_database_is_asked_is_not_lost(
    team: Team, anna: Engineer, bela: Engineer, does: str
) -> None:
    """It counts as changed here, though it was not when the command began."""
    anna.writes(support="support 2")
    await anna.publishes()
    url = f"sqlite:///{team.directory}/flows.db"
    store = EditorsStore(url, lambda: bela.writes(support="saved meanwhile"))
    at_work = bela.works_on(store)
    with pytest.raises(ChangedByBoth if does == "publish" else UnpublishedChanges):
        await (at_work.publish(Author("bela")) if does == "publish" else at_work.checkout())
    await store.close()
    assert bela.files["support.yaml"] == "saved meanwhile"


def test_a_file_that_is_not_as_it_was_seen_is_left_alone(tmp_path: Path) -> None:
    """It was saved between the look and the writing; others may be new, or gone."""
    copy = WorkingCopy(tmp_path, tmp_path / "functions")
    copy.write({"a.yaml": "saved", "b.yaml": "b"})
    for name, seen in (("a.yaml", {"a.yaml": "as it was"}), ("b.yaml", {})):
        with pytest.raises(SavedMeanwhile, match=name):
            copy.write({name: "new"}, seen)
    copy.write({"b.yaml": None, "c.yaml": "c"}, {"b.yaml": "b"})
    assert copy.read() == {"a.yaml": "saved", "c.yaml": "c"}


async def test_checkout_of_an_old_version_is_for_looking(team: Team, anna: Engineer) -> None:
    """Publishing from there brings what came after; going back for all is `rollback`."""
    anna.writes(support="support 2")
    await anna.publishes()
    assert [*await anna.at_work.checkout(1)] == ["support.yaml"]
    assert anna.files == FIRST
    done = await anna.publishes()
    assert (done.head.version, done.new, done.taken_over) == (2, False, ("support.yaml",))
    with pytest.raises(NoSuchVersion):
        await team.engineer("new").at_work.checkout(9)


def test_texts_are_kept_to_the_byte(tmp_path: Path) -> None:
    """Line ends of another system, letters with accents; a file keeps its mode."""
    copy = WorkingCopy(tmp_path, tmp_path / "functions")
    (tmp_path / "a.yaml").write_bytes("á\r\nb\n".encode())
    (tmp_path / "a.yaml").chmod(0o640)
    texts = copy.read()
    copy.write({"a.yaml": texts["a.yaml"] + "c", "b/c.yaml": texts["a.yaml"]})
    assert (tmp_path / "a.yaml").read_bytes() == "á\r\nb\nc".encode()
    assert (tmp_path / "b/c.yaml").read_bytes() == "á\r\nb\n".encode()
    assert (tmp_path / "a.yaml").stat().st_mode & 0o777 == 0o640


def test_without_tests_none_fail() -> None:
    """What the engine's own first publishing runs."""
    assert no_tests({}, {}) == ()
