"""What can go wrong with the scripted phones.

PhoneError
├── WorkerLost          the phones' child process ended, or never came up
├── PhoneTimeout        an awaited thing did not happen in its time
├── RegistrationRefused the registrar said no, or said nothing
├── CallGone            the call had already ended: a normal outcome of a race
├── PhoneRefused        the worker or its SIP stack could not do what was asked
├── BadRecording        a WAV file is not mono, 16 bits, 8 kHz
└── SippFailed          SIPp itself failed (bad scenario), not its calls
    └── PortTaken       another program has the port that it is to take calls or send sound at
"""

from __future__ import annotations


class PhoneError(Exception):
    """Root of everything this room raises; `code` is stable, for programs."""

    code = "phone_error"


class WorkerLost(PhoneError):
    """The child process that holds the phones is gone; its log says why."""

    code = "worker_lost"


class PhoneTimeout(PhoneError):
    """An awaited thing did not happen within `timeout_s`."""

    code = "timeout"

    def __init__(self, awaited: str, timeout_s: float) -> None:
        super().__init__(f"{awaited}: not within {timeout_s:g} s")
        self.awaited = awaited
        self.timeout_s = timeout_s


class RegistrationRefused(PhoneError):
    """The registrar refused or did not answer; the text holds its status line."""

    code = "registration_refused"


class CallGone(PhoneError):
    """The call had ended before the request reached it."""

    code = "call_gone"


class PhoneRefused(PhoneError):
    """The SIP stack, or the worker, could not do what was asked."""

    code = "refused"


class BadRecording(PhoneError):
    """A WAV file that cannot be played into a call as it is."""

    code = "bad_recording"


class SippFailed(PhoneError):
    """SIPp did not run its scenario to the end: `exit_code` and the end of its output."""

    code = "sipp_failed"

    def __init__(self, exit_code: int | None, output: str) -> None:
        super().__init__(f"sipp ended with {exit_code}: {output.strip() or 'no output'}")
        self.exit_code = exit_code


class PortTaken(SippFailed):
    """SIPp was not started: a UDP port that it needs is another program's."""

    code = "port_taken"

    def __init__(self, address: str, port: int) -> None:
        PhoneError.__init__(self, f"port {port} of {address} is taken")
        self.exit_code = None
        self.port = port


BY_CODE: dict[str, type[PhoneError]] = {
    kind.code: kind for kind in (RegistrationRefused, CallGone, PhoneRefused, BadRecording)
}
"""The errors that cross the worker's pipe by their code."""
