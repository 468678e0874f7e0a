"""How long contacts may still wait, by what is seen of the floor; and how wrong that was.

Pure, a room of the floor. What is looked at (`routing/fluid.py` works it out): who stands before
the contact in any queue whose callers the same agents serve, by the one order of all; the agents at
work, by what they have in hand, and when their wrap-ups end; how long each queue's contacts keep
an agent busy, and how soon its callers give up; who may still come of a higher priority; and what
the contact will ask for when it has waited longer. Every so often a newcomer's wait is foretold
without anybody being told, to see what becomes of it: `trusted_ms` is silent until that goes well.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from math import exp, inf
from typing import NamedTuple

from routing import contact as contacts
from routing.accuracy import Accuracy
from routing.contact import Contact
from routing.crew import Crew
from routing.estimate import Patience
from routing.events import WaitForetold
from routing.fluid import Start, Tank, Team, mean_wait_ms
from routing.ledger import Ledger
from routing.lines import Kind, WaitingLine
from routing.order import earlier
from routing.work import LATELY_MS

_NEWCOMERS = 200
_MOST_LINKS = 1_000
_MOST_SHARES = 120
"""So much is looked at for one contact: links between lines and kinds of agents, and shares of
teams in lines. Where there are more, a contact looks at its own line alone: else it would take as
long as many decisions, and the error tells how well that goes."""


class Foretold(NamedTuple):
    """At `at_ms` a contact was expected to wait `wait_ms` more."""

    at_ms: int
    wait_ms: int


class _Rate:
    """How often something happened lately."""

    __slots__ = ("_at_ms", "_number", "_since_ms")

    def __init__(self, now_ms: int) -> None:
        self._number, self._at_ms, self._since_ms = 0.0, now_ms, now_ms

    def add(self, now_ms: int) -> None:
        """Once more."""
        self._number = self._number * exp((self._at_ms - now_ms) / LATELY_MS) + 1
        self._at_ms = now_ms

    def per_ms(self, now_ms: int) -> float:
        """As long as less than the time that counts has passed, of the time that has."""
        seen = -(exp((self._since_ms - now_ms) / LATELY_MS) - 1) * LATELY_MS
        left = self._number * exp((self._at_ms - now_ms) / LATELY_MS)
        return left / seen if seen > 60_000 else 0.0


class Forecast:
    """See the module. `accuracy` is by queue."""

    def __init__(self, ledger: Ledger) -> None:
        self.accuracy: defaultdict[str, Accuracy] = defaultdict(Accuracy)
        self._ledger = ledger
        self._patience = Patience()
        self._urgent: dict[tuple[WaitingLine, int], _Rate] = {}
        self._newcomers: dict[str, None] = {}
        self._foretold: dict[str, Foretold] = {}

    @property
    def crew(self) -> Crew:
        """Who is at work."""
        return self._ledger.crew

    # what happens

    def joined(self, contact: Contact, now_ms: int) -> None:
        """A contact is in line now."""
        if contact.priority > 0:
            line = self._ledger.pool.line_of(contact), contact.priority
            rate = self._urgent.get(line)
            if rate is None:
                rate = self._urgent[line] = _Rate(now_ms)
            rate.add(now_ms)
        if contact.leg and len(self._newcomers) < _NEWCOMERS:
            self._newcomers[contact.id] = None

    def look(self, now_ms: int, most: int = 1) -> bool:
        """Foretells the waits of some who came since the last look; whether there are more."""
        for contact_id in [*islice(self._newcomers, most)]:
            del self._newcomers[contact_id]
            if isinstance(self._ledger.contact_state(contact_id), contacts.Waiting):
                wait_ms = self.expected_ms(self._ledger.contacts[contact_id].contact, now_ms)
                if wait_ms is not None:
                    self._foretold[contact_id] = Foretold(now_ms, wait_ms)
        return bool(self._newcomers)

    def wait_over(self, contact: Contact, now_ms: int, *, answered: bool) -> WaitForetold | None:
        """A contact was answered, or gave up. How its wait compares with what was foretold of it;
        of who gave up nobody knows."""
        if contact.leg:  # nobody gives up who is not on the line
            wait_ms = now_ms - contact.arrived_ms
            self._patience.add(contact.queue, wait_ms, gave_up=not answered)
        foretold = self.forget(contact.id)
        if foretold is None or not answered:
            return None
        self.accuracy[contact.queue].note(foretold.wait_ms, now_ms - foretold.at_ms)
        return WaitForetold(now_ms, contact, *foretold)

    def forget(self, contact_id: str) -> Foretold | None:
        """A contact is in line no more; what was foretold of it."""
        self._newcomers.pop(contact_id, None)
        return self._foretold.pop(contact_id, None)

    # what is told

    def is_trusted(self, queue: str) -> bool:
        """Whether callers of a queue may be told."""
        trust = self._ledger.pool.rules.queue(queue).trust
        return queue in self.accuracy and self.accuracy[queue].is_trusted(trust)

    def error(self, queue: str) -> float | None:
        """How wrong it was lately, as a share of the mean wait; None while nothing is known."""
        return self.accuracy[queue].error if queue in self.accuracy else None

    def trusted_ms(self, contact: Contact, now_ms: int) -> int | None:
        """How long a contact, in line or about to be, may still wait; None unless that can be
        told."""
        return self.expected_ms(contact, now_ms) if self.is_trusted(contact.queue) else None

    def expected_ms(self, contact: Contact, now_ms: int) -> int | None:
        """The same, however wrong it may be; None where nothing is known."""
        state = self._ledger.contact_state(contact.id)
        if self.crew.handling.mean_ms(contact.queue) is None or isinstance(state, contacts.Talking):
            return None
        if isinstance(state, contacts.Reserved | contacts.Ringing):
            return 0
        return _Outlook(self, self._ledger, contact, now_ms).wait_ms()

    def rate(self, queue: str, own: str) -> float:
        """How many contacts of a queue one agent is done with in a ms; where too little is known,
        of the queue that is asked about."""
        handling = self.crew.handling
        return 1 / max(1.0, handling.mean_ms(queue) or handling.mean_ms(own) or inf)

    def gives_up(self, queue: str) -> float:
        """How many of those who wait give up in a ms, for each of them."""
        return self._patience.rate(queue)

    def urgent(self, line: WaitingLine, above: int, now_ms: int) -> Iterator[tuple[int, float]]:
        """By priority, how many come in a ms to this line who have a higher one."""
        for (stands_in, priority), rate in self._urgent.items():
            if stands_in is line and priority > above:
                yield priority, rate.per_ms(now_ms)


class _Outlook:
    """What one contact looks at."""

    def __init__(self, forecast: Forecast, ledger: Ledger, contact: Contact, now_ms: int) -> None:
        self._forecast = forecast
        self._ledger = ledger
        self._pool = ledger.pool
        self._contact = contact
        self._now_ms = now_ms
        self._place = self._pool.place(contact)
        self._own = self._pool.line_of(contact)
        self._tanks: dict[WaitingLine, int] = {}
        self._filled: list[Tank] = []

    def wait_ms(self) -> int | None:
        """How long it may still wait."""
        ours = self._ours()
        self._look_around(ours)
        teams = self._teams(ours)
        if sum(len(team.tanks) for team in teams) > _MOST_SHARES:
            self._look_at_own()
            teams = self._teams(ours)
        teams += self._preferred()
        found = mean_wait_ms(self._filled, teams)
        return None if found is None else round(found)

    def _ours(self) -> dict[Kind, float]:
        """Who may serve the contact, and from when on (ms from now)."""
        found: dict[Kind, float] = {}
        contact, from_ms = self._contact, 0
        if contact.preferred is not None:
            from_ms = self._from_now(contact.preferred.for_ms)
            contact = contact.for_anyone()
        for after_ms, asks in self._steps(contact):
            since = max(from_ms, after_ms)
            for link in self._pool.line_of(asks).links:
                found.setdefault(link.free.kind, since)
        return found

    def _steps(self, contact: Contact) -> Iterator[tuple[int, Contact]]:
        """What it asks for now, and later."""
        yield 0, contact
        for step in contact.relax:
            at_ms = contact.arrived_ms + step.after_ms
            yield self._from_now(step.after_ms), contact.relaxed(at_ms)

    def _from_now(self, waited_ms: int) -> int:
        return max(0, self._contact.arrived_ms + waited_ms - self._now_ms)

    def _look_around(self, ours: Iterable[Kind]) -> None:
        """The lines that these agents serve, those who serve them too, and so on."""
        seen, links = dict.fromkeys(ours), 0
        for kind in (queue := [*seen]):
            own = self._pool.line_of_kind(kind).links
            links += len(own)
            if links > _MOST_LINKS:
                self._look_at_own()
                return
            for line in [e.waiting for e in own if e.waiting not in self._tanks]:
                if self._add_tank(line):
                    links += len(line.links)
                    fresh = [e.free.kind for e in line.links if e.free.kind not in seen]
                    seen.update(dict.fromkeys(fresh))
                    queue += fresh

    def _look_at_own(self) -> None:
        """At nothing but the contact's own line."""
        self._tanks.clear()
        self._filled.clear()
        self._add_tank(self._own)

    def _add_tank(self, line: WaitingLine) -> bool:
        tank = self._tank(line)
        if tank is not None:
            self._tanks[line] = len(self._filled)
            self._filled.append(tank)
        return tank is not None

    def _tank(self, line: WaitingLine) -> Tank | None:
        """Those of a line who go before; None where nobody does."""
        gained_ms = self._own.need.ms - line.need.ms
        number = line.line.before(earlier(self._place, gained_ms)) if line.line else 0
        comes, until_ms = self._overtake(line, gained_ms)
        if not number and not comes:
            return None
        return Tank(number, self._forecast.gives_up(line.queue), comes, until_ms)

    def _overtake(self, line: WaitingLine, gained_ms: int) -> tuple[float, float]:
        """How many still come and go before, in a ms, and until when. Of several priorities the
        number is what counts, so the times become one."""
        comes, number = 0.0, 0.0
        ageing_ms = self._pool.rules.ageing_ms
        for priority, rate in self._forecast.urgent(line, self._contact.priority, self._now_ms):
            ahead_ms = inf
            if ageing_ms is not None:
                lead_ms = (priority - self._contact.priority) * ageing_ms - gained_ms
                ahead_ms = self._contact.arrived_ms + lead_ms - self._now_ms
            if ahead_ms > 0:
                comes += rate
                number += rate * min(ahead_ms, LATELY_MS)
        return comes, number / comes if comes else 0.0

    def _teams(self, ours: Mapping[Kind, float]) -> list[Team]:
        """Agents who serve the same, together."""
        serves: dict[Kind, list[int]] = {kind: [] for kind in ours}
        for line, number in self._tanks.items():
            for link in line.links:
                serves.setdefault(link.free.kind, []).append(number)
        found: dict[tuple[tuple[int, ...], float], Team] = {}
        for kind, tanks in serves.items():
            since = ours.get(kind, inf)
            key = tuple(tanks), since
            if key not in found:
                found[key] = Team(key[0], [], since)
            self._employ(found[key], kind)
        return [team for team in found.values() if team.starts]

    def _employ(self, team: Team, kind: Kind) -> None:
        crew = self._forecast.crew
        for queue, number in crew.busy(kind).items():
            if number:
                team.starts.append(self._busy(queue, number))
        team.starts += [self._wrapping(until_ms) for until_ms in crew.wrapping(kind)]

    def _busy(self, queue: str, number: int = 1) -> Start:
        """Who talks is not there before a wrap-up to come; those in one are there before. Together
        they are done with as many contacts as ever."""
        own = self._contact.queue
        rate = self._forecast.rate(queue, own)
        wrap_up_ms = min(self._pool.rules.queue(queue or own).wrap_up_ms, 0.5 / rate)
        return Start(wrap_up_ms, number * rate)

    def _wrapping(self, until_ms: int) -> Start:
        own = self._contact.queue
        rate = self._forecast.rate(own, own)
        # One that lasts until it is ended does not last to its limit.
        at_ms = min(max(0.0, until_ms - self._now_ms), 0.5 / rate)
        return Start(at_ms, rate, is_free=True)

    def _preferred(self) -> Iterator[Team]:
        """The agent whom it waits for alone at first, who serves those who came before too."""
        wanted = self._contact.preferred
        if wanted is None or wanted.agent not in self._ledger.site:
            return
        busy = self._forecast.crew.of(wanted.agent)
        if busy is None:
            return
        tanks = [*self._tanks.values()]
        before = self._pool.wanting_before(wanted.agent, self._place)
        if before:
            tanks.append(len(self._filled))
            self._filled.append(Tank(before, self._forecast.gives_up(self._contact.queue)))
        queue, until_ms = busy
        start = self._busy(queue) if until_ms is None else self._wrapping(until_ms)
        yield Team(tuple(tanks), [start], 0.0)
