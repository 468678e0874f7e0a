"""What several files of unit tests need."""

import asyncio
from pathlib import Path

import pytest

from engine.cli import main
from history.migrations import upgrade_to_head
from tests.unit.command import Command, Done


@pytest.fixture
def trunkline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """`trunkline("check", TRUNKLINE_SITE=…)`: one run, with a `var/` of its own."""

    def run(*words: str, **environ: str) -> Done:
        for name, value in {"TRUNKLINE_VAR": str(tmp_path), **environ}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["trunkline", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Done(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An empty database, up to date: a copy of it is there sooner than one that is migrated."""
    file = tmp_path_factory.mktemp("migrated") / "history.db"
    asyncio.run(upgrade_to_head(f"sqlite:///{file}"))
    return file.read_bytes()


@pytest.fixture
def database_url(tmp_path: Path, migrated: bytes) -> str:
    """The URL of such a copy."""
    file = tmp_path / "history.db"
    file.write_bytes(migrated)
    return f"sqlite:///{file}"
