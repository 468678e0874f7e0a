"""FastAGI played by hand, one session at a time, so that the dialplan is tested by itself."""

from __future__ import annotations

import socket
from concurrent.futures import Future
from threading import Thread

from tests.asterisk.asterisk_fixture import RunningAsterisk
from tests.asterisk.sip_call import SipCall


class Engine:
    """The engine's side of FastAGI for one session: what it is asked, and what it commands."""

    def __init__(self, asterisk: RunningAsterisk) -> None:
        address = ("127.0.0.1", asterisk.site.network.agi_port)
        self._listener = socket.create_server(address)
        self._listener.settimeout(10)
        self._wire: socket.socket | None = None

    def accept(self) -> str:
        """Take the next session; the script that it asks for."""
        wire, _ = self._listener.accept()
        self._wire = wire
        wire.settimeout(10)
        text = b""
        while not text.endswith(b"\n\n"):
            text += wire.recv(4096)
        lines = dict(line.split(": ", 1) for line in text.decode().splitlines() if ": " in line)
        return lines["agi_network_script"]

    def command(self, words: str) -> str:
        """One command; its reply."""
        self.send(words)
        assert self._wire is not None
        return self._wire.recv(4096).decode()

    def send(self, words: str) -> None:
        """One command whose reply comes much later."""
        assert self._wire is not None
        self._wire.sendall(f"{words}\n".encode())

    def end(self) -> None:
        """End the call as an engine does: history written, hang up, close the session."""
        self.command("SET VARIABLE TRK_STAGE done")
        self.command("HANGUP")
        self.lose_session()

    def lose_session(self) -> None:
        """Die and be started again at once; or end a session."""
        assert self._wire is not None
        self._wire.close()

    def lose(self) -> None:
        """Die: the session ends without a hangup, and nobody listens any more."""
        self._listener.close()
        if self._wire is not None:
            self._wire.close()


def asked(call: SipCall) -> Future[int]:
    """Call while the test plays the engine; the final status, in time."""
    done: Future[int] = Future()
    Thread(target=lambda: done.set_result(call.invite()), daemon=True).start()
    return done
