"""What can be written and does not do what it says is told, with what to write instead."""

from pathlib import Path

import pytest

from config.document import DocumentError
from config.site import load_site_located

pytestmark = pytest.mark.unit

SAMPLE = (Path(__file__).parents[2] / "config" / "site.yaml").read_text()


def told(tmp_path: Path, written: str, instead: str) -> list[str]:
    """Every problem of the sample site with this in place of that, without its place."""
    assert SAMPLE.count(instead) == 1
    path = tmp_path / "site.yaml"
    path.write_text(SAMPLE.replace(instead, written))
    try:
        problems = tuple(load_site_located(path, {})[2])
    except DocumentError as error:
        problems = error.problems
    return [f"{each.severity}: {each.path}: {each.message}" for each in problems]


FAULTS = "    skills: {technical: 3}\n"
RESERVE = "    reserve: {agents: 3, priority: 5}\n"
AGEING = "  ageing: 1m\n"


@pytest.mark.parametrize(
    ("added", "message"),
    [
        (
            "    targets: {within: 0s}\n",
            (
                "warning: queues.faults.targets.within: is 0ms, in which nobody can be answered: "
                "write a time such as 20s"
            ),
        ),
        (
            "    targets: {within: 30s, short_call: 2h}\n",
            (
                "warning: queues.faults.targets.short_call: is 2h, longer than within (30s): "
                "nobody who hangs up in that time counts as lost, write a shorter one"
            ),
        ),
    ],
)
def test_targets(tmp_path: Path, added: str, message: str) -> None:
    """That nobody can miss, or nobody reach."""
    assert told(tmp_path, FAULTS + added, FAULTS) == [message]


def test_a_ring_that_is_longer_than_anybody_waits(tmp_path: Path) -> None:
    """One phone would have the caller for hours."""
    assert told(tmp_path, "    ring_timeout: 20h\n", "    ring_timeout: 10s\n") == [
        (
            "error: queues.faults.ring_timeout: is 20h, at most 5m is allowed: one phone would "
            "keep the caller"
        )
    ]


def test_a_reserve_that_nobody_else_ever_gets(tmp_path: Path) -> None:
    """Only without ageing: with it waiting counts as priority. Two agents are technical."""
    path = "queues.faults.reserve.agents"
    added = FAULTS + RESERVE
    assert told(tmp_path, added, FAULTS) == []
    never = SAMPLE.replace(AGEING, "  ageing: never\n").replace(FAULTS, added)
    site = tmp_path / "never.yaml"
    site.write_text(never)
    (warning,) = load_site_located(site, {})[2]
    assert (warning.severity, warning.path) == ("warning", path)
    assert warning.message == (
        "is 3, and 2 can serve this queue: with ageing: never nobody with a priority below 5 is "
        "ever served, keep fewer agents or let priorities age"
    )


@pytest.mark.parametrize(
    ("rules", "doubted"),
    [
        ("  tries: 9\n  retry_after: 0s\n", True),
        ("  tries: 9\n  retry_after: 1s\n", False),
        ("  tries: 1\n  retry_after: 0s\n", False),
    ],
)
def test_a_customer_who_would_be_called_without_a_pause(
    tmp_path: Path, rules: str, doubted: bool
) -> None:
    """Nine times on end, who is busy."""
    hours = "  hours: calls # a call that falls outside waits for the next\n"
    found = told(tmp_path, hours + rules, hours)
    message = (
        "warning: callbacks.retry_after: is 0ms: who is busy is called 9 times on end, "
        "write a time such as 10m"
    )
    assert found == [message] * doubted


def test_a_queue_that_an_agent_prefers_and_cannot_serve(tmp_path: Path) -> None:
    """A share of nothing."""
    written = "    extension: 203\n    prefers: {share: {faults: 3, payments: 2}}\n"
    assert told(tmp_path, written, "    extension: 203\n") == [
        (
            "warning: agents.celina.prefers.share.faults: has no effect: this agent has not the "
            "skills for this queue"
        )
    ]


@pytest.mark.parametrize(
    ("allow", "deny", "wider"),
    [("+36301*", "+3630*", "+3630*"), ("+3630*", "+3630*", "+3630*"), ("+36*", "+3630*", "")],
)
def test_numbers_that_are_allowed_and_all_refused(
    tmp_path: Path, allow: str, deny: str, wider: str
) -> None:
    """What `deny` names wins."""
    before = "  allow: [+3615550199]\n"
    rule = f"  allow: [+3615550199, '{allow}']\n  deny: ['{deny}']\n"
    message = f"warning: transfers.allow[1]: has no effect: deny refuses all of it ({wider})"
    assert told(tmp_path, rule, before) == [message] * bool(wider)


def test_a_pause_that_is_longer_than_its_day(tmp_path: Path) -> None:
    """The day's limit ends it before."""
    path = tmp_path / "site.yaml"
    before, _, after = SAMPLE.partition("pause_reasons:")
    _, _, rest = after.partition("\n\n")
    path.write_text(f"{before}pause_reasons: {{lunch: {{longest: 2h, per_day: 1h}}}}\n\n{rest}")
    with pytest.raises(DocumentError, match="longest is 2h, more than the 1h of per_day"):
        load_site_located(path, {})
