"""Every error of the bridge.

BridgeError
├── AmiError                the manager interface
│   ├── LinkDown            no link, or it was lost while an action waited: its outcome is unknown
│   ├── LoginRejected       Asterisk refused the user name or the secret
│   ├── ActionFailed        Asterisk answered "Response: Error"
│   └── ActionTimeout       no answer in time: the outcome is unknown
├── AgiError                a call's FastAGI session
│   ├── ProtocolError       a reply that is not AGI, or one of the 5xx kind
│   ├── SessionClosed       the session is over: the engine closed it, or Asterisk's end is gone
│   ├── ChannelGone         the call is over: a normal outcome, treated as a hangup
│   ├── PlaybackFailed      a sound file could not be opened; the channel is up
│   └── CommandFailed       a command was carried out and failed; the channel is up
└── UnsafeValue             a value that would break out of its line; never sent

Texts hold names of actions, commands and fields, never the values, which may be personal data.
"""

from typing import ClassVar


class BridgeError(Exception):
    """Any failure at the border with Asterisk; `code` is stable, for logs and metrics."""

    code: ClassVar[str] = "bridge_error"


class AmiError(BridgeError):
    """A failure on the manager interface."""

    code = "ami_error"


class LinkDown(AmiError):
    """There is no link to Asterisk, or it was lost before the answer came.

    An action that was under way may or may not have been performed; it is never sent again.
    """

    code = "ami_link_down"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the AMI link is down: {reason}")
        self.reason = reason


class LoginRejected(AmiError):
    """Asterisk refused the login; `answer` is its own text."""

    code = "ami_login_rejected"

    def __init__(self, username: str, answer: str) -> None:
        super().__init__(f"Asterisk refused the AMI login of {username!r}: {answer}")
        self.username = username
        self.answer = answer


class ActionFailed(AmiError):
    """Asterisk answered an action with an error; `answer` is its own text."""

    code = "ami_action_failed"

    def __init__(self, action: str, answer: str) -> None:
        super().__init__(f"AMI action {action} failed: {answer}")
        self.action = action
        self.answer = answer


class ActionTimeout(AmiError):
    """Asterisk did not answer in `timeout_s` seconds; the action may still be performed."""

    code = "ami_action_timeout"

    def __init__(self, action: str, timeout_s: float) -> None:
        super().__init__(f"AMI action {action} was not answered within {timeout_s:g} s")
        self.action = action
        self.timeout_s = timeout_s


class AgiError(BridgeError):
    """A failure in a FastAGI session."""

    code = "agi_error"


class ProtocolError(AgiError):
    """A reply that AGI does not know, or one of the 5xx kind.

    `status` is the reply's code (510, 520, …), or None for a line that is no reply; `text` is
    what Asterisk wrote, for 520 with the usage lines.
    """

    code = "agi_protocol_error"

    def __init__(self, status: int | None, text: str) -> None:
        super().__init__(f"AGI reply {status if status is not None else 'unreadable'}: {text}")
        self.status = status
        self.text = text


class SessionClosed(AgiError):
    """The session can carry no more commands."""

    code = "agi_session_closed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the AGI session is closed: {reason}")
        self.reason = reason


class ChannelGone(AgiError):
    """The channel hung up: the normal end of a call, not a fault."""

    code = "agi_channel_gone"

    def __init__(self, channel: str = "") -> None:
        super().__init__("the channel has hung up")
        self.channel = channel


class PlaybackFailed(AgiError):
    """Asterisk could not play the file `name` in any format or language that it tried."""

    code = "agi_playback_failed"

    def __init__(self, name: str) -> None:
        super().__init__(f"cannot play {name}")
        self.name = name


class CommandFailed(AgiError):
    """A command failed on a channel that is up: `result` is -1, or -2 for no such application."""

    code = "agi_command_failed"

    def __init__(self, command: str, result: str) -> None:
        super().__init__(f"{command} failed with result {result}")
        self.command = command
        self.result = result


class UnsafeValue(BridgeError, ValueError):
    """A value cannot be sent as it is; `where` names the header, variable or word."""

    code = "unsafe_value"

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem
