"""E-mail sent for the site, through its mail server."""

import asyncio
import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage

from config.mail import Mail
from config.services import SECRET

TIMEOUT_S = 30.0
"""For each answer of the mail server; a connection that hangs holds one thread so long."""


class Refused(Exception):
    """The mail server will not take this message, however often it is asked; ``code`` says why.

    No text of the server's is kept: it may name whom the mail was for.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with {code}")
        self.code = code


class NotNow(Exception):
    """The message could not be sent now; trying again may help."""


class Post:
    """The site's mail server, as it is configured now."""

    def __init__(self) -> None:
        self._mail: Mail | None = None
        self._secrets: Mapping[str, str] = {}

    def configure(self, mail: Mail | None, secrets: Mapping[str, str]) -> None:
        """The site's from now on."""
        self._mail, self._secrets = mail, secrets

    @property
    def sender(self) -> str | None:
        """The address that mail comes from; None: there is no mail server."""
        return self._mail.sender if self._mail is not None else None

    async def send(self, message: EmailMessage) -> None:
        """Hand it to the mail server. Raises Refused, NotNow. One who does not get it where others
        do is no failure: it would reach the others again."""
        if self._mail is None:
            raise NotNow("the site has no mail server")
        await asyncio.to_thread(_send, self._mail, self._password(self._mail), message)

    def _password(self, mail: Mail) -> str:
        return SECRET.sub(lambda found: self._secrets[found[1]], mail.password or "")


def _send(mail: Mail, password: str, message: EmailMessage) -> None:
    try:
        with _connected(mail) as server:
            if mail.user is not None:
                server.login(mail.user, password)
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as refused:
        raise _failure(max(code for code, _ in refused.recipients.values())) from None
    except smtplib.SMTPAuthenticationError as error:
        # A wrong password is put right by the operator, not by losing the message.
        raise NotNow(f"login refused with {error.smtp_code}") from None
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code) from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotNow(type(error).__name__) from None


def _connected(mail: Mail) -> smtplib.SMTP:
    if mail.encryption == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT_S, context=context)
    server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_S)
    try:
        if mail.encryption == "starttls":
            server.starttls(context=ssl.create_default_context())
    except BaseException:
        server.close()
        raise
    return server


def _failure(code: int) -> Exception:
    """A 5xx is for good (RFC 5321, section 4.2.1)."""
    return Refused(code) if code >= 500 else NotNow(f"answered with {code}")
