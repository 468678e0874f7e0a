"""A mail server in the test's hand (RFC 5321), on a port of its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

_OK = "250 OK"
_REPLIES = {"EHLO": "250-test\r\n250 AUTH PLAIN", "DATA": "354 go on", "QUIT": "221 bye"}


@dataclass
class MailServer:
    """Takes every mail; `replies` has what it says in place of its own, by verb or `.`, the end of
    a mail's text."""

    port: int = 0
    replies: Mapping[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._say(writer, "CONNECT", "220 test")
        to: list[str] = []
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            if verb == "AUTH":
                self.logins.append(line)
            if verb == "RCPT":
                to.append(line.partition("<")[2].partition(">")[0])
            self._say(writer, verb, "235 in" if verb == "AUTH" else _REPLIES.get(verb, _OK))
            if verb == "DATA":
                await self._take(reader, writer, to)
            if verb == "QUIT":
                break
        writer.close()

    async def _take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: list[str]
    ) -> None:
        text = b""
        while not text.endswith(b"\r\n.\r\n"):
            text += await reader.readline()
        if "." not in self.replies:
            self.mails.append(message_from_bytes(text[:-3], policy=policy.default))
            self.recipients.append(to)
        self._say(writer, ".", _OK)

    def _say(self, writer: asyncio.StreamWriter, verb: str, usual: str) -> None:
        writer.write(f"{self.replies.get(verb, usual)}\r\n".encode())


@asynccontextmanager
async def mail_server(**replies: str) -> AsyncIterator[MailServer]:
    """One that runs as long as the block; `END` is the end of a mail's text."""
    said = {("." if verb == "END" else verb): reply for verb, reply in replies.items()}
    mails = MailServer(replies=said)
    server = await asyncio.start_server(mails.serve, "127.0.0.1", 0)
    mails.port = server.sockets[0].getsockname()[1]
    try:
        yield mails
    finally:
        server.close()
        await server.wait_closed()
