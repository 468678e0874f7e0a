"""The same tests of a flow on the virtual clock and as real calls: they must agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.rehearsing.testing import Wanted, run_tests
from engine.settings import from_environment
from tests.sip.running_site import FALLBACK, FLOWS, SITE

pytestmark = [pytest.mark.sip, pytest.mark.timeout(300)]

DESK = """
flow: desk
given: {time: 2026-11-23T09:12}
tests:
  - name: an account number on the way to support
    call:
      - keys: ["1", "4711"]
        var: {account: "4711"}
        queue: support
  - name: an agent is free
    given: {agents: free}
    call:
      - keys: ["2"]
        passes: [billing, bye]
        ends: normal
  - name: an agent answers and leaves when it is told
    call:
      - keys: ["1", "4711"]
      - agent: answers
      - silence: 20s
        at: support
      - agent: leaves
        passes: [thanks, bye]
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
  - name: half an hour in a queue is not waited for
    call: [{keys: ["1", "4711"]}, {silence: 30m, passes: [bye], ends: normal}]
"""

OUTSIDE = f"""
flow: outside
about: Asks a service, sends callers on, and takes messages
owner: test@example.test
languages: [en]
start: bill
vars: {{due: {{type: money, currency: EUR}}}}
exits: {{on_error: sorry}}
steps:
  bill:
    http: {{get: "/bills/{{call.caller}}", service: crm, timeout: 2s, read: {{due: $.due}}}}
    on_status: {{404: unknown}}
    next: open?
  open?: {{hours: desk, open: person, closed: message}}
  person: {{transfer: {{to: "{FALLBACK}", timeout: 4s}}, next: bye, no_answer: message, busy: anna}}
  anna: {{transfer: {{extension: "201"}}, next: bye, no_answer: bye, busy: message}}
  unknown:
    queue: support
    max_waiting: 1
    on_full: message
    no_agents: bye
    answered: bye
    on_timeout: {{after: 1m, go: bye}}
  message: {{voicemail: {{mailbox: support, prompt: Speak., silence: 2s}}, next: bye}}
  sorry: {{say: Sorry., next: bye, on_error: bye}}
  bye: {{hangup: normal}}
hours: {{desk: {{open: {{mon-fri: "08:00-16:00"}}}}}}
"""

OUTSIDE_TESTS = """
flow: outside
given:
  time: 2026-11-23T09:12
  caller: "+48221234567"
  http: {"GET /bills/48221234567": {json: {due: 12.50}}}
tests:
  - name: somebody outside answers
    call: [{var: {due: "12.50"}, passes: [person, bye], ends: normal}]
  - name: nobody answers outside, and a message is left
    given: {transfer: no_answer}
    call:
      - at: message
      - speaks: 3s
      - keys: ["#", "3"]
        voicemail: {mailbox: support}
        ends: normal
  - name: outside and inside it is busy
    given: {transfer: busy}
    call: [{passes: [person, anna, message]}, {silence: 30s, ends: normal}]
  - name: the number is out of reach
    given: {transfer: unreachable}
    call: [{passes: [person, sorry], ends: normal}]
  - name: at night nobody is disturbed
    given: {time: 2026-11-23T21:00}
    call: [{passes: [open?, message]}, {hangup: caller}]
  - name: the service is slow
    given: {http: {"GET *": {fail: timeout}}}
    call: [{passes: [sorry], var: {due: ~}, ends: normal}]
  - name: the service cannot be reached
    given: {http: {"GET *": {fail: refused}}}
    call: [{passes: [sorry], ends: normal}]
  - name: nobody is logged in
    given: {staffed: no, http: {"GET *": {status: 404}}}
    call: [{passes: [unknown, bye], ends: normal}]
  - name: somebody else waits already
    given: {waiting: 1, http: {"GET *": {status: 404}}}
    call: [{passes: [unknown, message]}]
  - name: somebody is logged in, but not free
    given: {http: {"GET *": {status: 404}}}
    call: [{at: unknown}, {silence: 2m, ends: normal}]
"""

PAYS = """
flow: pays
about: Takes a payment
owner: test@example.test
languages: [en]
start: pay
steps:
  pay:
    pay: {amount: "12.50", currency: EUR, reference: a}
    paid: bye
    declined: bye
    cancelled: bye
    on_error: bye
  bye: {hangup: normal}
"""
PAYS_TESTS = """
flow: pays
tests:
  - name: a card is taken
    call: [{ends: normal}]
"""


def told(directory: Path, files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Any:
    """What `trunkline test --live --json` tells of these files, and its exit code."""
    dialplans = directory / "dialplans"
    dialplans.mkdir()
    for name, text in files.items():
        (dialplans / f"{name}.yaml").write_text(text, "utf-8")
    mine = {
        "mailboxes": {"support": {"about": "Support"}},
        "services": {"crm": {"url": "http://127.0.0.1:9/crm"}},
        "transfers": {"allow": [FALLBACK]},
    }
    (directory / "site.yaml").write_text(json.dumps({**SITE, **mine}), "utf-8")
    settings = from_environment(
        {
            "TRUNKLINE_DIALPLANS": str(dialplans),
            "TRUNKLINE_SITE": str(directory / "site.yaml"),
            "TRUNKLINE_VAR": str(directory / "var"),
        }
    )
    status = run_tests(settings, Wanted(live=True, as_json=True))
    return status, json.loads(capsys.readouterr().out)


def test_real_calls_go_as_the_played_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Steps, variables and ends, with real agents, callees, services and messages; several calls
    at once, none of which gets what is given to another."""
    files = {
        "desk": FLOWS["desk"],
        "desk.test": DESK,
        "outside": OUTSIDE,
        "outside.test": OUTSIDE_TESTS,
        "pays": PAYS,
        "pays.test": PAYS_TESTS,
    }
    status, report = told(tmp_path, files, capsys)
    wrong = [
        (each["name"], each["expected"], each["got"])
        for each in report["tests"]
        if each["expected"]
    ]
    assert (status, wrong) == (0, [])
    skipped = {each["name"]: each["skipped"] for each in report["tests"] if each["skipped"]}
    assert list(skipped) == ["a card is taken"]
    assert "payment" in skipped["a card is taken"]
    assert (report["passed"], report["skipped"], report["failed"]) == (15, 1, 0)


def test_a_run_that_makes_no_call_has_shown_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It fails, though nothing in it did."""
    status, report = told(tmp_path, {"pays": PAYS, "pays.test": PAYS_TESTS}, capsys)
    assert (status, report["passed"], report["skipped"]) == (1, 0, 1)
