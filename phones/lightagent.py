"""An agent's phone without sound, for benchmarks and load: it tells to the microsecond when.

    async with LightAgent.open("anna", secret, ("127.0.0.1", 5060), take_it) as anna:
        …                       # calls come, are answered and hung up as take_it() says
        anna.calls              # with the time of each INVITE and BYE

A `Phone` is a whole softphone, whose own BYE leaves some 20 ms late; this one is a socket.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial

from phones import agentwire, sipwire
from phones.agentwire import Account
from phones.datagrams import bound_socket, receive
from phones.errors import PhoneError, PhoneTimeout, RegistrationRefused
from phones.rtp import RtpSender
from phones.sipwire import DTMF_PAYLOAD, Message

_T1_S = 0.5
_REPLY_S = 8.0
EXPIRES_S = 600


@dataclass(frozen=True)
class Manner:
    """How the agent takes one call: answers after `ring_s` (None: never), hangs up after
    `talk_s` (None: waits for the caller to)."""

    ring_s: float | None = 0.0
    talk_s: float | None = None


@dataclass
class AgentCall:
    """A call to the agent. Times are monotonic ns, None for what did not happen.

    `failure` is empty if the far end acknowledged what it had to.
    """

    invite: Message = field(repr=False)
    invited_ns: int
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    answered_ns: int | None = None
    ended_ns: int | None = None
    by_us: bool = False
    failure: str = ""
    last_reply: bytes = field(default=b"", repr=False)
    over: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    acknowledged: asyncio.Future[Message] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future(), repr=False
    )

    def end(self, at_ns: int) -> None:
        """The call is over; the first report counts."""
        self.ended_ns = self.ended_ns or at_ns
        self.over.set()


class LightAgent:
    """One registered phone on a socket of its own. Use `open`."""

    def __init__(
        self,
        account: Account,
        sip: socket.socket,
        media: socket.socket,
        manner: Callable[[], Manner],
    ) -> None:
        self.calls: list[AgentCall] = []
        self._account, self._manner = account, manner
        self._sip, self._media = sip, media
        self._dialogs: dict[str, AgentCall] = {}
        self._replies: dict[tuple[str, str, str], asyncio.Future[Message]] = {}
        self._takes: set[asyncio.Task[None]] = set()
        self._sender = RtpSender(1, DTMF_PAYLOAD)
        self._cseq = 0
        self._call_id = secrets.token_hex(8)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        user: str,
        password: str,
        registrar: tuple[str, int],
        manner: Callable[[], Manner] = Manner,
        local_address: str = "127.0.0.1",
        hear: Callable[[bytes], None] | None = None,
        expires_s: int = EXPIRES_S,
    ) -> AsyncIterator[LightAgent]:
        """Register, take calls until the end, then hang up and leave. RegistrationRefused.

        `hear` is given every RTP packet that comes. It registers once, for `expires_s`.
        """
        with bound_socket(local_address) as sip, bound_socket(local_address) as media:
            host, port = sip.getsockname()
            account = Account(user, password, registrar, f"{host}:{port}")
            agent = cls(account, sip, media, manner)
            listening = _reading(media, partial(_drain, media, hear)) if hear else nullcontext()
            with _reading(sip, agent._read), listening:
                await agent._register(expires_s)
                try:
                    yield agent
                finally:
                    await agent._leave()

    def send_silence(self) -> None:
        """20 ms of it, in the newest call: Asterisk hangs up on who sends nothing for 30 s."""
        offered = self.calls[-1].invite.media() if self.calls else None
        if offered is not None:
            self._media.sendto(self._sender.silence(), offered)

    def _read(self) -> None:
        while (received := receive(self._sip)) is not None:
            at_ns = time.monotonic_ns()
            message = sipwire.parse(received[0])
            if message is None:
                continue
            if message.status:
                self._replied(message)
            else:
                self._asked(message, at_ns)

    def _asked(self, request: Message, at_ns: int) -> None:
        call = self._dialogs.get(request.call_id)
        match request.method:
            case "INVITE" if call is None:
                self._invited(request, at_ns)
            case "INVITE" if call is not None:
                self._invited_again(call, request)
            case "ACK" if call is not None:
                if not call.acknowledged.done():
                    call.acknowledged.set_result(request)
            case "BYE" | "CANCEL" if call is not None:
                self._send(agentwire.response(request, "200 OK", self._account))
                if request.method == "CANCEL" and call.answered_ns is None and not call.ended_ns:
                    self._reply(call, "487 Request Terminated")
                if request.method == "BYE" or call.answered_ns is None:
                    call.end(at_ns)
            case "OPTIONS":
                self._send(agentwire.response(request, "200 OK", self._account, tag="o"))
            case "BYE":
                self._send(agentwire.response(request, "481 No Such Call", self._account))

    def _invited(self, request: Message, at_ns: int) -> None:
        call = AgentCall(request, at_ns)
        self._dialogs[request.call_id] = call
        self.calls.append(call)
        task = asyncio.create_task(self._take(call))
        self._takes.add(task)
        task.add_done_callback(self._takes.discard)

    def _invited_again(self, call: AgentCall, request: Message) -> None:
        """The same INVITE, resent, or one that changes the session: whatever it asks for is taken,
        or Asterisk would hang up after 32 s (RFC 3261, 14.2 and 17.1.1.2)."""
        if request.headers["cseq"] == call.invite.headers["cseq"]:
            self._send(call.last_reply)
        else:
            sdp = sipwire.sdp_at(self._media.getsockname())
            self._send(agentwire.response(request, "200 OK", self._account, sdp=sdp))

    async def _take(self, call: AgentCall) -> None:
        manner = self._manner()
        self._reply(call, "180 Ringing")
        try:
            if not await _over(call, manner.ring_s):
                await self._answer(call)
                if not await _over(call, manner.talk_s):
                    await self._hang_up(call)
        except PhoneError as error:
            call.failure = str(error)

    async def _answer(self, call: AgentCall) -> None:
        """200, repeated until it is acknowledged; one frame of silence tells where we listen."""
        sdp = sipwire.sdp_at(self._media.getsockname())
        call.last_reply = self._response(call, "200 OK", sdp)
        call.answered_ns = time.monotonic_ns()
        self.send_silence()
        await self._repeat(call.last_reply, call.acknowledged, "ACK")

    async def _hang_up(self, call: AgentCall) -> None:
        call.by_us = True
        bye = agentwire.bye(call.invite, self._account, call.tag)
        reply = self._awaited(call.invite.call_id, "BYE", 1)
        call.end(time.monotonic_ns())
        await self._repeat(bye, reply, "response to BYE")

    async def _leave(self) -> None:
        for task in tuple(self._takes):
            task.cancel()
        await asyncio.gather(*self._takes, return_exceptions=True)
        for call in self.calls:
            if call.ended_ns is None and call.answered_ns is not None:
                await self._hang_up(call)
        await self._register(0)

    async def _register(self, expires_s: int) -> None:
        reply = await self._try_register(expires_s, "")
        if reply.status == 401:
            challenge = reply.headers.get("www-authenticate", "")
            credentials = agentwire.authorization(self._account, challenge)
            reply = await self._try_register(expires_s, credentials)
        if reply.status != 200:
            raise RegistrationRefused(reply.head.partition("\r\n")[0])

    async def _try_register(self, expires_s: int, credentials: str) -> Message:
        self._cseq += 1
        reply = self._awaited(self._call_id, "REGISTER", self._cseq)
        request = agentwire.register(
            self._account, self._call_id, self._cseq, expires_s, credentials
        )
        return await self._repeat(request, reply, "registration")

    def _awaited(self, call_id: str, method: str, cseq: int) -> asyncio.Future[Message]:
        reply: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._replies[call_id, method, str(cseq)] = reply
        return reply

    def _replied(self, message: Message) -> None:
        number = message.headers["cseq"].split()[0]
        reply = self._replies.get((message.call_id, message.method, number))
        if reply is not None and message.status >= 200 and not reply.done():
            reply.set_result(message)

    async def _repeat(self, data: bytes, happens: asyncio.Future[Message], awaited: str) -> Message:
        """Send until it happens, at RFC 3261's intervals (T1 of 500 ms, doubled)."""
        loop = asyncio.get_running_loop()
        deadline, wait_s = loop.time() + _REPLY_S, _T1_S
        while (left_s := deadline - loop.time()) > 0:
            self._send(data)
            await asyncio.wait({happens}, timeout=min(wait_s, left_s))
            if happens.done():
                return happens.result()
            wait_s *= 2
        raise PhoneTimeout(awaited, _REPLY_S)

    def _reply(self, call: AgentCall, status: str) -> None:
        call.last_reply = self._response(call, status)
        self._send(call.last_reply)

    def _response(self, call: AgentCall, status: str, sdp: str = "") -> bytes:
        return agentwire.response(call.invite, status, self._account, tag=call.tag, sdp=sdp)

    def _send(self, data: bytes) -> None:
        self._sip.sendto(data, self._account.registrar)


def _drain(media: socket.socket, hear: Callable[[bytes], None]) -> None:
    while (received := receive(media)) is not None:
        hear(received[0])


@contextmanager
def _reading(source: socket.socket, read: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    loop.add_reader(source, read)
    try:
        yield
    finally:
        loop.remove_reader(source)


async def _over(call: AgentCall, within_s: float | None) -> bool:
    """Whether the far end ended the call before the time was up; None waits for it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await call.over.wait()
    return call.over.is_set()
