"""An agent's phone registers with the agent's name and the password that was made for it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from hashlib import md5

import pytest

from tests.asterisk.ami_wire import Ami
from tests.asterisk.asterisk_fixture import RunningAsterisk

pytestmark = pytest.mark.asterisk


@pytest.fixture(scope="module")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAsterisk]:
    # app_queue is no part of the list; a benchmark adds it like this.
    directory = tmp_path_factory.mktemp("registration")
    with RunningAsterisk(directory, extra_modules=("app_queue",), change=with_queues) as running:
        yield running


def with_queues(files: dict[str, str]) -> dict[str, str]:
    return {**files, "queues.conf": "[general]\n", "queuerules.conf": "[general]\n"}


def digest(*parts: str) -> str:
    """RFC 2617: MD5 of the parts with colons between them."""
    return md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()


def register(asterisk: RunningAsterisk, wire: socket.socket, user: str, password: str) -> int:
    """The status of a REGISTER that answers the server's challenge, as RFC 3261 has it."""
    host, port = wire.getsockname()
    network = asterisk.site.network
    uri = f"sip:{network.sip_address}"

    def ask(number: int, authorization: str) -> str:
        lines = [
            f"REGISTER {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{user}{number}",
            "Max-Forwards: 70",
            f"From: <sip:{user}@{network.sip_address}>;tag=1",
            f"To: <sip:{user}@{network.sip_address}>",
            f"Call-ID: register-{user}-{port}",
            f"CSeq: {number} REGISTER",
            f"Contact: <sip:{user}@{host}:{port}>;expires=60",
            *([authorization] if authorization else []),
            "Content-Length: 0",
        ]
        text = "\r\n".join(lines) + "\r\n\r\n"
        wire.sendto(text.encode(), (network.sip_address, network.sip_port))
        while (answer := wire.recv(65536).decode()).startswith("OPTIONS"):
            pass
        return answer

    challenge = dict(re.findall(r'(realm|nonce|opaque)="([^"]*)"', ask(1, "")))
    realm, nonce = challenge["realm"], challenge["nonce"]
    proof = digest(
        digest(user, realm, password), nonce, "00000001", "c", "auth", digest("REGISTER", uri)
    )
    answer = ask(
        2,
        f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
        f'response="{proof}", opaque="{challenge["opaque"]}", qop=auth, nc=00000001, cnonce="c"',
    )
    return int(answer.split()[1])


@pytest.fixture
def phone() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))
        wire.settimeout(5)
        yield wire


def test_a_phone_registers_and_the_engine_is_told(
    asterisk: RunningAsterisk, phone: socket.socket
) -> None:
    """With the agent's own password; the manager tells of the contact."""
    with Ami(asterisk, asterisk.secrets.ami) as ami:
        assert register(asterisk, phone, "anna", asterisk.secrets.agents["anna"]) == 200
        event = ami.read_until(r"Event: ContactStatus\r\n(?:.+\r\n)*\r\n")
    assert "EndpointName: anna\r\n" in event
    assert f"anna/sip:anna@127.0.0.1:{phone.getsockname()[1]}" in asterisk.rx("pjsip show contacts")


@pytest.mark.parametrize("user", ["bence", "nobody"])
def test_a_wrong_password_and_an_unknown_name_are_refused_alike(
    asterisk: RunningAsterisk, phone: socket.socket, user: str
) -> None:
    """Another agent's password opens nothing, and names cannot be found out by trying."""
    assert register(asterisk, phone, user, asterisk.secrets.agents["anna"]) == 401


def test_added_modules_load_without_a_warning(asterisk: RunningAsterisk) -> None:
    """A benchmark may add app_queue to the same configuration."""
    assert "app_queue.so" in asterisk.rx("module show like app_queue")
    assert asterisk.complaints() == []
