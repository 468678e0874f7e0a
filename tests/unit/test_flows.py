"""The flows that an engine runs: from the database, whole, and whatever else is wrong."""

import gc
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from config.document import DocumentError
from engine.errors import FlowsAway, SiteInvalid
from engine.loading import load_site_file
from engine.publishing.flows import FIRST_START, Flows, Library, open_flows, open_store
from engine.settings import PROJECT, Settings, from_environment
from history.bundles import BundleStore, bundle

pytestmark = pytest.mark.unit

ONE_FLOW = PROJECT / "tests/data/one_flow"
SUPPORT = (ONE_FLOW / "dialplans/support.yaml").read_text("utf-8")
SITE = load_site_file(from_environment({"TRUNKLINE_SITE": str(ONE_FLOW / "site.yaml")})).site.site


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The site of one flow, with dialplans and a database of this test's own."""
    shutil.copytree(ONE_FLOW / "dialplans", tmp_path / "dialplans")
    return from_environment(
        {
            "TRUNKLINE_SITE": str(ONE_FLOW / "site.yaml"),
            "TRUNKLINE_DIALPLANS": str(tmp_path / "dialplans"),
            "TRUNKLINE_VAR": str(tmp_path / "var"),
        }
    )


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[BundleStore]:
    """Nothing is published."""
    async with open_store(settings) as store:
        yield store


async def opened(settings: Settings, store: BundleStore) -> tuple[Library, Flows]:
    """An engine starts."""
    return await open_flows(settings, store, load_site_file(settings))


async def published(store: BundleStore, version: int, text: str) -> None:
    """Somebody publishes support.yaml, from wherever they are."""
    await store.add(SITE, bundle(version, {"support.yaml": text}, 1_000, "anna", ""))


BROKEN = SUPPORT.replace("next: payments", "next: nowhere")


async def test_the_first_start_publishes_the_working_copy(
    settings: Settings, store: BundleStore
) -> None:
    """By itself, so that `make run` needs no other command; the working copy stands on it."""
    _, flows = await opened(settings, store)
    assert (flows.version, list(flows.programs)) == (1, ["support"])
    stored = await store.get(SITE, 1)
    assert stored is not None
    assert (stored.head.note, stored.files) == (FIRST_START, {"support.yaml": SUPPORT})
    assert (settings.dialplans / ".base").read_text() == f"{stored.head.sha256} version 1\n"


async def test_a_first_start_with_a_fault_is_none(settings: Settings, store: BundleStore) -> None:
    """The place is where the file is edited."""
    path = settings.dialplans / "support.yaml"
    path.write_text(BROKEN, "utf-8")
    with pytest.raises(SiteInvalid) as refused:
        await opened(settings, store)
    assert str(refused.value).startswith(f"{path}:")
    assert await store.newest(SITE) == 0
    path.write_bytes(b"flow: \xff")
    with pytest.raises(SiteInvalid, match="is not UTF-8"):
        await opened(settings, store)


async def test_later_starts_run_what_was_published(settings: Settings, store: BundleStore) -> None:
    """Whatever is half done in the working copy."""
    await opened(settings, store)
    (settings.dialplans / "support.yaml").write_text(BROKEN, "utf-8")
    _, flows = await opened(settings, store)
    assert flows.version == 1
    assert flows.files == {"support.yaml": SUPPORT}


async def test_a_working_copy_that_may_only_be_read_is_published_all_the_same(
    settings: Settings, store: BundleStore
) -> None:
    """It only cannot remember that it was."""
    (settings.dialplans / ".base").mkdir()  # not even root writes a file there
    with capture_logs() as logs:
        _, flows = await opened(settings, store)
    assert flows.version == 1
    assert [entry["event"] for entry in logs] == ["working_copy_not_marked"]


async def test_a_start_goes_on_with_what_ran_here_last(
    settings: Settings, store: BundleStore
) -> None:
    """The newest version cannot be run by this engine, and was refused before it was lost."""
    library, flows = await opened(settings, store)
    library.in_force(flows.version)
    await published(store, 2, SUPPORT.replace("Welcome", "Hello"))
    await published(store, 3, BROKEN)
    with capture_logs() as logs:
        library, flows = await opened(settings, store)
    assert flows.version == 1, "version 2 never ran here"
    assert library.refusal is not None
    assert library.refusal.version == 3
    (told,) = logs
    assert told["problem"].startswith("support.yaml@3:")


async def test_a_start_on_nothing_that_can_be_run_is_refused(
    settings: Settings, store: BundleStore
) -> None:
    """With the newest version's problems."""
    await published(store, 1, BROKEN)
    settings.layout.flows_version.write_text("7\n")
    with pytest.raises(SiteInvalid, match=r"support\.yaml@1:"):
        await opened(settings, store)


async def test_every_problem_of_a_version_names_its_file(
    settings: Settings, store: BundleStore
) -> None:
    """Nobody is sent to a temporary directory."""
    library, _ = await opened(settings, store)
    other = SUPPORT.replace("start: welcome", "start: welcom")
    files = {"a/b.yaml": other, "support.yaml": BROKEN, "z.yaml": other.replace("support", "a", 1)}
    await store.add(SITE, bundle(2, files, 1_000, "anna", ""))
    with pytest.raises(SiteInvalid) as refused:
        await library.load(2, load_site_file(settings))
    assert {str(problem).split(":")[0] for problem in refused.value.problems} >= {
        "support.yaml@2",
        "z.yaml@2",
    }
    assert "tmp" not in str(refused.value)


async def test_a_number_whose_flow_is_not_published_is_told(
    settings: Settings, store: BundleStore
) -> None:
    """A caller of that number would hear nothing."""
    library, _ = await opened(settings, store)
    await published(store, 2, SUPPORT.replace("flow: support", "flow: other"))
    with pytest.raises(SiteInvalid, match='unknown flow "support"'):
        await library.load(2, load_site_file(settings))


async def test_a_version_without_the_functions_that_it_calls_is_refused(
    settings: Settings, store: BundleStore
) -> None:
    """As one is that was published before they were part of it."""
    library, _ = await opened(settings, store)
    vip = "  vip: {python: {call: vip_score}, next: welcome}\n"
    text = SUPPORT.replace("start: welcome", "start: vip")
    await published(store, 2, text.replace("steps:\n", f"steps:\n{vip}", 1))
    with pytest.raises(SiteInvalid, match='unknown function "vip_score"'):
        await library.load(2, load_site_file(settings))


async def test_an_older_version_is_kept_while_calls_run_it(
    settings: Settings, store: BundleStore
) -> None:
    """And let go after them. Today's site may lack what it uses."""
    library, _ = await opened(settings, store)
    site = load_site_file(settings).site
    await published(store, 2, SUPPORT.replace("queue: faults", "queue: gone_since"))
    old = await library.as_it_was(2, site, {2})
    assert old.programs.keys() == {"support"}
    assert await library.as_it_was(2, site, {2}) is old
    await library.as_it_was(1, site, {1})
    assert await library.as_it_was(2, site, {1, 2}) is not old


async def test_a_version_that_is_not_to_be_had_is_told(
    settings: Settings, store: BundleStore
) -> None:
    """There is none, or it is of another language."""
    library, _ = await opened(settings, store)
    site = load_site_file(settings).site
    await published(store, 2, "flow: support\nsteps: {a: {sing: la}}\n")
    with pytest.raises(FlowsAway, match="no version 9"):
        await library.as_it_was(9, site, ())
    with pytest.raises(DocumentError, match=r"support\.yaml@2:"):
        await library.as_it_was(2, site, ())


async def test_a_database_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    """In a sentence, before anything is started."""
    (tmp_path / "file").touch()
    away = from_environment(
        {"TRUNKLINE_VAR": str(tmp_path), "TRUNKLINE_DATABASE_URL": f"sqlite:///{tmp_path}/no/a.db"}
    )
    with pytest.raises(FlowsAway, match="the database does not answer"):
        async with open_store(away):
            pytest.fail("it was opened")


async def test_only_errors_are_reasons_for_a_refusal(
    settings: Settings, store: BundleStore
) -> None:
    """A flow with a warning alone would be taken."""
    library, _ = await opened(settings, store)
    both = BROKEN.replace("options:\n", "options:\n        11: {language: en}\n", 1)
    await published(store, 2, both)
    with pytest.raises(SiteInvalid) as refused:
        await library.load(2, load_site_file(settings))
    assert "next" in str(refused.value)
    assert "warning:" not in str(refused.value)


async def test_a_refusal_is_told_once(tmp_path: Path) -> None:
    """It is looked at every second."""
    library = Library(BundleStore("sqlite:///nowhere.db"), SITE, tmp_path / "flows", tmp_path)
    with capture_logs() as logs:
        for _ in range(3):
            library.refuse(2, ["support.yaml@2:1:1: wrong"])
    assert len(logs) == 1
    library.in_force(3)
    assert library.refusal is None, "a newer version is in force"


async def test_older_versions_are_not_looked_at_either(
    settings: Settings, store: BundleStore
) -> None:
    """Made for a call that began with one, as any other that stays: no collector looks at it."""
    library, flows = await opened(settings, store)
    before = gc.get_freeze_count()
    site = load_site_file(settings).site
    older = await library.as_it_was(flows.version, site, {flows.version})
    assert older.programs.keys() == flows.programs.keys()
    assert gc.isenabled()
    assert gc.get_freeze_count() > before
