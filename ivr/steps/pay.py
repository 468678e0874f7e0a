"""``pay``: the caller pays by card, without a digit of it reaching the flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from config.document import DocumentModel
from config.problem import Path
from ivr.commands import Pay as PayCommand
from ivr.events import Done, Event
from ivr.filling import told_by_term, told_findings
from ivr.names import LEARNED
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Doing, Position, Values
from ivr.steps.base import Build, Context, Edge, Finding, Step
from ivr.values import StepName
from ivr.variables import Currency, Kind, Value, Variable

_FACTS = ("payment.result", "payment.reference", "payment.brand", "payment.last4")

_WHY = {
    "unavailable": "payments are not available",
    "unknown": "it is not known whether it was paid",
}


class PayBody(DocumentModel):
    """How much is paid, and what for."""

    amount: str = Field(description="an expression: money or a number, above zero")
    currency: Currency | None = Field(
        default=None, description="three letters such as EUR; not needed where the amount has one"
    )
    reference: str = Field(
        min_length=1, description="what is paid, for the merchant's books: text with {holes}"
    )


class Pay(Step):
    """``pay: {pay: {amount: balance, reference: "Invoice {invoice}"}, paid: thanks, declined: no}``

    The caller keys number, expiry date and security code, led by prompts of Trunkline's own, in
    which every digit can be keyed at once, ``*`` clears (and with nothing keyed gives up) and ``#``
    ends a field. After a decline the caller hears why, as far as that may be told, and can try
    again, as often as the site's ``payments: tries`` says; then the end is told too, so the steps
    that follow need not tell it again. No digit comes into the flow.

    The call must not be recorded meanwhile: see the step ``record``. Afterwards
    ``payment.result`` says how it ended (``success``, ``declined``, ``too-many-failed-attempts``,
    ``caller-interrupted-with-star``, ``session-timed-out``, ``payment-connector-error``,
    ``outcome-unknown``, …), and after ``paid`` there are ``payment.reference`` (the payment's id),
    ``payment.brand`` and ``payment.last4``.

    In one call the same step charges the same amount for the same reference once: whoever comes to
    it again has paid. An outcome that is unknown is found out later (``trunkline payments``), and
    nothing more is taken in this call until then.
    """

    kind: ClassVar[str] = "pay"
    needs_caller: ClassVar[bool] = True
    pay: PayBody = Field(description="how much, and what for")
    paid: StepName = Field(description="the step after a payment")
    declined: StepName = Field(description="the step when the card is refused")
    cancelled: StepName | None = Field(
        default=None,
        description="the step when the caller gives up, or cannot key the card; else as declined",
    )
    unknown: StepName | None = Field(
        default=None,
        description="the step when nobody knows yet whether it was paid, which the caller has been "
        "told; else as on_error",
    )
    on_error: StepName | None = Field(default=None, description="payments cannot be taken now")

    def required(self) -> Iterator[str]:
        yield "on_error"

    def branches(self) -> Iterator[Edge]:
        for name in ("paid", "declined", "cancelled", "unknown"):
            target = getattr(self, name)
            if target is not None:
                yield Edge((name,), target, silent=False)

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        yield ("pay", "reference"), self.pay.reference

    def expressions(
        self, variables: Mapping[str, Variable]
    ) -> Iterator[tuple[Path, str, Kind | None]]:
        yield ("pay", "amount"), self.pay.amount, "number"

    def findings(self, context: Context) -> Iterator[Finding]:
        yield from _currency_findings(self.pay, context)
        why = "the reference goes to the merchant's books"
        yield from told_findings(("pay", "reference"), self.pay.reference, context.names, why)
        why = "the amount goes to the merchant's books"
        yield from told_by_term(("pay", "amount"), self.pay.amount, context.names, why)
        if context.known.payments is False:
            message = "payments are not set up: every call leaves by on_error"
            yield Finding(("pay",), message, key=True, warning=True)

    def confides(self, variables: Mapping[str, Variable]) -> str | None:
        return "the card"

    def summary(self, language: str) -> str:
        return f"{self.pay.amount} {self.pay.currency or ''}: {self.pay.reference}"

    def node(self, build: Build) -> Node:
        return PayNode(build, self)


def _currency_findings(body: PayBody, context: Context) -> Iterator[Finding]:
    looked = context.names.look(body.amount)
    own = looked.type.currency
    if looked.faults:
        return
    if own is None and body.currency is None:
        yield Finding(("pay", "amount"), "has no currency, write it beside: currency: EUR")
    elif own is not None and body.currency not in (None, own):
        message = f"is {body.currency}, but {body.amount} is in {own}"
        yield Finding(("pay", "currency"), message)


class PayNode(Node):
    """Waits while the outside takes the payment; no digit of it comes here."""

    __slots__ = ("_amount", "_at", "_currency", "_exits", "_reference")

    def __init__(self, build: Build, step: Pay) -> None:
        super().__init__(build.name, Pay.kind, build.targets)
        amount = build.term(step.pay.amount)
        self._at = Doing(build.name)
        self._amount: Callable[[Run], Value] = amount.read
        self._currency = step.pay.currency or amount.type.currency or ""
        self._reference = build.template(step.pay.reference)
        self._exits: Mapping[str, str] = {
            "paid": step.paid,
            "declined": step.declined,
            "cancelled": step.cancelled or step.declined,
        }
        if step.unknown is not None:
            self._exits = {**self._exits, "unknown": step.unknown}

    def enter(self, run: Run) -> Outcome:
        amount = self._amount(run)
        if not isinstance(amount, Decimal) or amount <= 0:
            return self.failed(run, "the amount is not above zero")
        command = PayCommand(amount, self._currency, self._reference(run), run.scope.language)
        return Wait(self._at, command)

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        match event:
            case Done(outcome=outcome, values=values) if outcome in self._exits:
                run.note(self.name, outcome)
                run.learn(_learned(values))
                return self._exits[outcome]
            case Done(outcome="unavailable" | "unknown" as outcome, values=values):
                run.learn(_learned(values))
                return self.failed(run, _WHY[outcome])
        return self.unexpected(run, event)


def _learned(values: Mapping[str, object]) -> Values:
    given = ((name, values.get(name.removeprefix("payment."))) for name in _FACTS)
    return {
        name: LEARNED[name].read(value) if isinstance(value, str) else None for name, value in given
    }
