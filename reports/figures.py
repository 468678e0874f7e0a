"""The figures of one queue, agent or skill in one interval.

What is counted is kept, what is derived is worked out from it: so figures of several intervals
add up to those of the whole, and a mean of the whole is never a mean of means.
"""

from collections import Counter
from dataclasses import dataclass, field, fields
from math import sqrt
from typing import Any, Literal, NamedTuple, Self

Kind = Literal["queue", "agent", "skill"]


class Subject(NamedTuple):
    """What figures are of."""

    kind: Kind
    name: str


@dataclass(slots=True)
class Figures:
    """All times are in milliseconds. Who waits is counted in the interval in which the wait ends.

    Contacts in a queue; a promised callback, which nobody waits for on the line, counts in
    `called_back` alone, and whom a campaign has called in `dialed`, if an agent talked with them:
    `entered` joined the line. `answered` were answered by an agent, `in_time` of them within the
    queue's time. `abandoned` hung up, `timed_out` waited the queue's whole time; of both `short`
    are those whose wait was shorter than the queue's `short_call`, which are counted there alone.
    `withdrawn` left by a key or were taken out by the flow, `lost` by a restart. `overflowed` of
    all who left unanswered joined another queue. `turned_away` were not let in. `promised` will be
    called back. `wait_ms` is that of all answered together, `longest_wait_ms` of any who left. Of
    the answered, the further waits of `foretold` had been foretold: `foretold_wait_ms` is what came
    of them together, `foretold_error_ms2` the squared errors.

    Conversations, callbacks and transfers to an agent too:
    `handled` are over, with `talk_ms`, and `wrap_up_ms` of the wrap-ups that are over.
    `transferred` went on to another queue, agent or number. In them agents asked somebody else
    (`consultations`), and talked together with them (`conferences`); `held_ms` is the time of
    `holds`, in which callers heard music. `rona` are rings that nobody answered
    in their time, `not_rung` those of phones that were busy or could not be rung.

    Agents' time, exact at the borders of the interval; of a queue or a skill that of all agents who
    serve or have it, whatever they did: `available_ms`, `offered_ms` (promised a contact, or rung),
    `talking_ms`, `wrapping_ms`, `paused_ms` (by reason in `pauses`, and of it `productive_ms` for
    reasons that are work), and `unresponsive_ms` after a ring in vain.

    Customers (`reports.resolution`): `first_settled` are first contacts whose time to come again
    is over, `first_resolved` of them were the only ones, `first_pending` may still turn out so.
    """

    entered: int = 0
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    timed_out: int = 0
    short: int = 0
    withdrawn: int = 0
    lost: int = 0
    overflowed: int = 0
    turned_away: int = 0
    promised: int = 0
    called_back: int = 0
    dialed: int = 0
    wait_ms: int = 0
    foretold: int = 0
    foretold_wait_ms: int = 0
    foretold_error_ms2: int = 0
    longest_wait_ms: int = 0
    handled: int = 0
    talk_ms: int = 0
    wrap_up_ms: int = 0
    transferred: int = 0
    consultations: int = 0
    conferences: int = 0
    holds: int = 0
    held_ms: int = 0
    rona: int = 0
    not_rung: int = 0
    available_ms: int = 0
    offered_ms: int = 0
    talking_ms: int = 0
    wrapping_ms: int = 0
    paused_ms: int = 0
    productive_ms: int = 0
    unresponsive_ms: int = 0
    first_settled: int = 0
    first_resolved: int = 0
    first_pending: int = 0
    pauses: Counter[str] = field(default_factory=Counter)

    def add(self, other: Self) -> None:
        """The figures of another interval are in these from now on."""
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.longest_wait_ms = max(self.longest_wait_ms, other.longest_wait_ms)
        self.pauses.update(other.pauses)

    def told(self) -> dict[str, Any]:
        """All of it, by name, for a machine."""
        names = (*SUMS, "longest_wait_ms", *RATIOS)
        return {**{name: getattr(self, name) for name in names}, "pauses": dict(self.pauses)}

    @property
    def counted(self) -> int:
        """Contacts that count for the service level."""
        return self.answered + self.abandoned + self.timed_out

    @property
    def service_level(self) -> float | None:
        """Of the contacts that count, the share (0 to 1) answered in time: answered within T, by
        answered and lost, less short calls. The matcher's own (`routing/targets.py`) is the same.
        """
        return _share(self.in_time, self.counted)

    @property
    def asa_ms(self) -> float | None:
        """Average speed of answer: the mean wait of those answered."""
        return _share(self.wait_ms, self.answered)

    @property
    def abandon_rate(self) -> float | None:
        """Of the contacts that count, the share that hung up."""
        return _share(self.abandoned, self.counted)

    @property
    def expected_wait_error(self) -> float | None:
        """How wrong waits were foretold: the root of the mean squared error, as a share of what
        came in the mean."""
        if not self.foretold_wait_ms:
            return None
        error_ms = sqrt(self.foretold_error_ms2 / self.foretold)
        return error_ms * self.foretold / self.foretold_wait_ms

    @property
    def aht_ms(self) -> float | None:
        """Average handling time: talk (with hold) and wrap-up, by conversations."""
        return _share(self.talk_ms + self.wrap_up_ms, self.handled)

    @property
    def handling_ms(self) -> int:
        """Agents' time with contacts."""
        return self.talking_ms + self.wrapping_ms

    @property
    def ready_ms(self) -> int:
        """Agents' time with contacts, or there for them."""
        return self.handling_ms + self.available_ms + self.offered_ms

    @property
    def signed_in_ms(self) -> int:
        """Agents' time from log-in to log-out."""
        return self.ready_ms + self.paused_ms + self.unresponsive_ms

    @property
    def occupancy(self) -> float | None:
        """Of the time in which agents were with contacts or there for them, the share with
        contacts."""
        return _share(self.handling_ms, self.ready_ms)

    @property
    def utilisation(self) -> float | None:
        """Of the signed-in time, the share with contacts, there for them, or at other work (COPC
        divides by paid time, which is not known here)."""
        return _share(self.ready_ms + self.productive_ms, self.signed_in_ms)

    @property
    def transfer_rate(self) -> float | None:
        """Transfers by conversations."""
        return _share(self.transferred, self.handled)

    @property
    def first_contact_resolution(self) -> float | None:
        """Of the first contacts whose time to come again is over, the share that did not."""
        return _share(self.first_resolved, self.first_settled)


SUMS = tuple(
    each.name for each in fields(Figures) if each.name not in {"longest_wait_ms", "pauses"}
)
"""What is counted and adds up."""

RATIOS = (
    *("service_level", "asa_ms", "abandon_rate", "aht_ms", "occupancy", "utilisation"),
    *("transfer_rate", "first_contact_resolution", "expected_wait_error"),
)
"""What is derived."""

COLUMNS = (
    *("entered", "answered", "in_time", "abandoned", "timed_out", "short", "withdrawn", "lost"),
    *("overflowed", "turned_away", "promised", "called_back", "wait_ms", "handled", "talk_ms"),
    *("wrap_up_ms", "transferred", "rona", "not_rung", "available_ms", "offered_ms"),
    *("talking_ms", "wrapping_ms", "paused_ms", "unresponsive_ms", "first_settled"),
    *("first_resolved", "first_pending", "longest_wait_ms", "service_level", "asa_ms"),
    *("abandon_rate", "aht_ms", "occupancy", "utilisation", "transfer_rate"),
    *("first_contact_resolution", "pauses"),
    *("consultations", "conferences", "holds", "held_ms", "productive_ms", "foretold"),
    *("foretold_wait_ms", "foretold_error_ms2", "expected_wait_error"),
    "dialed",
)
"""Every figure as tables for machines have them in order: whatever is new comes last, for whoever
reads by place."""

OF_FIRST_CONTACTS = frozenset(
    {"first_settled", "first_resolved", "first_pending", "first_contact_resolution"}
)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
