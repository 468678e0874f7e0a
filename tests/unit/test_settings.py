"""What the machine decides, the card of what runs on it, its ports, and its logs."""

import io
import json
import logging
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from engine import card, logs
from engine.errors import NotRunning, SettingsInvalid
from engine.ports import Port, PortTaken, require_free
from engine.settings import PROJECT, from_environment, keep_node

pytestmark = pytest.mark.unit


def test_without_a_word_everything_lies_in_the_project() -> None:
    """A clone works as it is."""
    settings = from_environment({})
    assert settings.site_file == PROJECT / "config/site.yaml"
    assert settings.layout.root == PROJECT / "var"
    assert settings.sql_url == f"sqlite+aiosqlite:///{PROJECT}/var/trunkline.sqlite3"
    assert settings.redis_url == ""


def test_two_instances_differ_by_their_environment(tmp_path: Path) -> None:
    """Every place can be named; what is relative is so to the project."""
    settings = from_environment(
        {
            "TRUNKLINE_SITE": str(tmp_path / "site.yaml"),
            "TRUNKLINE_DIALPLANS": "flows",
            "TRUNKLINE_VAR": str(tmp_path / "var"),
            "TRUNKLINE_REDIS_URL": "redis://elsewhere",
            "TRUNKLINE_DATABASE_URL": "postgresql+asyncpg://elsewhere/t",
            "TRUNKLINE_NODE": "west-2",
            "TRUNKLINE_LOG": "json",
        }
    )
    assert (settings.site_file, settings.dialplans) == (tmp_path / "site.yaml", PROJECT / "flows")
    assert settings.layout.card == tmp_path / "var/run/trunkline.json"
    assert settings.sql_url == "postgresql+asyncpg://elsewhere/t"
    assert (settings.node, settings.redis_url) == ("west-2", "redis://elsewhere")


def test_an_engine_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container made anew has another host name; what its predecessor left must be its own."""
    here = {"TRUNKLINE_VAR": str(tmp_path)}
    for machine in ("c0ffee", "decade"):
        monkeypatch.setattr("platform.node", lambda name=machine: name)
        settings = from_environment(here)
        keep_node(settings)
        assert settings.node == "c0ffee"
    assert from_environment({**here, "TRUNKLINE_NODE": "west-2"}).node == "west-2"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("TRUNKLINE_NODE", "a b", "letters, digits or hyphens"),
        ("TRUNKLINE_NODE", "x" * 33, "1 to 32"),
        ("TRUNKLINE_LOG", "loud", "one of auto, json, console"),
    ],
)
def test_a_value_that_cannot_be_is_refused(name: str, value: str, allowed: str) -> None:
    """With its name and what is allowed."""
    with pytest.raises(SettingsInvalid, match=allowed) as refused:
        from_environment({name: value})
    assert refused.value.name == name


def test_the_card_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It holds credentials; a card of an earlier run is replaced whole."""
    path = tmp_path / "trunkline.json"
    path.write_text("an old one, open to all")
    path.chmod(0o644)
    card.write(path, {"site": "észak"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert card.read(path) == {"site": "észak"}
    assert [file.name for file in tmp_path.iterdir()] == ["trunkline.json"]


@pytest.mark.parametrize("text", [None, "{", "\udcff"])
def test_without_a_card_nothing_runs(tmp_path: Path, text: str | None) -> None:
    """Missing or unreadable: a sentence that says how to start."""
    path = tmp_path / "trunkline.json"
    if text is not None:
        path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(NotRunning, match="make run"):
        card.read(path)


@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_a_port_in_use_is_named_with_what_moves_it(kind: str) -> None:
    """Before anything starts; a free one is no matter."""
    sort = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, sort) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == "tcp":
            taken.listen()
        number = taken.getsockname()[1]
        port = Port("phones", "tcp" if kind == "tcp" else "udp", "127.0.0.1", number, "TRUNKLINE_X")
        with pytest.raises(PortTaken, match=rf"{number} \(phones\) is in use.*TRUNKLINE_X"):
            require_free([port])
    require_free([port])


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged as JSON; the loggers are as before afterwards."""
    text = io.StringIO()
    before = structlog.get_config()
    handlers = logging.root.handlers[:]
    monkeypatch.setattr("sys.stderr", text)
    logs.set_up("json")
    yield text
    structlog.configure(**before)
    logging.root.handlers[:] = handlers


def test_no_log_shows_a_callers_number(written: io.StringIO) -> None:
    """The last two digits tell calls apart; of what was keyed nothing is left."""
    log = structlog.get_logger()
    log.info("call", caller="+36301234567", callerid="1234567", number="12", digits="4111111111")
    entry = json.loads(written.getvalue())
    assert (entry["caller"], entry["callerid"], entry["number"], entry["digits"]) == (
        *("…67", "…67", "…", "…"),
    )
    assert "3630" not in written.getvalue()
    assert "4111" not in written.getvalue()


def test_a_traceback_has_no_local_variables(written: io.StringIO) -> None:
    """They hold what callers said."""
    keyed = "".join(str(digit) for digit in range(10))
    try:
        raise ArithmeticError(len(keyed))
    except ArithmeticError:
        structlog.get_logger().exception("failed")
    entry = json.loads(written.getvalue())
    assert (entry["event"], entry["level"]) == ("failed", "error")
    assert "ArithmeticError" in entry["exception"]
    assert keyed not in entry["exception"]
