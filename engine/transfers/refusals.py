"""What is told an agent whose wish is not granted.

Refused              `code` says why
├── NotNow           it does not fit what goes on (not_now)
└── NotInTalk        nobody talks with this contact's caller (not_in_conversation)
"""


class Refused(Exception):
    """A wish that is not granted, and nothing has happened; `code` is for machines."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class NotNow(Refused):
    """The verb does not fit what goes on; the text says what does."""

    def __init__(self, verb: str, why: str) -> None:
        super().__init__("not_now", f"{verb} is not possible now: {why}")


class NotInTalk(Refused):
    """Nobody talks with this contact's caller, or not over this engine."""

    def __init__(self) -> None:
        super().__init__("not_in_conversation", "no agent talks with this contact's caller")
