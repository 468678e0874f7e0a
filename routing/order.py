"""The one order of all contacts: priority that ages.

A contact of priority p that came at T has, at the time t, waited t - T. With ageing, each
`ageing_ms` of waiting counts as one level of priority more, so its level at t is

    p + (t - T) / ageing_ms

Of two contacts the one with the higher level goes first. As all levels rise equally fast, t
cancels out when two are compared: p + (t - T) / a > p' + (t - T') / a exactly when
T - p·a < T' - p'·a. So T - p·a is a key that never changes, and a line sorted by it is
sorted for good: a level is a head start of one `ageing_ms`.

Nobody starves. Priorities lie between 0 and P (100 in flows). A contact that came at T with
priority p is overtaken only by contacts that came before T + (P - p)·a, as those who come later
have a later key whatever their priority (of equal keys, who came first is first). These are
finitely many, and each that is served is gone; so with every agent who becomes free for it, its
turn comes nearer by one. The tests hold the matcher to this bound, and show that without ageing
there is none.

What an agent's preference, a strategy's score and a queue's targets add is a time too, and each is
bounded: it moves the bound by so much and leaves it one.
"""

from routing.contact import Contact

Place = tuple[int, int, int, str]
"""Where a contact stands, the least first: strict level, the moment from which it seems to wait,
the moment when it came (both epoch, ms), id."""


def ahead(place: Place, levels: int, ageing_ms: int | None) -> Place:
    """The place of a contact that counts as `levels` of priority more."""
    strict, since_ms, came_ms, contact = place
    if ageing_ms is None:
        return strict - levels, since_ms, came_ms, contact
    return strict, since_ms - levels * ageing_ms, came_ms, contact


def earlier(place: Place, by_ms: int) -> Place:
    """The place of a contact that counts as having waited longer."""
    strict, since_ms, came_ms, contact = place
    return strict, since_ms - by_ms, came_ms, contact


def level(contact: Contact, ageing_ms: int | None, now_ms: int) -> float:
    """Its priority, and what its wait is worth, if priorities age."""
    if ageing_ms is None:
        return float(contact.priority)
    return round(contact.priority + (now_ms - contact.arrived_ms) / ageing_ms, 2)


def place(contact: Contact, ageing_ms: int | None) -> Place:
    """The contact's key in the order; `ageing_ms` None: priority is strict and never ages."""
    came_ms = contact.arrived_ms
    if ageing_ms is None:
        return -contact.priority, came_ms, came_ms, contact.id
    return 0, came_ms - contact.priority * ageing_ms, came_ms, contact.id
