"""Messages on their way from mailboxes to people: by mail, to services, again and again."""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from config.mail import Mail
from config.mailboxes import Mailbox
from config.services import Service
from engine.mailboxes.courier import FIRST_PAUSE_MS, GIVE_UP_MS, LONGEST_PAUSE_MS, Courier, pause_ms
from history.database import HistoryDatabase
from history.deliveries import DeliveryStore
from history.messages import MessageStore
from history.migrations import upgrade_to_head
from history.rows import MessageRow
from tests.fakes.house import House
from tests.fakes.smtp_server import mail_server
from tests.fakes.web_service import text, web_service

pytestmark = pytest.mark.unit

AT = 1_795_000_000_000
ROW = MessageRow("c1-1", "support", "c1", AT, 12_300, "+36201234567", "2026/11/18/c1-1.wav")
AUDIO = b"RIFF....WAVE"
EMAIL = {"email": ["desk@example.test", "night@example.test"]}


class Site:
    """One engine's courier, on a database that others may share."""

    def __init__(self, directory: Path, url: str, deliver: Mapping[str, Any]) -> None:
        self.house = House(directory=directory)
        self.house.now = AT + 1_000
        self.store = DeliveryStore(url)
        self.messages = MessageStore(url)
        mailbox = Mailbox.model_validate({"about": "Support", "deliver": deliver})
        site = self.house.site.model_copy(update={"mailboxes": {"support": mailbox}})
        self.house.services.site = site
        self.courier = Courier(self.house.services, self.store)

    def mails_by(self, port: int, **mail: str) -> None:
        """The site's mail server."""
        written = {"host": "127.0.0.1", "port": port, "encryption": "none", **mail}
        configured = Mail.model_validate({**written, "from": "ivr@example.test"})
        self.house.services.sources.post.configure(configured, {"mail": "geheim"})

    async def after(self, ms: int) -> None:
        """Later, once more."""
        self.house.now += ms
        await self.courier.deliver()


@asynccontextmanager
async def a_message(
    tmp_path: Path, deliver: Mapping[str, Any], row: MessageRow = ROW
) -> AsyncIterator[Site]:
    """It lies in its mailbox."""
    url = f"sqlite:///{tmp_path}/history.sqlite3"
    await upgrade_to_head(url)
    database = HistoryDatabase(url)
    await database.write([row])
    await database.close()
    audio = tmp_path / "messages" / row.path
    audio.parent.mkdir(parents=True, exist_ok=True)
    audio.write_bytes(AUDIO)
    site = Site(tmp_path, url, deliver)
    try:
        yield site
    finally:
        await site.store.close()
        await site.messages.close()


async def test_a_message_is_mailed_once_with_its_audio(tmp_path: Path) -> None:
    """To everybody in one mail, with who called, when and for how long; no log has the number."""
    async with mail_server() as server, a_message(tmp_path, EMAIL) as site:
        site.mails_by(server.port, user="ivr", password="secret:mail")
        with capture_logs() as logs:
            await site.courier.deliver()
            await site.after(LONGEST_PAUSE_MS)
    (mail,) = server.mails
    assert server.recipients == [["desk@example.test", "night@example.test"]]
    assert (mail["Subject"], mail["From"]) == ("Voice message: Support, 12 s", "ivr@example.test")
    body = mail.get_body()
    assert body is not None
    assert "From: +36201234567\r\nLeft: 2026-11-18 12:06\r\n" in body.get_content()
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("c1-1.wav", AUDIO)
    plain = base64.b64encode(b"\0ivr\0geheim").decode()
    assert server.logins == [f"AUTH PLAIN {plain}"]
    assert "201234567" not in str(logs)
    assert "desk@" not in str(logs)


async def test_audio_stays_at_home_where_it_must(tmp_path: Path) -> None:
    """A mail alone tells that there is a message."""
    deliver = {**EMAIL, "attach": "no"}
    async with mail_server() as server, a_message(tmp_path, deliver) as site:
        site.mails_by(server.port)
        await site.courier.deliver()
    (mail,) = server.mails
    assert list(mail.iter_attachments()) == []


@pytest.mark.parametrize(
    "replies", [{"MAIL": "451 later"}, {"END": "452 full"}, {"RCPT": "450 greylisted"}]
)
async def test_what_cannot_be_mailed_now_is_tried_again_by_the_next_engine(
    tmp_path: Path, replies: dict[str, str]
) -> None:
    """Not before its time, and with the same Message-ID: a reader can tell that it came twice."""
    async with a_message(tmp_path, EMAIL) as site:
        async with mail_server(**replies) as server:
            site.mails_by(server.port)
            await site.courier.deliver()
            assert server.mails == []
        other = Site(tmp_path, f"sqlite:///{tmp_path}/history.sqlite3", EMAIL)
        async with mail_server() as server:
            other.mails_by(server.port)
            await other.after(FIRST_PAUSE_MS - 2_000)
            assert server.mails == []
            await other.after(2_000)
            (mail,) = server.mails
            assert mail["Message-ID"] == f"<c1-1.{AT}@example.test>"
        await other.store.close()
        await other.messages.close()


async def test_a_server_that_is_away_is_waited_for(tmp_path: Path) -> None:
    """Longer each time; after four days it is over, and an error is logged."""
    async with a_message(tmp_path, EMAIL) as site:
        site.mails_by(1)
        with capture_logs() as logs:
            await site.courier.deliver()
            await site.after(GIVE_UP_MS + LONGEST_PAUSE_MS - 5_000)
            await site.after(LONGEST_PAUSE_MS)
        assert [pause_ms(tries) for tries in (0, 1, 2, 9)] == [
            60_000,
            120_000,
            240_000,
            1_800_000,
        ]
    told = [entry["event"] for entry in logs if entry["log_level"] in ("warning", "error")]
    assert told == ["message_not_delivered", "message_given_up"]


@pytest.mark.parametrize("replies", [{"RCPT": "550 no such user"}, {"END": "554 spam"}])
async def test_what_is_refused_for_good_is_not_tried_again(
    tmp_path: Path, replies: dict[str, str]
) -> None:
    """An error is logged, with the code and without whom it was for."""
    async with mail_server(**replies) as server, a_message(tmp_path, EMAIL) as site:
        site.mails_by(server.port)
        with capture_logs() as logs:
            await site.courier.deliver()
            await site.after(LONGEST_PAUSE_MS)
    (error,) = [entry for entry in logs if entry["log_level"] == "error"]
    (reply,) = replies.values()
    assert (error["event"], error["code"]) == ("message_refused", int(reply[:3]))
    assert "desk@" not in str(logs)


async def test_a_wrong_password_loses_no_message(tmp_path: Path) -> None:
    """The operator puts it right."""
    async with a_message(tmp_path, EMAIL) as site:
        async with mail_server(AUTH="535 no") as server:
            site.mails_by(server.port, user="ivr", password="secret:mail")
            await site.courier.deliver()
        async with mail_server() as server:
            site.mails_by(server.port, user="ivr", password="secret:mail")
            await site.after(FIRST_PAUSE_MS)
            assert len(server.mails) == 1


async def test_two_engines_deliver_a_message_once(tmp_path: Path) -> None:
    """Who claims it first has it."""
    async with mail_server() as server, a_message(tmp_path, EMAIL) as site:
        (due,) = await site.store.due("support", "email", AT + 1, 0, 9)
        assert await site.store.claim(due, AT + 60_000)
        assert not await site.store.claim(due, AT + 60_000)
        site.mails_by(server.port)
        await site.courier.deliver()
        assert server.mails == []
        assert await site.store.due("support", "email", AT + 59_999, 0, 9) == []
        (again,) = await site.store.due("support", "email", AT + 60_000, 0, 9)
        assert again.tries == 1
        assert await site.store.claim(again, AT + 120_000)
        assert not await site.store.claim(again, AT + 120_000)


async def test_a_service_is_told_of_a_message(tmp_path: Path) -> None:
    """With its audio, and with a key by which it knows one that comes twice."""
    deliver = {"service": "tickets", "path": "/voicemail"}
    async with (
        web_service(text("", 503), text("", 201)) as service,
        a_message(tmp_path, deliver) as site,
        site.house.web.open(),
    ):
        site.house.web.configure({"tickets": Service(url=service.url)}, {})
        await site.courier.deliver()
        await site.after(FIRST_PAUSE_MS)
        await site.after(LONGEST_PAUSE_MS)
    assert len(service.asked) == 2
    asked = service.asked[-1]
    assert (asked.path, asked.headers["Idempotency-Key"]) == ("/voicemail", "c1-1")
    told = json.loads(asked.body)
    assert base64.b64decode(told.pop("audio")) == AUDIO
    assert told == {
        "id": "c1-1",
        "mailbox": "support",
        "contact": "c1",
        "caller": "+36201234567",
        "at": "2026-11-18T12:06:40+01:00",
        "seconds": 12,
    }


@pytest.mark.parametrize(("status", "asked"), [(400, 1), (404, 1), (429, 2), (500, 2)])
async def test_what_a_service_refuses_for_good_is_not_told_again(
    tmp_path: Path, status: int, asked: int
) -> None:
    """A fault of its own, or too many, is none for good."""
    async with (
        web_service(text("", status)) as service,
        a_message(tmp_path, {"service": "tickets"}) as site,
        site.house.web.open(),
    ):
        site.house.web.configure({"tickets": Service(url=service.url)}, {})
        await site.courier.deliver()
        await site.after(FIRST_PAUSE_MS)
    assert len(service.asked) == asked


async def test_a_deleted_message_leaves_nothing_to_deliver(tmp_path: Path) -> None:
    """Neither its row nor what was known of its delivery."""
    async with mail_server() as server, a_message(tmp_path, EMAIL) as site:
        site.mails_by(1)
        await site.courier.deliver()
        await site.messages.delete(["c1-1"])
        site.mails_by(server.port)
        await site.after(FIRST_PAUSE_MS)
        assert server.mails == []


async def test_nothing_is_sent_unencrypted_where_that_was_asked_for(tmp_path: Path) -> None:
    """A server that offers no STARTTLS gets neither password nor message."""
    async with mail_server() as server, a_message(tmp_path, EMAIL) as site:
        site.mails_by(
            server.port,
            encryption="starttls",
            user="ivr",
            password="secret:mail",
        )
        await site.courier.deliver()
    assert (server.mails, server.logins) == ([], [])
