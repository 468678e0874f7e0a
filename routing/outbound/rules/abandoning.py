"""What a call may cost of the abandon rate, and a campaign that can afford no more.

FTC: at most 3 % of what people answer, per campaign over 30 days (16 CFR 310.4(b)(4)(i)). Ofcom,
until 2017: per campaign and day, machine detection's mistakes counted. The count is
`routing.outbound.budget`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from functools import cache

from routing.outbound.budget import Budget, Counting, Reliance, Tally
from routing.outbound.rules.ask import MESSAGE_PARTS, Ask, Said
from routing.outbound.rules.evidence import Fact
from routing.outbound.rules.law import AbandonRule, MessageRule, Rules

_BY_THE_END = ", by the day's end, if what is counted on comes true"


def abandon_rate(rule: AbandonRule, ask: Ask) -> Said:
    """Were this call lost, and all others that may be, the caps would still be kept."""
    budget = budget_of(rule, ask.known.before, ask.known.today)
    day, month = (float(rate) * 100 for rate in budget.rates())
    saw: dict[str, Fact] = {
        "today": f"{day:.2f} % of {_cap(rule.day)}",
        "in 30 days": f"{month:.2f} % of {_cap(rule.month)}",
        "at risk": f"{ask.known.exposed} calls, beside {ask.known.kept} with an agent kept",
        "counted on": _counted_on(ask.known.relied_on, ask.known.exposed + 1),
        "agent kept": ask.call.agent_kept,
    }
    if not ask.call.may_be_abandoned:
        return Said(True, "an agent is kept for it, or the flow talks", saw)
    sure = budget.expecting(ask.known.relied_on)
    if not sure.permits(ask.known.exposed + 1, ask.known.kept):
        return Said(False, "the abandon rate could exceed its cap", saw)
    until = "" if budget.permits(ask.known.exposed + 1, ask.known.kept) else _BY_THE_END
    return Said(True, f"the abandon rate keeps its cap, whatever becomes of it{until}", saw)


def _counted_on(what: Reliance, exposed: int) -> str:
    live = f"{what.live} live answers until the day's end"
    answered = what.answered_of(exposed)
    if answered == exposed:
        return live
    return f"{live}, and that of {exposed} calls at risk at most {answered} are answered"


def budget_of(rule: AbandonRule | None, before: Tally, today: Tally) -> Budget:
    """The budget that a rule allows; without a rule, one without caps."""
    if rule is None:
        return Budget(None, None, before=before, today=today)
    measured, taken = rule.false_machines, rule.people_taken
    wrong = _share(0.0 if measured is None else measured)
    estimated = _share(taken if measured is None else 0.0)
    counting = Counting(wrong, rule.lost_before_verdict, estimated)
    return Budget(_cap_of(rule.day), _cap_of(rule.month), counting, before, today)


def strictest(rules: list[Rules], before: Tally, today: Tally) -> Budget:
    """The budget of a campaign that calls into several jurisdictions: each cap the lowest of them,
    and machines counted as where they weigh most."""
    found = [budget_of(each.abandon_rate, before, today) for each in rules]
    days = [each.day for each in found if each.day is not None]
    months = [each.window for each in found if each.window is not None]
    wrong = max((each.counting.wrong_machines for each in found), default=Fraction(0))
    taken = max((each.counting.taken for each in found), default=Fraction(0))
    judged = bool(found) and all(each.counting.lost_before_verdict for each in found)
    counting = Counting(wrong, judged, taken)
    return Budget(min(days, default=None), min(months, default=None), counting, before, today)


class Slowed(Enum):
    """Why a campaign dials no further ahead than it has agents."""

    EARLY = (
        "it calls one person for each free agent: too few have answered today for anybody to be "
        "risked"
    )
    DAY = "today's abandon rate leaves no room"
    MONTH = "the abandon rate of 30 days leaves no room"
    MESSAGE = "the message to whom no agent is there for does not tell all that it must"


@dataclass(frozen=True, slots=True)
class Pace:
    """How a campaign may dial: `ahead`: more calls than there are agents, `room` of them at once;
    else progressive, one for each agent who is kept for it, and `why`."""

    ahead: bool
    room: int
    why: tuple[Slowed, ...] = ()


def pace(
    rules: list[Rules], budget: Budget, kept: int, told: tuple[str, ...] = MESSAGE_PARTS
) -> Pace:
    """What the law leaves a campaign that would dial ahead: `rules` of all whom it may call,
    `told` by its message, `kept` calls in the air with an agent kept."""
    why = [*_spent(budget, kept)]
    musts = [each.message for each in rules if each.message is not None]
    if any(_lacks(must, told) for must in musts):
        why.append(Slowed.MESSAGE)
    return Pace(False, 0, tuple(why)) if why else Pace(True, budget.room(kept))


def _spent(budget: Budget, kept: int) -> list[Slowed]:
    """Of a cap by which nobody was lost yet, only that it is early."""
    lost = budget.today.lost, (budget.before + budget.today).lost
    alone = (
        (Slowed.DAY if lost[0] else Slowed.EARLY, replace(budget, window=None)),
        (Slowed.MONTH if lost[1] else Slowed.EARLY, replace(budget, day=None)),
    )
    return list(dict.fromkeys(why for why, each in alone if not each.permits(1, kept)))


def _lacks(must: MessageRule, told: tuple[str, ...]) -> bool:
    return not set(must.parts) <= set(told)


@cache
def _share(percent: float) -> Fraction:
    return Fraction(str(percent)) / 100


def _cap_of(percent: float | None) -> Fraction | None:
    return None if percent is None or percent >= 100 else _share(percent)


def _cap(percent: float | None) -> str:
    return "any" if percent is None else f"{percent:g} %"
