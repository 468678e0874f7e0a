"""A running site is changed, and its parts fail: what is good is taken, nothing good is lost."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import yaml

from phones.protocol import AnswerCalls
from tests.sip.running_site import FLOWS, Json, RunningSite, until
from tests.sip.test_call import key

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]


def change_site(site: RunningSite, change: dict[str, Json]) -> None:
    """Write the site file anew, with some of its parts extended."""
    path = site.directory / "site.yaml"
    data = yaml.safe_load(path.read_text("utf-8"))
    for part, extension in change.items():
        data[part] |= extension
    path.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")


async def engine_said(site: RunningSite, event: str, count: int = 1) -> None:
    """Wait until the engine's log has an event so many times."""
    log = site.directory / "var" / "log" / "engine.log"

    async def look() -> bool | None:
        return log.read_text("utf-8").count(f'"event": "{event}"') >= count or None

    await until(f"{event} in the engine's log", look, 15)


async def test_a_new_agent_can_register_without_a_restart(site: RunningSite) -> None:
    """The phone gets a password of its own, Asterisk takes it, and routing rings it."""
    change_site(
        site,
        {"agents": {"dora": {"name": "Dora", "extension": "204", "skills": {"support": "5"}}}},
    )
    await engine_said(site, "change_taken")
    secrets = yaml.safe_load((site.directory / "var/secrets/secrets.json").read_text())
    network = site.card["agents"][0]
    dora = await site.bank.phone(
        "dora",
        secrets["agents"]["dora"],
        network["domain"],
        network["port"],
        incoming=AnswerCalls(after_ms=50),
    )
    await dora.register()
    await site.agent_is("dora", "available")
    call = await site.call()
    await call.first_audio()
    await key(site, call, "1", "4711")
    taken = await dora.incoming()
    await taken.answered()
    await taken.play_tone(620)
    await call.hear_tone(620)
    await call.hang_up()
    await site.outcome("answered")
    await dora.unregister()


def write_flow(site: RunningSite, old: str, new: str) -> Path:
    """Edit the working copy of the flow, beginning with what the site started with."""
    path = site.directory / "dialplans" / "desk.yaml"
    assert old in FLOWS["desk"]
    path.write_text(FLOWS["desk"].replace(old, new), "utf-8")
    return path


async def steps_of(site: RunningSite, contact: str) -> tuple[int, list[str]]:
    """The version that a finished contact ran, and the steps that it came to."""
    row = await site.row(contact)
    steps = [entry["fields"]["step"] for entry in row["timeline"] if entry["what"] == "step"]
    return row["flow_version"], list(dict.fromkeys(steps))


async def test_a_bad_dialplan_never_replaces_a_good_one(site: RunningSite) -> None:
    """It is not published, the problem is told with its line, and calls go on as they were."""
    path = write_flow(site, "next: support", "next: suport")
    line = 1 + FLOWS["desk"].splitlines().index("    next: support")
    code, said = await site.trunkline("publish", "--note", "a slip")
    assert code == 1
    assert f"{path}:{line}:11: steps.account.next: " in said
    assert 'did you mean "support"?' in said
    call = await site.call()
    await call.first_audio()
    await key(site, call, "1", "4711")
    contact = (await site.only_call("queue"))["id"]
    await call.hang_up()
    row = await site.row(contact)
    assert (row["queue"], row["flow_version"]) == ("support", 1)


async def test_a_published_flow_is_for_the_calls_from_now_on(site: RunningSite) -> None:
    """A call that is in the queue meanwhile stays on its version to the end."""
    anna = await site.agent("anna")
    await anna.unregister()
    await site.agent_is("anna", "offline")
    call = await site.call()
    await call.first_audio()
    await key(site, call, "1", "4711")
    before = (await site.only_call("queue"))["id"]
    write_flow(site, "thanks", "goodbye")
    code, said = await site.trunkline("diff")
    assert (code, said) == (1, "desk (desk.yaml)\n  step thanks is called goodbye now\n")
    code, said = await site.trunkline("publish", "--note", "a better name", "--author", "dora")
    assert code == 0
    assert said.endswith("published version 2\nnew calls run it\n")
    await anna.register()
    taken = await anna.incoming()
    await taken.answered()
    await site.only_call("conversation")
    await taken.hang_up()
    await call.ended(15)
    assert await steps_of(site, before) == (1, ["main", "account", "support", "thanks", "bye"])
    await site.agent_is("anna", "available")
    again = await site.call()
    await again.first_audio()
    await key(site, again, "1", "4711")
    taken = await anna.incoming()
    await taken.answered()
    after = (await site.only_call("conversation"))["id"]
    await taken.hang_up()
    await again.ended(15)
    assert await steps_of(site, after) == (2, ["main", "account", "support", "goodbye", "bye"])


async def test_a_call_keeps_its_version_over_the_loss_of_the_engine(site: RunningSite) -> None:
    """A rollback in the middle of a conversation, then the engine dies, and the agent hangs up:
    the flow goes on where and as it was left."""
    anna = await site.agent("anna")
    call = await site.call()
    await call.first_audio()
    await key(site, call, "1", "4711")
    taken = await anna.incoming()
    await taken.answered()
    contact = (await site.only_call("conversation"))["id"]
    code, said = await site.trunkline("rollback", "-1")
    assert code == 0
    assert said.endswith("published version 3, which is version 1 again\nnew calls run it\n")
    await site.kill_engine()
    await site.engine_back()
    assert (await site.client.get("/api/status"))["flows"] == {"version": 3, "refused": None}
    await taken.hang_up()
    await call.ended(15)
    version, steps = await steps_of(site, contact)
    assert (version, steps[-2:]) == (2, ["goodbye", "bye"])
    code, said = await site.trunkline("status")
    assert code == 0
    assert "dialplans/desk.yaml differs from version 3: trunkline diff" in said
    await site.agent_is("anna", "available", within_s=30)
    await anna.unregister()


async def test_asterisk_dies_and_the_site_recovers(site: RunningSite) -> None:
    """Health tells the truth meanwhile; the call that was cut has its row; calls work again."""
    anna = await site.agent("anna")
    call = await site.call()
    await call.first_audio()
    contact = (await site.only_call("flow"))["id"]
    os.kill(asterisk_pid(site), signal.SIGKILL)

    async def ill() -> Json | None:
        health: Json = await site.client.get("/healthz")
        return None if health["ok"] else health

    health = await until("health false", ill, 10)
    assert [part["name"] for part in health["parts"] if not part["ok"]] == ["asterisk"]
    row = await site.row(contact)
    assert (row["outcome"], row["ended_by"]) == ("failed", "unknown")

    async def well() -> bool | None:
        return bool((await site.client.get("/healthz"))["ok"]) or None

    await until("health true", well, 30)
    await anna.register()
    await site.agent_is("anna", "available")
    again = await site.call()
    await again.first_audio()
    await key(site, again, "1", "4711")
    taken = await anna.incoming()
    await taken.answered()
    await again.hang_up()
    await anna.unregister()


def asterisk_pid(site: RunningSite) -> int:
    """This site's own Asterisk, by its pid file."""
    (path,) = Path(site.directory / "var" / "asterisk" / "run").glob("*.pid")
    return int(path.read_text())


async def test_metrics_tell_of_the_calls(site: RunningSite) -> None:
    """Prometheus' text names calls, agents and the link."""
    import aiohttp

    async with (
        aiohttp.ClientSession() as http,
        http.get(site.card["api"]["url"] + "/metrics") as reply,
    ):
        text = await reply.text()
    assert reply.status == 200
    assert 'trunkline_contacts_total{outcome="answered"}' in text
    assert 'trunkline_agents{state="offline"}' in text
    assert "trunkline_ami_up 1.0" in text
