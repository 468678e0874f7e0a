"""Asterisk's files follow from the site alone, and nothing in a site can add a line to them."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from config import values
from config.asterisk import AsteriskLayout, UnsafeSettingError, render, write
from config.secrets import Secrets
from config.site import Site, load_site

pytestmark = pytest.mark.unit

ROOM = Path(__file__).parents[2]
SECRET = "s3cret-of-everything"


def layout(**changes: Any) -> AsteriskLayout:
    made = AsteriskLayout.below(
        Path("/srv/var"),
        modules=Path("/usr/lib/asterisk/modules"),
        data=Path("/usr/share/asterisk"),
        away=Path("/srv/away"),
        node="north",
    )
    return replace(made, **changes)


@cache
def site_of(name: str) -> Site:
    return load_site(ROOM / name, {})


@pytest.fixture
def site() -> Site:
    return site_of("config/site.yaml")


def secrets_of(site: Site) -> Secrets:
    return Secrets(SECRET, SECRET, dict.fromkeys(site.agents, SECRET))


def sections(text: str, title: str) -> list[dict[str, str]]:
    """Every section of that title as a mapping; comments left out."""
    found: list[dict[str, str]] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("["):
            inside = line.partition("]")[0] == f"[{title}"
            if inside:
                found.append({})
        elif inside and "=" in line and not line.startswith(";"):
            key, _, value = line.partition("=")
            found[-1][key.strip()] = value.strip()
    return found


def test_contacts_of_two_nodes_have_different_ids(site: Site) -> None:
    """Asterisk counts channels from the second of its start: its name tells them apart."""
    north, south = (
        render(site, secrets_of(site), layout(node=node)) for node in ("north", "south")
    )
    assert "\nsystemname = north\n" in north["asterisk.conf"]
    assert "\nsystemname = south\n" in south["asterisk.conf"]


def test_rendering_is_pure(site: Site) -> None:
    """The same site gives the same bytes, so a reload happens only when something changed."""
    assert render(site, secrets_of(site), layout()) == render(site, secrets_of(site), layout())


def test_a_phone(site: Site) -> None:
    """One contact, a password, music and digits through the core, a name to show."""
    text = render(site, secrets_of(site), layout())["pjsip.conf"]
    endpoint, auth, aor = sections(text, "anna")
    assert endpoint["callerid"] == '"Anna Kovács" <201>'
    assert endpoint["identify_by"] == "auth_username,username"
    assert endpoint["allow"] == "alaw,ulaw"
    assert endpoint["set_var"] == "TRK_PHONE=anna"
    assert auth == {
        "type": "auth",
        "auth_type": "digest",
        "username": "anna",
        "password": SECRET,
    }
    assert (aor["max_contacts"], aor["remove_existing"]) == ("1", "yes")
    (sound,) = sections(text, "sound")
    assert sound["direct_media"] == "no"
    assert sound["media_address"] == "127.0.0.1"


def test_a_trunk_of_its_own_address() -> None:
    """Carriers may have a transport of their own, and sound an address of its own."""
    site = site_of("tests/data/site/good/two_carriers.yaml")
    text = render(site, secrets_of(site), layout())["pjsip.conf"]
    assert sections(text, "transport")[0]["bind"] == "0.0.0.0:5060"
    assert sections(text, "transport-trunk")[0]["bind"] == "192.0.2.200:5061"
    endpoint, aor, _ = sections(text, "north")
    assert endpoint["transport"] == "transport-trunk"
    assert aor["contact"] == "sip:sip.carrier.example:5060"
    assert "match = 192.0.2.0/24\nmatch = 198.51.100.7\n" in text
    assert "media_address = 192.0.2.200\n" in text


def test_codes_carry_the_reason_of_a_pause_or_the_number_of_a_prompt(site: Site) -> None:
    """*12 is the first reason, *121 to *123 are chosen by number; so is a prompt by *15."""
    text = render(site, secrets_of(site), layout())["extensions.conf"]
    found = dict(
        re.findall(r"^exten => (_?\*\w+),1,AGI\(agi://\S+?/code,(.*)\)$", text, re.MULTILINE)
    )
    assert found == {
        "*11": "login,${TRK_PHONE}",
        "*10": "logout,${TRK_PHONE}",
        "*12": "pause,${TRK_PHONE},lunch",
        "*121": "pause,${TRK_PHONE},lunch",
        "*122": "pause,${TRK_PHONE},training",
        "*123": "pause,${TRK_PHONE},meeting",
        "*13": "resume,${TRK_PHONE}",
        "*14": "end_wrap_up,${TRK_PHONE}",
        "*15": "record_prompt,${TRK_PHONE}",
        "*16": "extend_wrap_up,${TRK_PHONE}",
        "*17": "line,${TRK_PHONE}",
        "_*15XXXXX": "record_prompt,${TRK_PHONE},${EXTEN:3}",
    }


def test_music_classes_are_those_of_the_queues() -> None:
    """The default, and what a queue names; a directory for each."""
    site = site_of("tests/data/site/good/two_carriers.yaml")
    text = render(site, secrets_of(site), layout())["musiconhold.conf"]
    assert sections(text, "piano")[0]["directory"] == "/srv/var/music/piano"
    assert sections(text, "default")[0]["directory"] == "/srv/var/music/default"


def test_the_manager_tells_of_keys_that_are_asked_for_alone(site: Site) -> None:
    """The end of each key that is received on a channel that the engine has marked, read-only;
    nothing that could ask for more."""
    text = render(site, secrets_of(site), layout())["manager.conf"]
    (user,) = sections(text, "trunkline")
    assert user["read"] == "system,call,user,dtmf"
    (told,) = (line for line in text.splitlines() if line.startswith("eventfilter(name(DTMF"))
    assert told.startswith("eventfilter(name(DTMFEnd),method(regex)) = ")
    assert "ChanVariable: TRK_KEYS=heard" in told
    assert sections(text, "general")[0]["channelvars"] == "TRK_KEYS"
    assert "DTMFBegin" not in text
    (rings,) = (line for line in text.splitlines() if "Newstate" in line)
    assert "ChannelState: 5" in rings
    assert "-lead" in rings
    assert not {"all", "dtmf", "command", "config"} & set(user["write"].split(","))
    assert sections(text, "general")[0]["bindaddr"] == "127.0.0.1"


def test_written_files_are_for_their_owner_alone(site: Site, tmp_path: Path) -> None:
    """Passwords are in them; a second write of the same changes nothing."""
    files = render(site, secrets_of(site), layout())
    holders = {name for name, text in files.items() if SECRET in text}
    assert holders == {"manager.conf", "pjsip.conf"}
    etc = tmp_path / "etc"
    assert write(files, etc) == list(files)
    assert etc.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in etc.iterdir()} == {0o600}
    assert {path.name for path in etc.iterdir()} == set(files)
    assert write(files, etc) == []
    assert write({**files, "rtp.conf": ""}, etc) == ["rtp.conf"]


@pytest.mark.parametrize(
    "path", ["relative", "/srv/a b", "/srv/a;b", "/srv/a\nb", "/srv/a,b", "/srv/${X}"]
)
def test_paths_that_asterisk_would_misread_are_refused(path: str) -> None:
    """A layout's paths are arguments of the dialplan too."""
    with pytest.raises(UnsafeSettingError, match="an absolute path"):
        layout(sounds=Path(path))


MISREAD = ["\n", "\r", ";", "\0", "${X}", "$[1]", "\\", "\n[anna]\n", "`", "\x1b"]
"""What Asterisk's readers of configuration and dialplan would act on, wherever it stands."""


def holding(parts: list[str]) -> st.SearchStrategy[str]:
    around = st.text("abc019*+ ./", max_size=6)
    return st.tuples(around, st.sampled_from(parts), around).map("".join)


KINDS = ("Name", "PersonName", "Extension", "Code", "Host", "E164", "IpAddress", "IpNetwork")


@pytest.mark.parametrize("kind", KINDS)
@given(text=holding([*MISREAD, "[x]", '"', "<"]))
def test_no_kind_of_value_lets_a_setting_in(kind: str, text: str) -> None:
    """Line breaks, comments, sections and functions are refused where they are written."""
    with pytest.raises(ValidationError):
        TypeAdapter(getattr(values, kind)).validate_python(text)


@given(text=holding(MISREAD))
def test_rendering_itself_refuses_what_got_past_the_models(text: str) -> None:
    """The second lock: a value that was built in code, not read from a file."""
    site = site_of("config/site.yaml")
    anna = site.agents["anna"].model_copy(update={"name": text})
    hacked = site.model_copy(update={"agents": {**site.agents, "anna": anna}})
    with pytest.raises(UnsafeSettingError):
        render(hacked, secrets_of(site), layout())


@given(st.text(max_size=40))
def test_any_text_for_a_name_keeps_the_files_shape(text: str) -> None:
    """Whatever a person's name may be, the file has the same sections and settings."""
    try:
        TypeAdapter(values.PersonName).validate_python(text)
    except ValidationError:
        return
    site = site_of("config/site.yaml")
    anna = site.agents["anna"].model_copy(update={"name": text})
    named = site.model_copy(update={"agents": {**site.agents, "anna": anna}})
    plain = render(site, secrets_of(site), layout())["pjsip.conf"]
    assert render(named, secrets_of(site), layout())["pjsip.conf"] == plain.replace(
        '"Anna Kovács"', f'"{text}"'
    )


def test_the_operators_files_are_read_last(site: Site) -> None:
    """Every file ends with an include that is no fault while the operator has none."""
    for name, text in render(site, secrets_of(site), layout()).items():
        assert text.endswith(f"\n#tryinclude /srv/var/asterisk/local/{name}\n")


def test_a_caller_is_not_told_which_agent_answered(site: Site) -> None:
    """No connected-line update goes to a carrier; between phones it is left as it is."""
    text = render(site, secrets_of(site), layout())["pjsip.conf"]
    assert text.count("send_connected_line = no") == len(site.trunks)
