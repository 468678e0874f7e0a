"""The flows of a rehearsal, with opening hours as a test wants them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from config.hours import Hours
from config.opening import Closed, Open, Opening
from config.opening_days import Reason
from ivr.families import families
from ivr.flow import Flow
from ivr.program import Program, compile_flows
from ivr.rehearsal.given import Forced
from ivr.steps.base import NOTHING_KNOWN, Known

Key = frozenset[tuple[str, Forced]]
_REASONS: Mapping[Forced, Reason] = {
    "open": Reason("week"),
    "closed": Reason("week"),
    "holiday": Reason("holiday", "given"),
    "special": Reason("special"),
}


class ForcedOpening(Opening):
    """Hours that are as they were given, at any moment."""

    def __init__(self, forced: Forced, zone: str) -> None:
        super().__init__(Hours(open={}), zone)
        reason = _REASONS[forced]
        self._now = Open(reason, None) if forced == "open" else Closed(reason, None)

    def at(self, now_ms: int) -> Open | Closed:
        return self._now

    def on_clock_of(self, zone: str) -> Opening:
        return self


class Library:
    """Flows that may call each other, those that do compiled once for each way the hours are
    forced."""

    def __init__(self, flows: Iterable[Flow], known: Known = NOTHING_KNOWN) -> None:
        self._flows = {flow.flow: flow for flow in flows}
        self.known = known
        self._families = families(self._flows.values())
        self._compiled: dict[tuple[frozenset[str], Key], dict[str, Program]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The flows there are."""
        return tuple(self._flows)

    @property
    def flows(self) -> Mapping[str, Flow]:
        """The same by name, as they are written."""
        return self._flows

    @property
    def zone(self) -> str:
        """The site's time zone."""
        return self.known.zone

    def hours(self, flow: str) -> tuple[str, ...]:
        """The opening hours that a flow may ask for."""
        return (*self._flows[flow].hours, *(self.known.hours or ()))

    def program(self, name: str, hours: Mapping[str, Forced]) -> Program:
        """The flow ``name``; KeyError when there is none."""
        key = self._families[name], frozenset(hours.items())
        if key not in self._compiled:
            self._compiled[key] = self._compile(self._families[name], hours)
        return self._compiled[key][name]

    def _compile(self, names: Iterable[str], hours: Mapping[str, Forced]) -> dict[str, Program]:
        forced = {name: ForcedOpening(how, self.zone) for name, how in hours.items()}
        known = replace(self.known, hours={**(self.known.hours or {}), **forced})
        # A flow's own hours win over the site's, so those that are forced are taken from it.
        flows = (_without_hours(self._flows[name], forced) for name in names)
        return compile_flows(flows, known)


def _without_hours(flow: Flow, names: Iterable[str]) -> Flow:
    left = {name: hours for name, hours in flow.hours.items() if name not in set(names)}
    return flow.model_copy(update={"hours": left}) if left != flow.hours else flow
