"""Passwords are made once, kept privately, and never shown."""

import json
from pathlib import Path

import pytest

from config.mail import Mail
from config.secrets import FILE, SecretsError, load_or_create
from config.site import Site, load_site

pytestmark = pytest.mark.unit


@pytest.fixture
def site() -> Site:
    return load_site(Path(__file__).parents[2] / "config/site.yaml", {})


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_first_start_makes_private_secrets(tmp_path: Path, site: Site) -> None:
    """Each agent has an own password, as long as 24 random bytes, and only the owner reads."""
    made = load_or_create(tmp_path / "var/secrets", site)
    values = [made.ami, made.api, *made.agents.values()]
    assert made.agents.keys() == site.agents.keys()
    assert len(set(values)) == len(values) == 6
    assert all(len(value) == 32 for value in values)
    assert mode(tmp_path / "var/secrets") == 0o700
    assert mode(tmp_path / "var/secrets" / FILE) == 0o600


def test_later_starts_find_the_same_secrets(tmp_path: Path, site: Site) -> None:
    """Phones keep their passwords."""
    directory = tmp_path / "secrets"
    assert load_or_create(directory, site) == load_or_create(directory, site)


def test_a_new_agent_gets_a_secret_and_the_others_keep_theirs(tmp_path: Path, site: Site) -> None:
    """Neither a new colleague nor one who left changes anybody's password."""
    directory = tmp_path / "secrets"
    fewer = site.model_copy(update={"agents": {"anna": site.agents["anna"]}})
    first = load_or_create(directory, fewer)
    grown = load_or_create(directory, site)
    assert grown.agents["anna"] == first.agents["anna"]
    assert grown.agents.keys() == site.agents.keys()
    assert load_or_create(directory, fewer) == grown


@pytest.mark.parametrize("loose", [".", FILE])
def test_loose_modes_are_refused(tmp_path: Path, site: Site, loose: str) -> None:
    """A secret that others could read is no secret; the remedy is told, the secret is not."""
    directory = tmp_path / "secrets"
    made = load_or_create(directory, site)
    (directory / loose).chmod(0o755 if loose == "." else 0o644)
    with pytest.raises(SecretsError, match=r"other users may read it .*chmod [67]00") as caught:
        load_or_create(directory, site)
    assert made.ami not in str(caught.value)


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"ami": "x"}', '{"ami": "a b", "api": "x", "agents": {}}']
)
def test_a_damaged_file_is_told_and_kept(tmp_path: Path, site: Site, damage: str) -> None:
    """New secrets are not made silently in place of ones that could be restored."""
    directory = tmp_path / "secrets"
    load_or_create(directory, site)
    (directory / FILE).write_text(damage)
    with pytest.raises(SecretsError, match="is damaged"):
        load_or_create(directory, site)
    assert (directory / FILE).read_text() == damage


def test_an_interrupted_write_leaves_nothing_half_used(tmp_path: Path, site: Site) -> None:
    """What an earlier start left behind unfinished is written anew."""
    directory = tmp_path / "secrets"
    directory.mkdir(mode=0o700)
    (directory / "secrets.new").write_text('{"ami"')
    made = load_or_create(directory, site)
    assert json.loads((directory / FILE).read_text())["ami"] == made.ami


def test_secrets_are_never_in_a_repr(tmp_path: Path, site: Site) -> None:
    """A log of an object must not give a password away."""
    made = load_or_create(tmp_path / "secrets", site)
    shown = f"{made!r} {made}"
    assert not any(value in shown for value in (made.ami, made.api, *made.agents.values()))


@pytest.fixture
def served() -> Site:
    """A site whose web service needs a secret."""
    path = Path(__file__).parents[1] / "data/site/good/services.yaml"
    site = load_site(path, {})
    return site.model_copy(update={"services": {"crm": site.services["crm"]}})


def test_a_web_services_secret_comes_from_the_file_or_the_environment(
    tmp_path: Path, served: Site
) -> None:
    """The environment wins, and is written nowhere."""
    load_or_create(tmp_path, served, {"TRUNKLINE_SECRET_CRM_TOKEN": "a b+c="})
    path = tmp_path / FILE
    assert "a b+c=" not in path.read_text()
    kept = json.loads(path.read_text()) | {"services": {"crm_token": "kept", "other": "x"}}
    path.write_text(json.dumps(kept))
    assert load_or_create(tmp_path, served, {}).services == {"crm_token": "kept"}
    environ = {"TRUNKLINE_SECRET_CRM_TOKEN": "s3cret"}
    assert load_or_create(tmp_path, served, environ).services == {"crm_token": "s3cret"}
    assert "s3cret" not in repr(load_or_create(tmp_path, served, environ))


def test_a_missing_secret_is_asked_for_by_name(tmp_path: Path, served: Site) -> None:
    """Both places are told where it can be put."""
    with pytest.raises(SecretsError) as caught:
        load_or_create(tmp_path, served, {})
    assert str(caught.value) == (
        "the service crm needs the secret crm_token: set TRUNKLINE_SECRET_CRM_TOKEN, "
        f'or write it under "services" in {tmp_path / FILE}'
    )


def test_a_new_agent_leaves_the_services_secrets_alone(tmp_path: Path, served: Site) -> None:
    """The file is written anew for agents, with all that was in it."""
    fewer = served.model_copy(update={"agents": {}})
    load_or_create(tmp_path, fewer, {"TRUNKLINE_SECRET_CRM_TOKEN": "x"})
    path = tmp_path / FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"services": {"crm_token": "k"}}))
    assert load_or_create(tmp_path, served, {}).services == {"crm_token": "k"}
    assert json.loads(path.read_text())["services"] == {"crm_token": "k"}


def test_a_secret_of_two_lines_is_refused(tmp_path: Path, served: Site) -> None:
    """It would begin a header of its own; the secret is not told."""
    with pytest.raises(SecretsError, match="secret crm_token of the service crm is not one line"):
        load_or_create(tmp_path, served, {"TRUNKLINE_SECRET_CRM_TOKEN": "a\nb"})


def test_a_mail_server_needs_its_password_too(tmp_path: Path, site: Site) -> None:
    """From where those of web services come."""
    written = {"host": "mail.example", "user": "ivr", "password": "secret:mail_password"}
    mail = Mail.model_validate({**written, "from": "ivr@example.test"})
    posting = site.model_copy(update={"mail": mail})
    with pytest.raises(SecretsError, match="the mail server needs the secret mail_password"):
        load_or_create(tmp_path / "secrets", posting, {})
    environ = {"TRUNKLINE_SECRET_MAIL_PASSWORD": "geheim"}
    secrets = load_or_create(tmp_path / "secrets", posting, environ)
    assert secrets.services["mail_password"] == "geheim"
