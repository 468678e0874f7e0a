"""What comes of a campaign's calls: told to its pacer as it happens, and written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace

import structlog

from engine.campaigns.hopper import CampaignHopper
from engine.dialing.daybook import DayBook
from engine.dialing.parts import Parts
from engine.dialing.up import RESULT_OF, Up, Word
from history.outcome import EndedBy
from listening.values import Verdict
from routing.agent import AgentState, Talking, WrapUp
from routing.outbound.budget import Outcome
from routing.outbound.course import Over, Step
from routing.outbound.leads.following import Ended
from routing.outbound.leads.plan import CallBack, NeverAgain, Result
from routing.outbound.pacing import Pacer, events
from routing.outbound.roster import Roster

OUTCOMES: Mapping[type[events.Event], Outcome] = {
    events.Connected: Outcome.LIVE,
    events.Lost: Outcome.LOST,
    events.NotMet: Outcome.NOT_MET,
    events.Machine: Outcome.MACHINE,
}
log = structlog.get_logger(__name__)


class Outcomes:
    """The calls of one campaign that are under way. ``replan``: the budget is another than the
    pacer thinks; ``changed``: there may be something to do."""

    def __init__(
        self,
        pacer: Pacer,
        hopper: CampaignHopper,
        book: DayBook,
        parts: Parts,
        replan: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        self.calls: dict[str, Up] = {}
        self.roster = Roster(self.is_joining)
        self._pacer, self._hopper, self._book = pacer, hopper, book
        self._store, self._settling, self._trunks = parts.kept, parts.settling, parts.trunks
        self._leads = parts.leads
        self._state_of = parts.agents.agent_state
        self._replan, self._changed = replan, changed

    def is_joining(self, contact: str) -> bool:
        """Whether a contact is a call of this campaign to which nobody talks yet."""
        up = self.calls.get(contact)
        return up is not None and up.is_joining

    @property
    def may_be_answered(self) -> bool:
        """Whether an agent may be needed for any of the calls."""
        return any(up.is_joining for up in self.calls.values())

    def adopted(self, up: Up) -> None:
        """A call of an earlier run that is up; one that somebody has is counted already."""
        self.calls[up.call.contact] = up
        self._trunks.hold(up.call.campaign, up.call.trunk, up.call.contact)
        if not up.talked:
            self._pacer.hear(events.Dialing(up.call.contact, up.call.placed_ms))

    def begun(self, up: Up) -> None:
        """A call is about to be dialed."""
        self.calls[up.call.contact] = up
        self._pacer.hear(events.Dialing(up.call.contact, up.call.placed_ms))

    # the callee's side: see `engine.dialing.calls.DialedCalls`

    def ringing(self, up: Up, at_ms: int) -> None:
        up.call.ringing_ms = up.call.ringing_ms or at_ms
        self._step(up, up.state.rings(at_ms))

    def answered(self, up: Up, at_ms: int) -> None:
        up.call.answered_ms = up.call.answered_ms or at_ms
        self._step(up, up.state.picked_up(at_ms))

    def not_reached(self, up: Up, result: Result, at_ms: int) -> None:
        self._step(up, up.state.not_reached(result, at_ms))
        if isinstance(up.state, Over):  # who has answered is told of by the channel's end
            self._settle(up, at_ms)

    def judged(self, up: Up, verdict: Verdict, at_ms: int) -> None:
        up.call.judged_ms = at_ms
        result = RESULT_OF.get(verdict.who)
        if result is not None:
            self._step(up, up.state.is_nobody(result, at_ms))

    def connected(self, up: Up, agent: str | None, at_ms: int) -> None:
        up.call.connected_ms, up.call.agent = at_ms, agent
        self._step(up, up.state.connected(agent, at_ms))
        up.joined()
        if agent is not None:
            self.roster.connected(agent)
        contact, answered_ms = up.call.contact, up.call.answered_ms or at_ms
        self._settling.put(lambda: self._store.connected(contact, answered_ms, agent))

    def lost(self, up: Up, at_ms: int) -> None:
        self._step(up, up.state.lost(at_ms))
        if up.talked and isinstance(up.state, Over):  # the agent was gone before they were joined
            up.talked, up.call.agent = False, None

    def said(self, up: Up, disposition: str, at_ms: int) -> None:
        """By the flow; the last word counts. Who wants no more calls is on the list at once,
        however the call ends."""
        follow = self._hopper.wants.plan.dispositions.get(disposition)
        contact = up.call.contact
        if follow is None or isinstance(follow, CallBack):
            told = {"campaign": up.call.campaign, "contact": contact}
            log.error("disposition_unknown", **told, disposition=disposition)
            return
        up.word = Word(disposition)
        if isinstance(follow, NeverAgain):
            up.never_again = True
            self._settling.put(lambda: self._leads.never_again(contact, at_ms))

    def opted_out(self, up: Up, at_ms: int) -> None:
        """At once, and not with the call's end: nobody calls this number any more. The line is
        the call's until that (`engine.dialing.dialer.Dialer.ended`)."""
        result = up.state.result if isinstance(up.state, Over) else Result.LOST
        up.never_again = True
        self._write(up, up.ended(result, at_ms))

    def ended(self, up: Up, at_ms: int, by: EndedBy) -> None:
        """Its agent may say what came of it until the wrap-up is over."""
        up.ended_ms = at_ms
        self._step(up, up.state.ended(at_ms, by_callee=by is EndedBy.CALLER))
        self._trunks.release(up.call.contact)
        if not self._is_written_about(up):
            self._settle(up, at_ms)

    # agents

    def agent_changed(self, agent: str, before: AgentState, at_ms: int) -> None:
        """The end of a wrap-up is the end of a call."""
        contact = before.contact if isinstance(before, Talking | WrapUp) else None
        up = self.calls.get(contact or "")
        if up is not None and up.ended_ms is not None and not self._is_written_about(up):
            self._settle(up, up.ended_ms)

    def settle_left(self) -> None:
        """What has ended, and whose agent is at something else by now, as no event had told."""
        for up in [*self.calls.values()]:
            if up.ended_ms is not None and not self._is_written_about(up):
                told = {"campaign": up.call.campaign, "contact": up.call.contact}
                log.warning("wrap_up_end_untold", **told, agent=up.call.agent)
                self._settle(up, up.ended_ms)

    def say(self, contact: str, word: Word) -> bool:
        """What an agent says came of a call, until the wrap-up is over; it is kept at once, and the
        last word counts. False: it is none of those that are under way."""
        up = self.calls.get(contact)
        if up is None or not up.talked:
            return False
        follow = self._hopper.wants.plan.dispositions.get(word.disposition)
        up.word = word = replace(word, never_again=isinstance(follow, NeverAgain))
        self._settling.put(lambda: self._store.said(contact, asdict(word)))
        return True

    def _is_written_about(self, up: Up) -> bool:
        """Whether its agent still talks to somebody of it, or writes notes."""
        if not up.talked or up.call.agent is None:
            return False
        state = self._state_of(up.call.agent)
        return isinstance(state, Talking | WrapUp) and state.contact == up.call.contact

    # what follows

    def _step(self, up: Up, step: Step) -> None:
        up.state = step.state
        if step.told is None:
            return
        self._pacer.hear(step.told)
        outcome = OUTCOMES.get(type(step.told))
        if outcome is not None and not self._book.count(outcome, up.call.placed_ms):
            self._replan()  # the pacer has counted yesterday's call today
        self._changed()

    def _settle(self, up: Up, at_ms: int) -> None:
        result = up.state.result if isinstance(up.state, Over) else Result.UNKNOWN
        self._trunks.release(up.call.contact)
        self._write(up, up.ended(result, at_ms))

    def _write(self, up: Up, ended: Ended) -> None:
        """Once: the call is no longer here then."""
        contact = up.call.contact
        if self.calls.pop(contact, None) is None:
            return
        self._changed()

        self._settling.put(lambda: self._hopper.end(up.placed, ended, up.call.answered_ms))
