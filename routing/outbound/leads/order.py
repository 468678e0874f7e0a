"""In which order leads are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from routing.outbound.leads.lead import Held, Lead, Ready

Key = tuple[int, ...]
SHUFFLE, SHUFFLED = 2_654_435_761, 1 << 32
"""Knuth's multiplicative hash: the same lead is always at the same place of a random order."""

ORDERS: Mapping[str, Callable[[Lead], int]] = {
    "fewest_attempts": lambda lead: lead.tries,
    "longest_ago": lambda lead: lead.last_ms or 0,
    "first_imported": lambda lead: lead.id,
    "last_imported": lambda lead: -lead.id,
    "random": lambda lead: lead.id * SHUFFLE % SHUFFLED,
}
"""What a campaign may name; each decides the ties of those before it."""


def key(lead: Lead, order: Sequence[str], list_priority: int = 0) -> Key:
    """The smaller is called first: who was promised it, then by the list's priority, then the
    lead's, then the campaign's order."""
    state = lead.state.ready if isinstance(lead.state, Held) else lead.state
    promised = isinstance(state, Ready) and state.promised
    due = state.due_ms if isinstance(state, Ready) and promised else 0
    own = (ORDERS[name](lead) for name in order)
    return (not promised, due, -list_priority, lead.rank, *own, lead.id)
