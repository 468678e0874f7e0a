"""The rules as values: what each is set to, and by whom. None: the rule is off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, Protocol

from routing.outbound.rules.clocks import HoursRule


@dataclass(frozen=True, slots=True)
class Register:
    """A list of others that must have been asked: imported no longer than `max_age_ms` ago."""

    max_age_ms: int
    unless_consent: bool = True
    commercial: bool = True


@dataclass(frozen=True, slots=True)
class DoNotCallRule:
    """The site's own list and the registers, by name, looked at this long before dialing. A list
    that is no register binds as the site's own does."""

    registers: Mapping[str, Register] = field(default_factory=dict)
    checked_within_ms: int = 10_000


class Needing(Enum):
    """Which calls need consent; each of these takes in those above it."""

    AUTOMATED = "automated"
    """Nobody talks."""
    AHEAD = "ahead"
    """Made before an agent is free for it."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ConsentRule:
    """Whose calls need prior consent, and what counts as one: no older than `max_age_ms` (None: for
    ever), from one of `sources` (none: from any that is named)."""

    calls: Needing = Needing.AUTOMATED
    commercial: bool = False
    max_age_ms: int | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AttemptsRule:
    """Calls to one number at most, in the callee's days; `week` is a day and the six before it.
    `site`: whether calls of all campaigns count."""

    day: int | None = None
    week: int | None = None
    ever: int | None = None
    site: bool = True


@dataclass(frozen=True, slots=True)
class UnderWayRule:
    """One call to a number at a time, whoever makes it. No law, and never off."""


@dataclass(frozen=True, slots=True)
class RingRule:
    """A phone rings for so long before the call is given up."""

    least_ms: int = 15_000


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """Who has answered talks to an agent, or hears the message, within this time from the end of
    the greeting, or from the beginning of speech."""

    within_ms: int = 2_000
    counted_from: Literal["greeting", "speech"] = "speech"


@dataclass(frozen=True, slots=True)
class MessageRule:
    """What the message must tell to whom no agent was there for."""

    parts: tuple[str, ...] = ("seller", "number", "purpose", "key")


@dataclass(frozen=True, slots=True)
class LockRule:
    """No call for this time after one that ended so, unless an agent is kept for it."""

    time_ms: int
    unless_agent: bool = True


@dataclass(frozen=True, slots=True)
class CallerIdRule:
    """The caller's number is shown; `answered`: and is one that the site answers."""

    answered: bool = True


@dataclass(frozen=True, slots=True)
class NumbersRule:
    """Kinds of number that are never called."""

    refuse: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AllowRule:
    """The campaign calls only the numbers that it names: `text` says which. No law, and never
    off."""

    text: str


@dataclass(frozen=True, slots=True)
class AbandonRule:
    """The caps of the budget, in percent; None: that cap is off. `people_taken` counts where no
    `false_machines` were measured, both in percent."""

    day: float | None = 3.0
    month: float | None = 3.0
    false_machines: float | None = None
    people_taken: float = 0.0
    lost_before_verdict: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one jurisdiction, with what the campaign asks of its own calls beside them:
    `allow`, and `campaign_hours` on a clock of their own; `under_way` holds everywhere. `set_by`
    tells of each who has set it last."""

    allow: AllowRule | None = None
    campaign_hours: HoursRule | None = None
    hours: HoursRule | None = None
    do_not_call: DoNotCallRule | None = None
    consent: ConsentRule | None = None
    under_way: UnderWayRule = UnderWayRule()
    attempts: AttemptsRule | None = None
    ring: RingRule | None = None
    answer: AnswerRule | None = None
    message: MessageRule | None = None
    abandoned_lock: LockRule | None = None
    machine_lock: LockRule | None = None
    abandon_rate: AbandonRule | None = None
    caller_id: CallerIdRule | None = None
    numbers: NumbersRule | None = None
    set_by: Mapping[str, str] = field(default_factory=dict)


class Law(Protocol):
    """The rules of every jurisdiction, for one campaign."""

    def rules(self, jurisdiction: str) -> Rules:
        """Those of a country (`HU`), or a part of one (`US-FL`); of any other the cautious ones."""
        ...

    def parts(self, country: str) -> frozenset[str]:
        """The parts of a country that have rules of their own, like `US-FL`."""
        ...
