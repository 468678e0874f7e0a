"""The site file: a good one loads, and each bad one is told with its line and column."""

import re
from pathlib import Path

import pytest

from config.document import DocumentError, schema
from config.duration import Duration
from config.site import Site, load_site, load_site_located
from config.site_checks import check_flows

pytestmark = pytest.mark.unit

DATA = Path(__file__).parents[1] / "data/site"
BAD = sorted((DATA / "bad").glob("*.yaml"))
GOOD = sorted((DATA / "good").glob("*.yaml"))
SAMPLE = Path(__file__).parents[2] / "config/site.yaml"
FLOWS = {
    "support",
    "reception",
    "directory",
    "after_hours",
    "survey",
    "bill_payment",
    "reminder",
    "patience",
}
WANT = "# want: "


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_each_bad_file_gives_exactly_the_messages_it_names(path: Path) -> None:
    """Faults in one part and contradictions between parts, each at its own place."""
    with pytest.raises(DocumentError) as caught:
        load_site(path, {})
    lines = path.read_text().splitlines()
    wanted = [f"{path}:{line[len(WANT) :]}" for line in lines if line.startswith(WANT)]
    assert [str(problem) for problem in caught.value.problems] == wanted


def test_there_are_enough_bad_files() -> None:
    """The collection above must not silently shrink to nothing."""
    assert len(BAD) >= 25


@pytest.mark.parametrize("path", [*GOOD, SAMPLE], ids=lambda path: path.stem)
def test_good_files_load_without_a_warning(path: Path) -> None:
    """What the sample and the good files show is allowed."""
    assert load_site_located(path, {})[2] == ()


def test_the_sample_site() -> None:
    """The sample has the people, the queues and the codes that the manual speaks of."""
    site = load_site(SAMPLE, {})
    assert {agent: entry.extension for agent, entry in site.agents.items()} == {
        "anna": "201",
        "bence": "202",
        "celina": "203",
        "dora": "204",
    }
    assert list(site.queues) == ["support", "faults", "payments"]
    assert site.languages == ("en", "hu", "pl", "et")
    assert {entry.flow for entry in site.numbers.values()} == FLOWS
    assert site.queues["faults"].ring_timeout == Duration(10_000)
    assert site.fallback.apology.keys() == set(site.languages)


def test_an_extension_keeps_its_leading_zero() -> None:
    """0123 is what the phone dials, not the number 83."""
    assert load_site(DATA / "good/two_carriers.yaml", {}).agents["mari"].extension == "0123"


def test_a_trunk_known_by_its_host_needs_no_match() -> None:
    """The common case of one carrier's address is written once."""
    assert load_site(DATA / "good/minimal.yaml", {}).trunks["line"].sources == ["192.0.2.1"]


def test_the_environment_overrides_ports_and_addresses() -> None:
    """Two instances of one site run side by side."""
    environ = {"TRUNKLINE_SIP_PORT": "5070", "TRUNKLINE_HTTP_ADDRESS": "192.0.2.5", "OTHER": "x"}
    network = load_site(SAMPLE, environ).network
    assert (network.sip_port, network.http_address, network.agi_port) == (5070, "192.0.2.5", 4573)


def test_bad_overrides_are_told_by_their_variable() -> None:
    """All of them, and without a line of a file where nothing is wrong."""
    with pytest.raises(DocumentError) as caught:
        load_site(SAMPLE, {"TRUNKLINE_SIP_PORT": "high", "TRUNKLINE_SIP_ADDRESS": "here"})
    assert [str(problem) for problem in caught.value.problems] == [
        'environment: TRUNKLINE_SIP_ADDRESS: "here" is no IP address, like 192.0.2.10',
        'environment: TRUNKLINE_SIP_PORT: is "high", a whole number is needed, from 1 to 65535',
    ]


def test_overrides_are_checked_against_the_other_ports() -> None:
    """A clash that only the environment brings is a clash."""
    with pytest.raises(DocumentError, match="agi_port: 5038 is already the ami_port"):
        load_site(SAMPLE, {"TRUNKLINE_AGI_PORT": "5038"})


def test_unknown_flows_are_told_when_the_flows_are_known() -> None:
    """The engine knows the flows; the place is the site's."""
    site, located, _ = load_site_located(SAMPLE, {})
    assert check_flows(site, located, FLOWS) == []
    (problem,) = check_flows(site, located, FLOWS - {"support"} | {"suport"})
    line = SAMPLE.read_text().splitlines()[problem.line - 1]
    assert line[problem.col - 1 :].startswith("support")
    assert problem.message.startswith('unknown flow "support", did you mean "suport"? (allowed: ')


def test_a_queue_that_nobody_can_serve_is_a_warning(tmp_path: Path) -> None:
    """The site may be written before its people are hired."""
    path = tmp_path / "site.yaml"
    text = SAMPLE.read_text().replace("skills: {technical: 3}", "skills: {technical: 5, pl: 5}")
    path.write_text(text)
    (warning,) = load_site_located(path, {})[2]
    assert str(warning).endswith("warning: queues.faults: no agent has the skills for it")


def test_what_a_queue_requires_beside_its_skills_counts_too(tmp_path: Path) -> None:
    """Nobody who is technical speaks too little English for it."""
    written = "skills: {technical: 3}\n    requires: not en"
    text = SAMPLE.read_text().replace("skills: {technical: 3}", written)
    path = tmp_path / "site.yaml"
    path.write_text(text)
    told = [str(problem) for problem in load_site_located(path, {})[2]]
    assert [line.partition("warning: ")[2] for line in told] == [
        "queues.faults: no agent has the skills for it"
    ]


@pytest.mark.parametrize(
    ("requires", "message"),
    [
        ("en < 3 and en > 3", "contradicts itself: nobody can ever meet it"),
        ("not any", "contradicts itself: nobody can ever meet it"),
        (
            "technical < 3",
            "contradicts the skills of this queue: nobody can ever meet both",
        ),
    ],
)
def test_what_nobody_can_ever_meet_is_an_error(tmp_path: Path, requires: str, message: str) -> None:
    """Hiring would not help: it is the writing that is wrong."""
    path = tmp_path / "site.yaml"
    written = f"skills: {{technical: 3}}\n    requires: {requires}"
    path.write_text(SAMPLE.read_text().replace("skills: {technical: 3}", written))
    with pytest.raises(DocumentError) as caught:
        load_site_located(path, {})
    (problem,) = caught.value.problems
    assert problem.path == "queues.faults.requires"
    assert problem.message == message


@pytest.mark.parametrize(
    ("written", "ms"), [("500ms", 500), ("10s", 10_000), ("2m", 120_000), ("1h", 3_600_000)]
)
def test_durations(written: str, ms: int) -> None:
    """Read and shown alike."""
    assert Duration.parse(written) == Duration(ms)
    assert str(Duration(ms)) == written


def test_editors_accept_names_with_letters_of_every_language() -> None:
    r"""In an editor's patterns \w is ASCII alone."""
    pattern = schema(Site)["$defs"]["Agent"]["properties"]["name"]["pattern"]
    for agent in load_site(SAMPLE, {}).agents.values():
        assert re.search(pattern, agent.name, re.ASCII)
    assert not re.search(pattern, "Anna;Kovács", re.ASCII)


def test_a_secret_on_an_open_wire_is_warned_of(tmp_path: Path) -> None:
    """To a service on this machine it goes nowhere else."""
    text = (DATA / "good/services.yaml").read_text()
    path = tmp_path / "site.yaml"
    path.write_text(text.replace("https://crm.example/api/", "http://crm.example/api"))
    (warning,) = load_site_located(path, {})[2]
    assert warning.path == "services.crm.url"
    assert warning.message == "sensitive values would go unencrypted over the network, use https"
