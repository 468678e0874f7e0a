"""Who answers a campaign's calls: how many of each kind of people, and of each kind of machine.

No published count of the kinds was found, so these are assumptions, and what is counted is counted
by kind: who knows a campaign's own shares gives them.
"""

from __future__ import annotations

from typing import NamedTuple


class Mix(NamedTuple):
    """Of each kind a share (people's and machines' each add up to 1), or a count."""

    hello: float
    """A word, and once more if nobody answers."""
    named: float
    """A sentence with a name, or a question."""
    firm: float
    """A firm's greeting, up to four seconds and more."""
    personal: float
    """A machine that somebody has spoken to, in several sentences."""
    carrier: float
    """A network's announcement."""
    short: float
    """A machine that says a few words."""

    @property
    def people(self) -> tuple[float, ...]:
        """The kinds of people alone."""
        return self[:3]

    @property
    def machines(self) -> tuple[float, ...]:
        """The kinds of machines alone."""
        return self[3:]


MIXED = Mix(0.5, 0.3, 0.2, 0.5, 0.35, 0.15)
CONSUMERS = Mix(0.68, 0.3, 0.02, 0.45, 0.4, 0.15)
"""People at home and their mobiles."""
FIRMS = Mix(0.15, 0.25, 0.6, 0.6, 0.3, 0.1)
"""Who calls at work."""
