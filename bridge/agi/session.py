"""One call's AGI session: the verbs, typed in and typed out.

A channel that has hung up is a normal outcome: every verb but `get_variable` and `set_variable`
then raises ChannelGone. `result=-1` alone does not say whether the channel is gone (a missing file
gives it too); after a hangup Asterisk writes HANGUP and turns to dead mode before it reads the
next command (run_agi in res/res_agi.c), so one harmless command settles it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.agi.replies import AgiReply
from bridge.agi.request import AgiRequest
from bridge.agi.wire import AgiWire
from bridge.errors import ChannelGone, CommandFailed, PlaybackFailed, ProtocolError, UnsafeValue
from bridge.quoting import agi_line

_DEAD_CHANNEL = 511
_FAILED = "-1"
_NO_APPLICATION = "-2"
_LAST_CODE = 127
_NO_CODE = -2


@dataclass(frozen=True, slots=True)
class Playback:
    """How STREAM FILE ended: by `digit`, or at sample `endpos` of the file, its end or before it.

    A stop by AMI ControlPlayback looks like an end: ast_waitstream_full (main/file.c) turns it
    into 0. Whoever stops a prompt knows that he did.
    """

    digit: str | None
    endpos: int


@dataclass(frozen=True, slots=True)
class Digits:
    """What GET DATA collected. `value` is what the caller keyed: never log it.

    Without `timed_out` the caller ended with `#` (an empty `value`: `#` alone) or keyed as many
    digits as were wanted.
    """

    value: str
    timed_out: bool

    def __repr__(self) -> str:
        return f"Digits(<{len(self.value)} digits>, timed_out={self.timed_out})"


@dataclass(frozen=True, slots=True)
class Recorded:
    """How RECORD FILE ended: by `digit`, or None when its time ran out; the file's size in
    samples."""

    digit: str | None
    endpos: int


class AgiSession:
    """The commands of one call; one is in flight at any time, concurrent callers take turns."""

    def __init__(self, request: AgiRequest, wire: AgiWire) -> None:
        self.request = request
        self.hungup = wire.hungup
        self._wire = wire
        self.keys_taken: Callable[[str], None] = lambda keys: None
        """Hears the keys that a command took, `#` that ended it too: the manager tells of each as
        well, before or after."""

    @property
    def lost(self) -> bool:
        """True once the connection is gone: nothing more can be asked, nor told."""
        return self._wire.lost

    def _took(self, keys: str | None) -> str | None:
        if keys:
            self.keys_taken(keys)
        return keys

    async def command(self, *words: str) -> AgiReply:
        """Send one command, one word each (`command("STREAM", "FILE", name, "")`).

        Returns the reply of code 200. Raises UnsafeValue before anything is sent, ChannelGone
        for 511, ProtocolError for any other code, SessionClosed when the connection is lost.
        """
        reply = await self._wire.exchange(agi_line(*words))
        if reply.code == 200:
            return reply
        if reply.code == _DEAD_CHANNEL:
            self.hungup.set()
            raise ChannelGone(self.request.channel)
        raise ProtocolError(reply.code, reply.data)

    async def answer(self) -> None:
        """Answer the channel; nothing happens if it is up already."""
        reply = await self._verb("ANSWER")
        if reply.result != "0":
            await self._raise_failure("ANSWER", reply)

    async def hangup(self, cause: int | None = None) -> None:
        """Hang up the channel; `hungup` is set when Asterisk confirms it.

        `cause` (Q.850) is what the other side is told: by the SIP status of a call that was not
        answered, else by the Reason of the BYE. AGI's HANGUP takes none; `Hangup` of the dialplan
        notes it on the channel, and ends the call itself in newer releases only
        (pbx_builtin_hangup in main/pbx_builtins.c).
        """
        if cause is not None:
            await self._verb("EXEC", "Hangup", str(cause))
        await self._verb("HANGUP")

    async def stream_file(self, name: str, escape: str = "") -> Playback:
        """Play a sound file, named without extension, until its end or a digit of `escape`.

        Raises PlaybackFailed when the file cannot be opened.
        """
        reply = await self._verb("STREAM", "FILE", name, escape)
        result = _digit_code(reply)
        if result < 0:
            await self._raise_if_gone()
            raise PlaybackFailed(name)
        return Playback(self._took(chr(result) if result else None), reply.endpos or 0)

    async def get_data(self, name: str, timeout_ms: int, max_digits: int) -> Digits:
        """Play a file and collect digits, up to `#` (not kept) or `max_digits` (1 to 1024).

        `timeout_ms` (above 0) runs from the prompt's end and anew from each digit. A digit cuts
        the prompt short and counts. Raises PlaybackFailed when the file cannot be opened.
        """
        _require_range("timeout_ms", timeout_ms, 1, 1_000_000_000)
        _require_range("max_digits", max_digits, 1, 1024)
        reply = await self._verb("GET", "DATA", name, str(timeout_ms), str(max_digits))
        if reply.result == _FAILED:
            await self._raise_if_gone()
            raise PlaybackFailed(name)
        timed_out = reply.note == "timeout"
        ended = not timed_out and len(reply.result) < max_digits
        self._took(reply.result + ("#" if ended else ""))
        return Digits(reply.result, timed_out=timed_out)

    async def record_file(
        self, name: str, form: str, escape: str, timeout_ms: int, silence_s: int = 0
    ) -> Recorded:
        """Record what the channel says into `name`.`form` until a digit of `escape`, or until
        `silence_s` seconds of silence, all but one of which are cut off (0: silence ends nothing).

        A file that is there is overwritten. The digit's own sound is not kept: Asterisk cuts the
        last 200 ms off. No beep is asked for, as it would be a sound file of Asterisk's own that
        need not be there. Raises CommandFailed when the file cannot be written, ChannelGone at a
        hangup; what was said until then is in the file (handle_recordfile in res/res_agi.c).
        """
        _require_range("timeout_ms", timeout_ms, 1, 1_000_000_000)
        words = ("RECORD", "FILE", name, form, escape, str(timeout_ms))
        reply = await self._verb(*words, *([f"s={silence_s}"] if silence_s else []))
        if reply.note == "timeout":
            # Whether by time or by silence, the result is then whatever ast_waitfor gave last.
            return Recorded(None, reply.endpos or 0)
        result = _digit_code(reply)
        if result < 0:
            await self._raise_failure("RECORD FILE", reply)
        return Recorded(self._took(chr(result) if result else None), reply.endpos or 0)

    async def wait_for_digit(self, timeout_ms: int) -> str | None:
        """Return the next digit, None after `timeout_ms`; -1 waits for ever."""
        reply = await self._verb("WAIT", "FOR", "DIGIT", str(timeout_ms))
        result = _digit_code(reply)
        if result < 0:
            await self._raise_failure("WAIT FOR DIGIT", reply)
        return self._took(chr(result) if result else None)

    async def music(self, on: bool, music_class: str = "") -> None:
        """Start or stop music on hold; the class is the channel's own if none is given."""
        await self._verb("SET", "MUSIC", "ON" if on else "OFF", *filter(None, [music_class]))

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable, or write a dialplan function such as `CHANNEL(language)`.

        Allowed after the hangup too: the dialplan's `h` extension still sees it.
        """
        if self.lost:
            raise ChannelGone(self.request.channel)
        await self.command("SET", "VARIABLE", name, value)

    async def get_variable(self, name: str) -> str | None:
        """Return a variable's value, None if it is not set; allowed after the hangup too.

        Asterisk cuts the value after 1,023 bytes (handle_getvariable).
        """
        if self.lost:
            raise ChannelGone(self.request.channel)
        reply = await self.command("GET", "VARIABLE", name)
        return reply.note if reply.result == "1" else None

    async def evaluate(self, expression: str, channel: str) -> str | None:
        """What an expression such as `${CHANNEL(hangupsource)}` gives on a channel; None if there
        is none of that name (handle_getvariablefull)."""
        if self.lost:
            raise ChannelGone(self.request.channel)
        reply = await self.command("GET", "FULL", "VARIABLE", expression, channel)
        return (reply.note or "") if reply.result == "1" else None

    async def execute(self, app: str, *args: str) -> AgiReply:
        """Run a dialplan application until it ends; Asterisk takes its arguments as one list.

        Raises UnsafeValue for an argument with a comma (it would be two), CommandFailed when
        Asterisk has no such application or it failed with the channel up.
        """
        if any("," in arg for arg in args):
            raise UnsafeValue(app, "an argument holds a comma")
        reply = await self._verb("EXEC", app, ",".join(args))
        if reply.result in (_FAILED, _NO_APPLICATION):
            await self._raise_failure(f"EXEC {app}", reply)
        return reply

    async def _verb(self, *words: str) -> AgiReply:
        if self.hungup.is_set():
            raise ChannelGone(self.request.channel)
        return await self.command(*words)

    async def _raise_failure(self, command: str, reply: AgiReply) -> None:
        await self._raise_if_gone()
        raise CommandFailed(command, reply.result)

    async def _raise_if_gone(self) -> None:
        """CHANNEL STATUS does nothing, and is refused (511) on a dead channel."""
        await self._verb("CHANNEL", "STATUS")
        if self.hungup.is_set():
            raise ChannelGone(self.request.channel)


def _digit_code(reply: AgiReply) -> int:
    """The result as -1 (failure), 0 (no digit) or the code of a digit."""
    try:
        code = int(reply.result)
    except ValueError:
        code = _NO_CODE
    if not -1 <= code <= _LAST_CODE:
        raise ProtocolError(reply.code, "the result is no digit")
    return code


def _require_range(name: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise ValueError(f"{name} must be {lowest} to {highest}")
