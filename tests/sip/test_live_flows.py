"""The same tests of a flow on the virtual clock and as real calls: they must agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.rehearsing.testing import Wanted, run_tests
from engine.settings import from_environment
from tests.sip.running_site import FLOWS, SITE

pytestmark = [pytest.mark.sip, pytest.mark.timeout(300)]

TESTS = """
flow: desk
given: {time: 2026-11-23T09:12}
tests:
  - name: an account number on the way to support
    call:
      - keys: ["1", "4711"]
        var: {account: "4711"}
        queue: support
  - name: an agent is given, so nobody real need answer
    given: {agents: free}
    call:
      - keys: ["2"]
        passes: [billing, bye]
        ends: normal
  - name: a step that fails, and a silence
    given: {fails: [account]}
    call:
      - silence: timeout
        at: main
      - keys: "1"
        passes: [account, support]
      - hangup: caller
        ends: caller_hung_up
  - name: half an hour is not waited for
    call: [{keys: ["1", "4711"]}, {silence: 30m, ends: normal}]
"""


def test_real_calls_go_as_the_played_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Steps and variables after each line; what would take too long is named, and not made."""
    dialplans = tmp_path / "dialplans"
    dialplans.mkdir()
    (dialplans / "desk.yaml").write_text(FLOWS["desk"], "utf-8")
    (dialplans / "desk.test.yaml").write_text(TESTS, "utf-8")
    (tmp_path / "site.yaml").write_text(json.dumps(SITE), "utf-8")
    settings = from_environment(
        {
            "TRUNKLINE_DIALPLANS": str(dialplans),
            "TRUNKLINE_SITE": str(tmp_path / "site.yaml"),
            "TRUNKLINE_VAR": str(tmp_path / "var"),
        }
    )
    status = run_tests(settings, Wanted(live=True, as_json=True))
    told = json.loads(capsys.readouterr().out)
    wrong = [(each["name"], each["got"]) for each in told["tests"] if not each["passed"]]
    assert (status, wrong) == (0, [])
    assert (told["passed"], told["skipped"]) == (3, 1)
