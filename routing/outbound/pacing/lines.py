"""The calls in the air: since when they are dialed or ring, or are being judged (seconds)."""

from __future__ import annotations

from routing.outbound.pacing.answers import Answers
from routing.outbound.pacing.durations import Average


class Lines:
    """Calls from their placing until somebody has them or nobody ever will, and what is learned of
    them. A call's age is that of its ring, negative while it is dialed and about to ring."""

    def __init__(self, answer_rate: float) -> None:
        self.answers = Answers(answer_rate)
        self.dialing: dict[str, float] = {}
        self.ringing: dict[str, float] = {}
        self.judged: dict[str, tuple[float, float]] = {}
        """At what age they were picked up, and when."""
        self._people = Average(1.0)
        self._setup_s = Average(0.0)

    @property
    def people(self) -> float:
        """Of those picked up, the share that are people."""
        return self._people.value

    @property
    def setup_s(self) -> float:
        """From placing to the ring, on average."""
        return self._setup_s.value

    def __len__(self) -> int:
        return len(self.dialing) + len(self.ringing) + len(self.judged)

    def placed(self, call: str, at_s: float) -> None:
        """It is being dialed."""
        self.dialing[call] = at_s

    def rings(self, call: str, at_s: float) -> None:
        """It rings: from now on counts how long it has rung."""
        if (since_s := self.dialing.pop(call, None)) is not None:
            self._setup_s.add(at_s - since_s)
            self.ringing[call] = at_s

    def picked_up(self, call: str, at_s: float) -> None:
        """By whom is not known yet."""
        if (age_s := self._age_s(call, at_s)) is not None:
            self.judged[call] = age_s, at_s

    def person(self, call: str, at_s: float) -> None:
        """A person has answered it."""
        self._resolved(call, at_s, person=True)

    def nobody(self, call: str, at_s: float) -> None:
        """No person will answer it."""
        self._resolved(call, at_s, person=False)

    def hung_up(self, call: str) -> None:
        """It was ended from here: nothing is learned of it."""
        for calls in (self.dialing, self.ringing, self.judged):
            calls.pop(call, None)

    def ages_s(self, now_s: float) -> list[float]:
        """Of those that are dialed or ring."""
        setup_s = self.setup_s
        ages_s = [now_s - since_s for since_s in self.ringing.values()]
        if setup_s:
            ages_s += [min(now_s - since_s - setup_s, 0.0) for since_s in self.dialing.values()]
        else:
            ages_s += [now_s - since_s for since_s in self.dialing.values()]
        return ages_s

    def _resolved(self, call: str, at_s: float, *, person: bool) -> None:
        """Whoever is busy or does not answer was not picked up."""
        if (judged := self.judged.pop(call, None)) is not None:
            self._people.add(person)
            self.answers.add(person, *judged)
        elif (age_s := self._age_s(call, at_s)) is not None:
            self.answers.add(person, age_s, at_s)

    def _age_s(self, call: str, at_s: float) -> float | None:
        since_s = self.ringing.pop(call, None)
        if since_s is None:
            since_s = self.dialing.pop(call, None)
        return None if since_s is None else at_s - since_s
