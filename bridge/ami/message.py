"""One message of Asterisk's manager: a response or an event."""

from collections.abc import Iterator, Mapping

from panoramisk.message import Message


class AmiMessage(Mapping[str, str]):
    """The headers of a message; names are case-insensitive, values are text.

    A header that Asterisk repeats (`Variable`, `Output`) gives its first value here and all of
    them through `all()`. Wraps panoramisk's Message, whose attributes answer to any name at all.
    """

    __slots__ = ("_message",)

    def __init__(self, message: Message) -> None:
        self._message = message

    @property
    def event(self) -> str:
        """The name of the event, or "" for a response."""
        return self.get("Event", "")

    @property
    def response(self) -> str:
        """Success, Error, … for a response; some events carry this header too."""
        return self.get("Response", "")

    @property
    def action_id(self) -> str:
        """The ActionID of the action that this message belongs to, or ""."""
        return self.get("ActionID", "")

    def all(self, name: str) -> list[str]:
        """Return every value of a header, in Asterisk's order; none gives an empty list."""
        value = self._message.get(name)
        if value is None:
            return []
        return list(value) if isinstance(value, list) else [value]

    def __getitem__(self, name: str) -> str:
        value = self._message[name]
        return str(value[0] if isinstance(value, list) else value)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._message

    def __iter__(self) -> Iterator[str]:
        return iter(self._message)

    def __len__(self) -> int:
        return len(self._message)

    def __repr__(self) -> str:
        """Name the message but not its values, which may be personal data."""
        return f"<AmiMessage {self.event or self.response} {sorted(self)}>"
