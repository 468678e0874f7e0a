"""Functions belong to the version that is published: new ones, old ones, and calls in between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.agi.session import AgiSession
from engine.house import House as EntryPoints
from engine.loading import load_site_file
from engine.publishing import commands as flow_commands
from engine.publishing.commands import Asked
from engine.publishing.flows import open_flows, open_store
from engine.publishing.publisher import Author
from engine.settings import PROJECT, Settings, from_environment
from engine.watch import Watch
from history.bundles import BundleStore
from tests.fakes.agi_client import FakeCall, conversation
from tests.fakes.house import House
from tests.unit.conversation import HEADER

pytestmark = pytest.mark.unit

NUMBER = "+3615550100"
OK, SET, PLAYED = "200 result=0", "200 result=1", "200 result=0 endpos=1"
ANNA = Author("anna")
FLOW = f"""{HEADER}
languages: [en]
start: hello
vars: {{said: {{type: text}}}}
steps:
  hello: {{say: {{en: Hello}}, next: ask}}
  ask: {{python: {{call: greeting, take: {{said: result}}}}, next: told, on_error: bye}}
  told: {{say: {{en: "{{said}}"}}, next: bye}}
  bye: {{hangup: normal}}
""".replace("flow: sample", "flow: support")
CODE = """\
from ivr.functions import flow_function

@flow_function
def greeting() -> str:
    from ._words import WORD
    return WORD
"""


def writes(settings: Settings, word: str) -> None:
    """The functions are edited."""
    settings.functions.mkdir(exist_ok=True)
    (settings.functions / "crew.py").write_text(CODE, "utf-8")
    (settings.functions / "_words.py").write_text(f"WORD = {word!r}\n", "utf-8")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A site whose flow asks a function what to say; nothing is published."""
    (tmp_path / "dialplans").mkdir()
    (tmp_path / "dialplans/support.yaml").write_text(FLOW, "utf-8")
    settings = from_environment(
        {
            "TRUNKLINE_SITE": str(PROJECT / "tests/data/one_flow/site.yaml"),
            "TRUNKLINE_DIALPLANS": str(tmp_path / "dialplans"),
            "TRUNKLINE_VAR": str(tmp_path / "var"),
        }
    )
    writes(settings, "Monday")
    return settings


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[BundleStore]:
    async with open_store(settings) as store:
        yield store


class Running:
    """An engine that started on the site, and its look at what was published since."""

    def __init__(self, settings: Settings, house: House) -> None:
        self.house = house
        self._watch = Watch(settings, house.services, load_site_file(settings))

    @classmethod
    async def start(cls, settings: Settings, store: BundleStore) -> "Running":
        house = House()
        site_file = load_site_file(settings)
        services = house.services
        services.library, services.flows = await open_flows(settings, store, site_file)
        services.site = site_file.site
        return cls(settings, house)

    async def looks(self) -> list[str]:
        """What the log says of it."""
        with capture_logs() as logs:
            await self._watch.look()
        return [str(entry.get("problem", entry["event"])) for entry in logs]

    @asynccontextmanager
    async def call(self) -> AsyncIterator[FakeCall]:
        """A caller has heard how they are greeted, before the function is asked."""

        async def handler(session: AgiSession) -> None:
            await EntryPoints(self.house.services).take_call(session, NUMBER)

        async with conversation(handler) as call:
            await call.answers('EXEC Answer ",i"', OK)
            assert await call.hears() == 'STREAM FILE hello ""'
            yield call

    async def says(self, word: str) -> None:
        """What the function of the version in force gives."""
        async with self.call() as call:
            await goes_on(call, word)


async def goes_on(call: FakeCall, word: str) -> None:
    call.says(PLAYED)
    await call.answers(f'STREAM FILE {word} ""', PLAYED)
    await call.answers("SET VARIABLE TRK_STAGE done", SET)
    await call.answers("HANGUP", SET)


async def publishes(settings: Settings) -> None:
    assert await flow_commands.publish(Asked(settings, as_json=True), ANNA, None) == 0


async def test_a_new_function_is_taken_without_a_restart(
    settings: Settings, store: BundleStore
) -> None:
    """Saved alone it changes nothing; published, the calls from then on run it."""
    running = await Running.start(settings, store)
    await running.says("monday")
    writes(settings, "Tuesday")
    assert await running.looks() == []
    await running.says("monday")
    await publishes(settings)
    assert await running.looks() == ["flows_taken"]
    await running.says("tuesday")


async def test_a_call_under_way_keeps_its_functions(settings: Settings, store: BundleStore) -> None:
    """Also what they import when they are called, and the version of before is restored by a
    rollback, whatever lies in the directory."""
    running = await Running.start(settings, store)
    writes(settings, "Tuesday")
    async with running.call() as call:
        await publishes(settings)
        assert await running.looks() == ["flows_taken"]
        await goes_on(call, "monday")
    await running.says("tuesday")
    assert await flow_commands.rollback(Asked(settings, as_json=True), 1, ANNA) == 0
    await running.looks()
    await running.says("monday")
    assert running.house.services.flows.version == 3


async def test_an_engine_needs_no_directory_of_functions(
    settings: Settings, store: BundleStore
) -> None:
    """Another machine of the site may have none, or other files in it."""
    await publishes(settings)
    for path in settings.functions.glob("*.py"):
        path.write_text("raise ValueError('half done')\n", "utf-8")
    running = await Running.start(settings, store)
    await running.says("monday")


async def test_what_is_wrong_in_functions_is_not_published(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Told with its place in the working copy, before anything is stored."""
    (settings.functions / "crew.py").write_text("def (:\n", "utf-8")
    assert await flow_commands.publish(Asked(settings, as_json=False), ANNA, None) == 1
    told = capsys.readouterr().out
    assert f"{settings.functions}/crew.py:1:5: is no Python: " in told
    assert 'unknown function "greeting", there are no functions in ' in told
    assert f"{settings.functions} (TRUNKLINE_FUNCTIONS)" in told
    assert await flow_commands.versions(Asked(settings, as_json=True), 9) == 0
    assert capsys.readouterr().out == "[]\n"


async def test_a_changed_function_is_a_difference(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of meaning: that it is another; as text: in which lines."""
    await publishes(settings)
    writes(settings, "Tuesday")
    (settings.functions / "more.py").write_text("X = 1\n", "utf-8")
    capsys.readouterr()
    asked = Asked(settings, as_json=False)
    assert await flow_commands.diff(asked, None, None, text=False) == 1
    told = "functions/_words.py is changed\nfunctions/more.py is new\n"
    assert capsys.readouterr().out == told
    assert await flow_commands.diff(asked, None, None, text=True) == 1
    assert "-WORD = 'Monday'\n+WORD = 'Tuesday'\n" in capsys.readouterr().out


async def test_functions_are_taken_over_from_others_and_checked_out(
    settings: Settings, store: BundleStore, tmp_path: Path
) -> None:
    """As flows are: a second working copy gets what the first one published."""
    await publishes(settings)
    other = from_environment(
        {
            "TRUNKLINE_SITE": str(settings.site_file),
            "TRUNKLINE_DIALPLANS": str(tmp_path / "bela/dialplans"),
            "TRUNKLINE_VAR": str(tmp_path / "var"),
        }
    )
    assert await flow_commands.checkout(Asked(other, as_json=True), None, force=False) == 0
    assert (other.functions / "crew.py").read_text("utf-8") == CODE
    writes(settings, "Tuesday")
    await publishes(settings)
    (other.dialplans / "other.yaml").write_text(FLOW.replace("support", "other"), "utf-8")
    await publishes(other)
    assert (other.functions / "_words.py").read_text("utf-8") == "WORD = 'Tuesday'\n"
