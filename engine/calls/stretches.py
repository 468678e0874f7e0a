"""Stretches of time, such as a contact's waits and talks: (began, ended) in Unix epoch ms.

The last one may be open: its end is None.
"""

Stretch = tuple[int, int | None]
Stretches = tuple[Stretch, ...]


def opened(stretches: Stretches, at_ms: int) -> Stretches:
    """With one more that begins now; one that is open already goes on."""
    return stretches if is_open(stretches) else (*stretches, (at_ms, None))


def closed(stretches: Stretches, at_ms: int) -> Stretches:
    """With the open one ended now; nothing happens when none is open."""
    if not is_open(stretches):
        return stretches
    return (*stretches[:-1], (stretches[-1][0], at_ms))


def reopened(stretches: Stretches) -> Stretches:
    """With the last one going on, as if it had never ended."""
    return (*stretches[:-1], (stretches[-1][0], None)) if stretches else ()


def is_open(stretches: Stretches) -> bool:
    """Whether the last one goes on."""
    return bool(stretches) and stretches[-1][1] is None


def began(stretches: Stretches) -> int | None:
    """When the first one began."""
    return stretches[0][0] if stretches else None


def ended(stretches: Stretches) -> int | None:
    """When the last one ended; None while it goes on, and when there was none."""
    return stretches[-1][1] if stretches else None


def total_ms(stretches: Stretches, now_ms: int) -> int | None:
    """All of them together, an open one until now; None when there was none."""
    if not stretches:
        return None
    return sum(max(0, (now_ms if end is None else end) - begin) for begin, end in stretches)


def from_record(record: list[list[int | None]]) -> Stretches:
    """As JSON has them: lists for tuples."""
    return tuple((int(begin or 0), end) for begin, end in record)
