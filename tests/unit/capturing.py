"""A caller who keys a card, and an agent who watches."""

from __future__ import annotations

from collections.abc import Sequence

from payments.capture import POUND, STAR, Capture, Output, Prompt, Rules
from payments.capture.checks import Month

TODAY = Month(2026, 11)
KEYS = {"*": STAR, "#": POUND, "A": 12, "B": 13, "C": 14, "D": 15}
PLAIN = Rules()
VISA, MASTERCARD, AMEX = "4242424242424242", "5555555555554444", "378282246310005"


class Caller:
    """Keys and waits on a clock that only they move; every prompt is heard at once."""

    def __init__(self, rules: Rules = PLAIN, language: str = "en") -> None:
        self.capture = Capture(rules, language, TODAY)
        self.now_ms = 1_000_000
        self.seen: list[Output] = []
        self.take(self.capture.start(self.now_ms))

    def take(self, outputs: Sequence[Output]) -> Sequence[Output]:
        """Hear and see what came."""
        self.seen += outputs
        if any(isinstance(each, Prompt) for each in outputs):
            self.seen += self.capture.prompt_ended(self.now_ms)
        return outputs

    def keys(self, keys: str, every_ms: int = 200) -> list[Output]:
        """Key them one after another; what came of it."""
        before = len(self.seen)
        for key in keys:
            self.now_ms += every_ms
            code = KEYS[key] if key in KEYS else int(key)
            self.take(self.capture.key(code, self.now_ms))
        return self.seen[before:]

    def waits(self, ms: int) -> list[Output]:
        """Be silent; time passes as the capture asks for it."""
        before = len(self.seen)
        end_ms = self.now_ms + ms
        while (due := self.capture.due_ms) is not None and due <= end_ms:
            self.now_ms = due
            self.take(self.capture.tick(due))
        self.now_ms = end_ms
        return self.seen[before:]

    def events(self) -> list[Output]:
        """What the agent saw so far."""
        return [each for each in self.seen if not isinstance(each, Prompt)]

    def prompts(self) -> list[Prompt]:
        """What the caller heard so far."""
        return [each for each in self.seen if isinstance(each, Prompt)]
