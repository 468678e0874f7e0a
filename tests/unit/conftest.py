"""What several files of unit tests need."""

from pathlib import Path

import pytest

from engine.cli import main
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
