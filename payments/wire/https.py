"""HTTP over verified TLS, straight from a bytearray into the socket.

The standard library's client hands the body to the socket as it is. An asynchronous client would
copy it into its own buffers, which nobody wipes; so each request has a thread for its short life.
"""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from payments.errors import NoAnswer, NotDone
from payments.wire.bodies import wipe
from payments.wire.message import WireReply, WireRequest

LARGEST_REPLY = 1_000_000
THREADS = 32
"""Requests at once; more wait for their turn."""


class HttpsWire:
    """Requests to one origin, such as `https://api.stripe.com`; plain `http` is for a sandbox on
    this machine alone, which the site's check makes sure of.

    Certificates are verified, with those of `authorities` (a PEM file) in place of the machine's
    where given; TLS is 1.2 at least. Redirects are not followed, and no proxy is asked.
    """

    def __init__(self, url: str, timeout_s: float, authorities: Path | None = None) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._prefix = parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._tls = _context(authorities) if parts.scheme == "https" else None
        self._threads = ThreadPoolExecutor(THREADS, "payments-wire")

    def close(self) -> None:
        """Begin nothing more; what is under way ends by itself."""
        self._threads.shutdown(wait=False)

    async def send(self, request: WireRequest) -> WireReply:
        """One request. Raises NotDone, NoAnswer. Cancelling it cuts the connection."""
        exchange = _Exchange(self._connection(), self._prefix, request)
        try:
            work = asyncio.get_running_loop().run_in_executor(self._threads, exchange.run)
        except RuntimeError:  # it was closed
            wipe(request.body)
            raise NotDone("closed") from None
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(work)
        except TimeoutError:
            if exchange.abort():
                raise NoAnswer("timeout") from None
            raise NotDone("timeout") from None
        finally:
            exchange.abort()
            work.add_done_callback(_forget)

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self._timeout_s, context=self._tls
        )


class _Exchange:
    """One connection in its thread. `abort` comes from outside at any time."""

    def __init__(
        self, connection: http.client.HTTPConnection, prefix: str, request: WireRequest
    ) -> None:
        self._connection = connection
        self._prefix = prefix
        self._request = request
        self._lock = Lock()
        self._aborted = self._sending = False

    def run(self) -> WireReply:
        """Connect, send, read. Raises NotDone before the first byte was sent, else NoAnswer."""
        try:
            self._connect()
            return self._exchange()
        finally:
            wipe(self._request.body)
            self._connection.close()

    def abort(self) -> bool:
        """Cut it; whether anything may have been sent."""
        with self._lock:
            self._aborted = True
            sock = self._connection.sock
            if sock is not None and self._sending:
                _cut(sock)
            return self._sending

    def _connect(self) -> None:
        if self._aborted:  # while it waited for a thread
            raise NotDone("given_up")
        try:
            self._connection.connect()
        except ssl.SSLCertVerificationError:
            raise NotDone("certificate") from None
        except ssl.SSLError:
            raise NotDone("tls") from None
        except OSError:
            raise NotDone("unreachable") from None
        with self._lock:
            if self._aborted:
                raise NotDone("given_up")
            self._sending = True

    def _exchange(self) -> WireReply:
        request = self._request
        path = self._prefix + request.path
        headers = {"Connection": "close", "Accept": "application/json", **request.headers}
        try:
            self._connection.request(request.method, path, request.body, headers)
            reply = self._connection.getresponse()
            body = reply.read(LARGEST_REPLY + 1)
        except (OSError, http.client.HTTPException):
            raise NoAnswer("cut") from None
        if len(body) > LARGEST_REPLY:
            raise NoAnswer("too_large")
        return WireReply(reply.status, body)


def _context(authorities: Path | None) -> ssl.SSLContext:
    """Verifying, as `create_default_context` does; but that would write the keys to every card that
    is sent to where SSLKEYLOGFILE says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(authorities)
    return context


def _cut(sock: socket.socket) -> None:
    try:
        # Not SSLSocket's own, which would take the TLS away under the thread that is using it.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:  # it is gone already
        return


def _forget(work: asyncio.Future[WireReply]) -> None:
    """Its outcome was told, or nobody waits for it any more."""
    if not work.cancelled():
        work.exception()


def bearer(secret: str) -> Mapping[str, str]:
    """The header that carries an API key."""
    return {"Authorization": f"Bearer {secret}"}
