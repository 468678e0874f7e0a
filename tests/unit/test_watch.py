"""The site and the flows change while calls go on."""

import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

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
