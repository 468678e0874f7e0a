"""The site is changed and flows are published while calls go on."""

import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.events import Phone
from config.asterisk_runtime import find_runtime
from config.secrets import load_or_create
from engine.asterisk_files import write_all
from engine.errors import FlowsAway, SiteInvalid
from engine.loading import Texts, check_for, load_site_file
from engine.publishing.flows import Flows
from engine.publishing.working_copy import WorkingCopy
from engine.settings import PROJECT, Settings, from_environment
from engine.watch import Watch
from tests.fakes.house import House

pytestmark = pytest.mark.unit

ONE_FLOW = PROJECT / "tests/data/one_flow"


def house_of(settings: Settings) -> House:
    """The site is up, and runs what was in the dialplans when it started."""
    house = House()
    house.services.flows = flows_of(settings, 1)
    return house


def flows_of(settings: Settings, version: int) -> Flows:
    """The working copy, as a version."""
    files = WorkingCopy(settings.dialplans, settings.functions).read()
    texts = Texts(files, settings.functions, str)
    checked, functions = check_for(load_site_file(settings), texts)
    made = checked.compiled()
    return Flows(version, made.programs, files, functions, made)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A site and its dialplans of this test's own."""
    shutil.copytree(ONE_FLOW / "dialplans", tmp_path / "dialplans")
    shutil.copyfile(ONE_FLOW / "site.yaml", tmp_path / "site.yaml")
    return from_environment(
        {
            "TRUNKLINE_SITE": str(tmp_path / "site.yaml"),
            "TRUNKLINE_DIALPLANS": str(tmp_path / "dialplans"),
            "TRUNKLINE_VAR": str(tmp_path / "var"),
        }
    )


@pytest.fixture
def running(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """The site is up, its files written for an Asterisk that only names its version."""
    libraries = tmp_path / "root/usr/lib/x86_64-linux-gnu"
    program = tmp_path / "root/usr/sbin/asterisk"
    (libraries / "asterisk/modules").mkdir(parents=True)
    program.parent.mkdir(parents=True)
    program.touch()
    loader = libraries / "ld-linux-x86-64.so.2"
    loader.write_text("#!/bin/sh\necho Asterisk 22.10.1\n")
    loader.chmod(0o755)
    monkeypatch.setenv("TRUNKLINE_ASTERISK_ROOT", str(tmp_path / "root"))
    layout, house = settings.layout, house_of(settings)
    layout.create()
    secrets = load_or_create(layout.secrets, house.site)
    write_all(settings, house.site, secrets, find_runtime())
    return house


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


class Watched:
    """A watch, and what the log says of each look."""

    def __init__(self, settings: Settings, house: House) -> None:
        self._watch = Watch(settings, house.services, load_site_file(settings))

    async def looks(self, again: bool = False) -> list[str]:
        """The events, and for what was refused the problem."""
        with capture_logs() as logs:
            await self._watch.look(again)
        return [str(entry.get("problem", entry["event"])) for entry in logs]

    @property
    def refused(self) -> tuple[str, ...]:
        """Why the site is not in force as it is saved."""
        return self._watch.refused


async def test_a_site_with_a_fault_changes_nothing(settings: Settings) -> None:
    """The old one stays whole, the log says where the fault is, and says it once."""
    house = house_of(settings)
    before, watch = house.services.site, Watched(settings, house)
    change(settings.site_file, "flow: support", "flow: suport")
    (problem,) = await watch.looks()
    assert problem.startswith(f"{settings.site_file}:10:")
    assert house.services.site is before
    assert house.router.told == []
    assert await watch.looks() == []
    assert watch.refused == (problem,)


async def test_the_working_copy_is_nobody_elses_business(settings: Settings) -> None:
    """Until it is published, a flow may be as wrong as it likes."""
    watch = Watched(settings, house_of(settings))
    change(settings.dialplans / "support.yaml", "next: payments", "next: nowhere")
    assert await watch.looks() == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  faults:\n", "  defects:\n", 'steps.faults.queue: unknown queue "faults"'),
        ("[en, hu, pl, et]", "[en, hu, pl]", 'languages[3]: "et" is not a language of the site'),
    ],
)
async def test_a_site_must_fit_the_flows_in_force(
    settings: Settings, old: str, new: str, problem: str
) -> None:
    """A queue that a published flow leads to cannot go; the place is the flow's in its version."""
    house = house_of(settings)
    watch = Watched(settings, house)
    estonian = "    et: Vabandame, meie teenuses on häire. Ühendame teid valvelauaga.\n"
    change(settings.site_file, estonian, "")
    change(settings.site_file, old, new)
    (told,) = await watch.looks()
    assert told.startswith("support.yaml@1:")
    assert problem in told


NEW = """\
  emil:
    name: Emil Varga
    extension: 205
    skills: {support: 3, hu: 5}
"""


async def test_a_changed_site_is_taken_as_a_whole(settings: Settings, running: House) -> None:
    """Asterisk reads its files again, then routing and the calls from now on know the site."""
    watch = Watched(settings, running)
    change(settings.site_file, "queues:\n", f"{NEW}\nqueues:\n")
    assert await watch.looks() == ["change_taken"]
    assert "res_pjsip" in running.switch.reloaded
    assert running.router.told == [("configure", 5)]
    assert "emil" in running.services.site.agents
    assert running.services.orders.site is running.services.site
    assert running.services.flows.version == 1
    assert await watch.looks() == []


async def test_a_site_that_is_mended_is_refused_no_more(settings: Settings, running: House) -> None:
    """What the status tells is true now."""
    watch = Watched(settings, running)
    change(settings.site_file, "flow: support", "flow: suport")
    await watch.looks()
    assert [reason.split(": ")[1] for reason in watch.refused] == ["numbers.+3615550100.flow"]
    change(settings.site_file, "flow: suport", "flow: support")
    await watch.looks()
    assert not watch.refused


async def test_a_new_agents_phone_that_is_there_already_counts(
    settings: Settings, running: House
) -> None:
    """It may register before routing knows the agent, and then tells us nothing more."""
    watch = Watched(settings, running)
    running.switch.endpoints = [Phone("anna", True), Phone("emil", True), Phone("stranger", True)]
    change(settings.site_file, "queues:\n", f"{NEW}\nqueues:\n")
    assert await watch.looks() == ["change_taken"]
    assert running.router.told == [("configure", 5), ("phone", "emil", True, False)]


async def test_an_agent_who_is_named_again_is_there_with_the_phone(
    settings: Settings, running: House
) -> None:
    """The phone was registered all the time; one that is away says nothing."""
    watch = Watched(settings, running)
    running.switch.endpoints = [Phone("dora", True), Phone("celina", False)]
    full = settings.site_file.read_text("utf-8")
    before, rest = full.split("  celina:\n")
    settings.site_file.write_text(before + "\nqueues:\n" + rest.split("queues:\n")[1], "utf-8")
    assert await watch.looks() == ["change_taken"]
    assert running.router.told == [("configure", 2)]
    settings.site_file.write_text(full, "utf-8")
    assert await watch.looks() == ["change_taken"]
    assert running.router.told[1:] == [("configure", 4), ("phone", "dora", True, False)]


async def test_a_site_whose_prompts_cannot_be_made_is_not_taken(
    settings: Settings, running: House
) -> None:
    """The old site stays whole, Asterisk's side of it too."""
    before, watch = running.services.site, Watched(settings, running)
    running.audio.broken.add("Thank you for calling Northwind Energy. Goodbye.")
    change(settings.site_file, "queues:\n", f"{NEW}\nqueues:\n")
    assert await watch.looks() == ["change_not_taken"]
    assert running.services.site is before
    assert (running.switch.reloaded, running.router.told) == ([], [])


def publish(house: House, version: int) -> None:
    """Somebody publishes what runs already as a version of its own."""
    house.library.versions[version] = dict(house.services.flows.programs)


def publish_anew(house: House, settings: Settings, version: int) -> None:
    """Somebody publishes the working copy."""
    house.library.versions[version] = dict(flows_of(settings, version).programs)


async def test_what_is_published_is_taken(settings: Settings) -> None:
    """By the calls that start from now on; nothing of the site is touched for it."""
    house = house_of(settings)
    before, watch = house.services.flows, Watched(settings, house)
    publish(house, 2)
    assert await watch.looks() == ["flows_taken"]
    assert (house.services.flows.version, before.version) == (2, 1)
    assert house.library.marked == [2]
    assert (house.switch.reloaded, house.router.told) == ([], [])
    assert b"trunkline_flows_version 2.0" in house.services.metrics.text()


@pytest.mark.parametrize(
    "error",
    [
        SiteInvalid(["support.yaml@2:3:1: steps: unknown kind", "support.yaml@2:9:1: …"]),
        FlowsAway("version 2 of the flows is damaged in the database"),
    ],
)
async def test_what_this_engine_cannot_run_leaves_the_old_in_force(
    settings: Settings, error: Exception
) -> None:
    """It may be of a newer engine. Health and metrics tell of it until it is mended."""
    house = house_of(settings)
    watch = Watched(settings, house)
    house.library.broken[2] = error
    assert await watch.looks() == []
    assert house.services.flows.version == 1
    assert house.library.refusal is not None
    assert house.library.refusal.version == 2
    assert house.library.refusal.reasons == tuple(str(error).splitlines())
    assert b"trunkline_flows_published_version 2.0" in house.services.metrics.text()
    publish(house, 3)
    assert await watch.looks() == ["flows_taken"]
    assert house.library.refusal is None


async def test_flows_whose_prompts_cannot_be_made_are_not_taken(settings: Settings) -> None:
    """The prompts come first: no call is ever on a flow that cannot speak."""
    house = house_of(settings)
    watch = Watched(settings, house)
    house.audio.broken.add("Thank you for calling Northwind Energy. Goodbye.")
    publish_anew(house, settings, 2)
    await watch.looks()
    assert house.services.flows.version == 1
    house.audio.broken.clear()
    await watch.looks()
    assert house.services.flows.version == 1, "tried again at every look, it would fill the log"
    assert await watch.looks(again=True) == ["flows_taken"]


async def test_a_database_that_is_away_is_told_once(settings: Settings) -> None:
    """Calls go on as they were."""
    house = house_of(settings)
    watch = Watched(settings, house)
    house.library.away = True
    assert [await watch.looks() for _ in range(3)] == [["flows_not_looked_at"], [], []]
    house.library.away = False
    publish(house, 2)
    assert await watch.looks() == ["flows_taken"]


async def test_flows_that_were_refused_are_tried_again_with_another_site(
    settings: Settings, running: House
) -> None:
    """The queue that they lead to was published first, and saved in the site second."""
    watch = Watched(settings, running)
    running.library.broken[2] = SiteInvalid(["support.yaml@2:99:5: unknown queue"])
    await watch.looks()
    del running.library.broken[2]
    publish(running, 2)
    assert await watch.looks() == []
    change(settings.site_file, "queues:\n", f"{NEW}\nqueues:\n")
    assert await watch.looks() == ["change_taken", "flows_taken"]


async def test_a_site_that_was_refused_is_tried_again_with_other_flows(
    settings: Settings, running: House
) -> None:
    """The flow that led to the queue is published after the site that lacks it was saved."""
    running.services.flows = Flows(1, {}, {})
    watch = Watched(settings, running)
    change(settings.site_file, "queues:\n", f"{NEW}\nqueues:\n")
    (problem,) = await watch.looks()
    assert "unknown flow" in problem
    flows = flows_of(settings, 2)
    running.library.versions[2] = dict(flows.programs)
    running.library.files = dict(flows.files)
    assert await watch.looks() == ["flows_taken", "change_taken"]
    assert "emil" in running.services.site.agents
    assert running.services.flows.version == 2
