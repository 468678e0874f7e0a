"""Brings messages from their mailboxes to people's e-mail and to web services."""

import asyncio
import base64
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from config.mailboxes import Deliver, Mailbox
from engine.calls.services import Services
from engine.mailboxes.post import NotNow, Refused
from engine.web.exchange import IDEMPOTENCY_KEY, NoReply
from history.deliveries import DeliveryStore, Due
from history.errors import DatabaseAway
from history.rows import MessageRow
from ivr.commands import Request

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
AT_ONCE = 20
"""Messages of a mailbox in one look."""
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 60_000, 30 * 60_000
GIVE_UP_MS = 4 * 24 * 3_600_000
"""As mail servers do (RFC 5321, section 4.5.4.1)."""
EMAIL, SERVICE = "email", "service"
_MAY_PASS = frozenset({408, 425, 429})
"""Refusals of a web service that are none for good (RFC 9110, 8470, 6585)."""


class Courier:
    """One engine's. Several on one database do not deliver twice: who tries, claims before."""

    def __init__(self, services: Services, store: DeliveryStore) -> None:
        self._services = services
        self._store = store

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.deliver()
            except DatabaseAway as away:
                log.warning("messages_not_delivered", code=away.code)
            await asyncio.sleep(LOOK_EVERY_S)

    async def deliver(self) -> None:
        """Everything that is due, once."""
        now = self._services.clock()
        for name, mailbox in self._services.site.mailboxes.items():
            for way in _ways(mailbox.deliver):
                since_ms = now - GIVE_UP_MS - LONGEST_PAUSE_MS
                for due in await self._store.due(name, way, now, since_ms, AT_ONCE):
                    if not await self._try(due, mailbox):
                        break  # the others need not find out one by one

    async def _try(self, due: Due, mailbox: Mailbox) -> bool:
        """False when nothing can be delivered this way now."""
        path = self._services.messages.path(due.message)
        now = self._services.clock()
        if not path.exists():
            return True  # another engine's, or just deleted
        if not await self._store.claim(due, now + pause_ms(due.tries)):
            return True
        if now - due.message.at_ms > GIVE_UP_MS:
            log.error("message_given_up", **_of(due), tries=due.tries)
            await self._settled(due, "given_up")
            return True
        try:
            await self._send(due, mailbox, path)
        except Refused as refused:
            log.error("message_refused", **_of(due), code=refused.code)
            await self._settled(due, "refused")
        except (NotNow, NoReply, OSError) as error:
            log.warning("message_not_delivered", **_of(due), tries=due.tries + 1, error=str(error))
            return False
        else:
            await self._settled(due, "delivered")
        return True

    async def _send(self, due: Due, mailbox: Mailbox, path: Path) -> None:
        deliver, post = mailbox.deliver, self._services.sources.post
        audio = await asyncio.to_thread(path.read_bytes) if deliver.attach else None
        if due.way == SERVICE:
            await self._post_to_service(due.message, deliver, audio)
            return
        zone = ZoneInfo(self._services.site.zone)
        language = self._services.site.languages[0]
        await post.send(mail_of(due.message, mailbox, audio, post.sender or "", zone, language))

    async def _post_to_service(
        self, message: MessageRow, deliver: Deliver, audio: bytes | None
    ) -> None:
        zone = ZoneInfo(self._services.site.zone)
        request = Request(
            method="POST",
            url=deliver.path,
            headers=(("Content-Type", "application/json"), (IDEMPOTENCY_KEY, message.id)),
            body=json.dumps(_as_json(message, audio, zone), ensure_ascii=False),
            service=deliver.service,
        )
        status = (await self._services.sources.web.ask(request)).status
        if 400 <= status < 500 and status not in _MAY_PASS:
            raise Refused(status)
        if not 200 <= status < 300:
            raise NotNow(f"answered with {status}")

    async def _settled(self, due: Due, outcome: str) -> None:
        await self._store.settle(due, outcome)
        self._services.metrics.deliveries.labels(due.way, outcome).inc()
        log.info("message_settled", **_of(due), outcome=outcome)


def pause_ms(tries: int) -> int:
    """From a try to the next one, after so many in vain: a minute, twice as long each time."""
    return int(min(FIRST_PAUSE_MS * 2 ** min(tries, 10), LONGEST_PAUSE_MS))


def _ways(deliver: Deliver) -> Iterator[str]:
    if deliver.email:
        yield EMAIL
    if deliver.service is not None:
        yield SERVICE


def _of(due: Due) -> Mapping[str, str]:
    return {"message": due.message.id, "mailbox": due.message.mailbox, "way": due.way}


def _as_json(message: MessageRow, audio: bytes | None, zone: ZoneInfo) -> dict[str, object]:
    at = datetime.fromtimestamp(message.at_ms / 1000, zone)
    told: dict[str, object] = {
        "id": message.id,
        "mailbox": message.mailbox,
        "contact": message.contact_id,
        "caller": message.caller,
        "at": at.isoformat(timespec="seconds"),
        "seconds": round(message.ms / 1000),
    }
    if audio is not None:
        told["audio"] = base64.b64encode(audio).decode()
    return told


_SUBJECT: Mapping[str, str] = {
    "en": "Voice message: {about}, {seconds} s",
    "hu": "Hangüzenet: {about}, {seconds} mp",
    "pl": "Wiadomość głosowa: {about}, {seconds} s",
    "et": "Kõnesõnum: {about}, {seconds} s",
}
_BODY: Mapping[str, str] = {
    "en": "From: {caller}\nLeft: {at}\nLength: {seconds} s\nMailbox: {mailbox}\nMessage: {id}\n",
    "hu": "Hívó: {caller}\nIdeje: {at}\nHossza: {seconds} mp\nPostafiók: {mailbox}\nÜzenet: {id}\n",
    "pl": "Dzwonił: {caller}\nCzas: {at}\nDługość: {seconds} s\nSkrzynka: {mailbox}\n"
    "Wiadomość: {id}\n",
    "et": "Helistaja: {caller}\nAeg: {at}\nPikkus: {seconds} s\nPostkast: {mailbox}\nSõnum: {id}\n",
}


def mail_of(
    message: MessageRow,
    mailbox: Mailbox,
    audio: bytes | None,
    sender: str,
    zone: ZoneInfo,
    language: str,
) -> EmailMessage:
    """The mail of a message. Its Message-ID is the same in each try, so that a mail program can
    tell that one came twice."""
    at = datetime.fromtimestamp(message.at_ms / 1000, zone)
    told = {
        "about": mailbox.about if mailbox.about != "-" else message.mailbox,
        "seconds": round(message.ms / 1000),
        "caller": message.caller or "-",
        "at": f"{at:%Y-%m-%d %H:%M}",
        "mailbox": message.mailbox,
        "id": message.id,
    }
    mail = EmailMessage()
    mail["Subject"] = _SUBJECT.get(language, _SUBJECT["en"]).format(**told)
    mail["From"] = sender
    mail["To"] = ", ".join(mailbox.deliver.email)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message.id}.{message.at_ms}@{sender.rpartition('@')[2]}>"
    # RFC 3834: no robot is to answer.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_BODY.get(language, _BODY["en"]).format(**told))
    if audio is not None:
        name = f"{message.id}.wav"
        mail.add_attachment(audio, maintype="audio", subtype="x-wav", filename=name)
    return mail
