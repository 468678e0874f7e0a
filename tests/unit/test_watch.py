"""The site and the flows change while calls go on."""

import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.events import Phone
from config.asterisk_runtime import find_runtime
from config.secrets import load_or_create
from engine.asterisk_files import write_all
from engine.settings import PROJECT, Settings, from_environment
from engine.watch import Watch
from tests.fakes.house import House

pytestmark = pytest.mark.unit


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A site and its dialplans of this test's own."""
    shutil.copytree(PROJECT / "dialplans", tmp_path / "dialplans")
    shutil.copyfile(PROJECT / "config/site.yaml", tmp_path / "site.yaml")
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
    layout, house = settings.layout, House()
    layout.create()
    secrets = load_or_create(layout.secrets, house.site)
    write_all(house.site, secrets, layout, find_runtime(layout.root))
    return house


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


async def test_a_site_with_a_fault_changes_nothing(settings: Settings) -> None:
    """The old one stays whole, and the log says where the fault is."""
    house = House()
    before = house.services.site
    change(settings.site_file, "flow: support", "flow: suport")
    with capture_logs() as logs:
        await Watch(settings, house.services).take()
    assert house.services.site is before
    assert house.router.told == []
    assert [entry["event"] for entry in logs] == ["change_refused"]
    assert f"{settings.site_file}:12:" in logs[0]["problem"]


async def test_a_flow_with_a_fault_changes_nothing(settings: Settings) -> None:
    """A good site beside it waits until the flow is good too."""
    house = House()
    change(settings.dialplans / "support.yaml", "next: payments", "next: nowhere")
    change(settings.site_file, "name: Anna", "name: Ann")
    before = house.services.site
    with capture_logs() as logs:
        await Watch(settings, house.services).take()
    assert house.services.site is before
    assert {entry["event"] for entry in logs} == {"change_refused"}


async def test_a_flow_speaks_only_its_sites_languages(settings: Settings) -> None:
    """In another one the site has no sentences ready for who waits in a queue."""
    house = House()
    estonian = "    et: Vabandame, meie teenuses on häire. Ühendame teid valvelauaga.\n"
    change(settings.site_file, estonian, "")
    change(settings.site_file, "languages: [en, hu, pl, et]", "languages: [en, hu, pl]")
    with capture_logs() as logs:
        await Watch(settings, house.services).take()
    (refused,) = logs
    assert 'languages[3]: "et" is not a language of the site' in refused["problem"]


NEW = """\
  emil:
    name: Emil Varga
    extension: 205
    skills: {support: 3, hu: 5}
"""


async def taken(settings: Settings, house: House) -> list[str]:
    """What the log says of taking the files as they are now."""
    with capture_logs() as logs:
        await Watch(settings, house.services).take()
    return [entry["event"] for entry in logs]


async def test_a_change_is_taken_as_a_whole(settings: Settings, running: House) -> None:
    """Asterisk reads its files again, then routing and the calls from now on know the site."""
    change(settings.site_file, "queues:\n", f"{NEW}\nqueues:\n")
    change(settings.dialplans / "support.yaml", "Thank you for calling", "Thanks for calling")
    assert await taken(settings, running) == ["change_taken"]
    assert "res_pjsip" in running.switch.reloaded
    assert running.router.told == [("configure", 5)]
    assert "emil" in running.services.site.agents
    assert running.services.orders.site is running.services.site
    assert "Thanks" in str(running.services.flows["support"].flow.steps["goodbye"])


async def test_a_new_agents_phone_that_is_there_already_counts(
    settings: Settings, running: House
) -> None:
    """It may register before routing knows the agent, and then tells us nothing more."""
    running.switch.endpoints = [Phone("anna", True), Phone("emil", True), Phone("stranger", True)]
    change(settings.site_file, "queues:\n", f"{NEW}\nqueues:\n")
    assert await taken(settings, running) == ["change_taken"]
    assert running.router.told == [("configure", 5), ("phone", "emil", True, False)]


async def test_an_agent_who_is_named_again_is_there_with_the_phone(
    settings: Settings, running: House
) -> None:
    """The phone was registered all the time; one that is away says nothing."""
    running.switch.endpoints = [Phone("dora", True), Phone("celina", False)]
    full = settings.site_file.read_text("utf-8")
    before, rest = full.split("  celina:\n")
    settings.site_file.write_text(before + "\nqueues:\n" + rest.split("queues:\n")[1], "utf-8")
    assert await taken(settings, running) == ["change_taken"]
    assert running.router.told == [("configure", 2)]
    settings.site_file.write_text(full, "utf-8")
    assert await taken(settings, running) == ["change_taken"]
    assert running.router.told[1:] == [("configure", 4), ("phone", "dora", True, False)]


async def test_a_change_whose_prompts_cannot_be_made_is_not_taken(
    settings: Settings, running: House
) -> None:
    """The old site stays whole, Asterisk's side of it too."""
    before = running.services.site
    running.audio.broken.add("Thank you for calling Northwind Energy. Goodbye.")
    assert await taken(settings, running) == ["change_not_taken"]
    assert running.services.site is before
    assert (running.switch.reloaded, running.router.told) == ([], [])
