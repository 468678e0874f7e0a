"""One payment that is being taken in a call, from its first key to its end.

It brings three together: the capture (in its own process), the cashier (the ledger and the
provider), and who watches: the agent, the call's story, the audit. A flow's payment asks for the
money as soon as the card is there, and tells the caller why it was declined; an agent's does each
when the agent says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from engine.calls.chronicle import Chronicle
from engine.calls.story import Story
from engine.clock import Clock
from engine.metrics import Metrics
from engine.paying.captures import OpenCapture
from engine.paying.progress import Json, Phase, Progress, event_of
from engine.paying.wording import decline_sentences
from engine.transfers.refusals import NotNow
from history.errors import DatabaseAway
from payments.capture import Completed, Ended, Field, Output, Result, Rules
from payments.cashier import Cashier, Done, NotMade, Outcome, Refused, Unknown, word_of
from payments.errors import NO_CARD, LedgerError, Unsettled
from payments.gateways import Decline
from payments.ledger import ENGINE, Ledger, Payment
from payments.money import Amount
from payments.tokens import CardToken, Key

log = structlog.get_logger(__name__)

CAPTURE_ENDED = "capture ended"
"""In the audit, with the result."""
CALLER = "caller"
FLOW = "flow"
"""Who asked for a payment that no agent did, in the audit."""
_STOPPED_BY_CALLER = frozenset({Result.STAR, Result.HUNG_UP})
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be paid in which call, and how. `by` is for the audit: `flow`, `agent:anna`,
    `supervisor:maria`; the agent who has the caller is `agent`. The same `key` in one call is the
    same payment."""

    contact: str
    key: str
    amount: Amount
    reference: str
    by: str
    language: str
    agent: str | None = None
    authorise: bool = False
    fields: tuple[Field, ...] | None = None
    """What is captured, in this order; None: as the site says."""

    in_order: bool = True
    """Whether each field is asked for in its turn, or the agent says which."""

    prompts: bool = True

    @property
    def attended(self) -> bool:
        """Whether an agent leads it."""
        return self.agent is not None


@dataclass(frozen=True, slots=True)
class Books:
    """Where what happens is told."""

    ledger: Ledger
    chronicle: Chronicle
    metrics: Metrics
    clock: Clock
    sleep: Sleep = field(default=asyncio.sleep)


class Taking:
    """See above. The agent's verbs raise Refused, with nothing done."""

    def __init__(self, books: Books, wanted: Wanted, rules: Rules) -> None:
        self.wanted = wanted
        self.rules = rules
        self.payment: Payment | None = None
        self.progress = Progress.of(rules.fields, rules.payments)
        self._books = books
        self._events: list[Json] = []
        self._news = asyncio.Event()
        self._capture: OpenCapture | None = None
        self._cashier: Cashier | None = None
        self._charge: asyncio.Task[None] | None = None
        self._patience: asyncio.Task[None] | None = None
        self._outcome: Outcome | None = None
        self._decline: Decline | None = None
        self._stopped_by: str | None = None
        self._began_ms = books.clock()
        self.over: asyncio.Event = asyncio.Event()
        """It has ended, and the lines are as they were."""

    @property
    def payment_id(self) -> str | None:
        """The ledger's, once it is there."""
        return None if self.payment is None else self.payment.id

    @property
    def captured(self) -> bool:
        """Whether a card was captured for it, or tried to be."""
        return self._capture is not None

    # the agent's verbs

    async def ask(self, which: Field, by: str) -> None:
        """This field is keyed now."""
        capture = self._in("ask", Phase.CAPTURING, Phase.COMPLETE)
        self._known("ask", which)
        await self._note(by, "field asked", which)
        await capture.ask(which)

    async def reset(self, which: Field, by: str) -> None:
        """What was keyed of this field goes."""
        capture = self._in("reset", Phase.CAPTURING, Phase.COMPLETE)
        self._known("reset", which)
        await self._note(by, "field reset", which)
        await capture.reset(which)

    async def complete(self, by: str) -> None:
        """Every field is there: ask for the money."""
        self._in("complete", Phase.COMPLETE)
        if self._charge is not None and not self._charge.done():
            raise NotNow("complete", "the last word of the money has not come back yet")
        self._start_charge(by)

    async def retry(self, by: str, *, another_card: bool = False) -> None:
        """After a decline: what the issuer wants is keyed anew, or a whole other card."""
        capture = self._in("retry", Phase.DECLINED)
        decline = self._decline
        if decline is None or not self.progress.tries_left:
            raise NotNow("retry", "it was tried often enough")
        self._stop_waiting()
        anew = {Field.NUMBER} if another_card else decline.anew
        await self._note(by, "retried", "another card" if another_card else "")
        await capture.declined(anew)

    async def cancel(self, by: str) -> None:
        """It ends, and nothing was charged."""
        phases = Phase.CAPTURING, Phase.COMPLETE, Phase.DECLINED
        capture = self._in("cancel", *phases)
        self._stopped_by = by
        self._stop_waiting()
        await self._note(by, "capture cancelled", "")
        if self.progress.phase is Phase.DECLINED:
            await capture.declined(())
        # Also then: somebody's `retry` may have been faster.
        await capture.cancel()

    # what whoever watches sees

    def as_json(self) -> Json:
        """All of it now."""
        wanted = self.wanted
        return {
            "payment": self.payment_id,
            "contact": wanted.contact,
            "key": wanted.key,
            "amount": str(wanted.amount.value),
            "currency": wanted.amount.currency,
            "reference": wanted.reference,
            "operation": "authorise" if wanted.authorise else "charge",
            "by": wanted.by,
            **self.progress.as_json(),
        }

    async def watch(self, since: int | None = None) -> AsyncIterator[tuple[int, Json]]:
        """How it stands, then every change with its number, to the end; who says after which
        change the last stream broke off gets what came since."""
        seen = len(self._events) if since is None else since
        if since is None:
            yield seen, {"what": "state", **self.as_json()}
        while True:
            for event in self._events[seen:]:
                seen += 1
                yield seen, event
            if self.progress.phase is Phase.ENDED:
                return
            await self._news.wait()

    # its life

    async def run(self, payment: Payment, cashier: Cashier, capture: OpenCapture) -> Result:
        """To the end, whatever happens; then the capture is closed, and how it ended is known."""
        self.payment, self._cashier, self._capture = payment, cashier, capture
        self._tell_story("payment", amount=str(payment.total), by=self.wanted.by)
        ended = Result.INTERNAL_ERROR
        try:
            ended = await self._follow(capture)
        finally:
            self._stop_waiting()
            try:
                # What was asked of the provider is heard to its end, whoever has hung up.
                if self._charge is not None:
                    await asyncio.wait((self._charge,))
                await capture.close()
            finally:
                result = await self._end(self._result(ended))
        return result

    async def _follow(self, capture: OpenCapture) -> Result:
        await capture.start()
        self._become(self.progress.begun(), {"what": "begun"})
        ended = Result.INTERNAL_ERROR
        async for output in capture.outputs():
            self._saw(output)
            if isinstance(output, Completed) and not self.wanted.attended:
                self._start_charge(self.wanted.by)
            if isinstance(output, Ended):
                ended = output.result
        return ended

    def settled(self, payment: Payment, result: Result) -> None:
        """Nothing is to be captured: it was paid before, or nobody knows yet."""
        self.payment = payment
        event = {"what": "ended", "result": result, "problem": None}
        self._become(self.progress.ended(result), event)

    def _result(self, ended: Result) -> Result:
        """The provider's word counts, where the capture was lost before it could be told."""
        match self._outcome:
            case Done():
                return Result.SUCCESS
            case NotMade():
                return Result.CONNECTOR_ERROR
            case Unknown():
                return Result.UNKNOWN
        return ended

    async def _end(self, result: Result) -> Result:
        books, progress = self._books, self.progress
        problem = self._outcome.reason if isinstance(self._outcome, NotMade) else None
        event = {"what": "ended", "result": result, "problem": problem}
        self._become(progress.ended(result, problem), event)
        way = "agent" if self.wanted.attended else "flow"
        books.metrics.captures.labels(way, result.value).inc()
        seconds = (books.clock() - self._began_ms) / 1000
        books.metrics.capture_seconds.labels(way).observe(seconds)
        card = {"brand": progress.brand, "last4": progress.last4}
        self._tell_story("payment_ended", result=result.value, **card)
        by = CALLER if result in _STOPPED_BY_CALLER else self._stopped_by or ENGINE
        try:
            await self._note(by, CAPTURE_ENDED, result)
        except DatabaseAway as away:
            log.error("payment_audit_not_kept", reason=away.reason)
        return result

    def _saw(self, output: Output) -> None:
        event = event_of(output)
        self._become(self.progress.saw(output), event)

    def _start_charge(self, by: str) -> None:
        event = {"what": "charging", "try": self.progress.tries + 1}
        self._become(self.progress.charging(), event)
        self._outcome = None
        self._charge = asyncio.create_task(self._charged(by), name="charge")

    async def _charged(self, by: str) -> None:
        try:
            await self._ask_for_money(by)
        except Exception as fault:  # whatever it is, nobody is kept masked for it
            log.critical("payment_fault", payment=self.payment_id, fault=type(fault).__name__)
            await self._failed(self._result_of_fault())

    def _result_of_fault(self) -> Result:
        """What was answered counts; without an answer nobody knows."""
        if self._outcome is None and self.payment is not None:
            self._outcome = Unknown(self.payment)
        return self._result(Result.DECLINED)

    async def _ask_for_money(self, by: str) -> None:
        capture, metrics, began_ms = self._opened, self._books.metrics, self._books.clock()
        outcome = self._outcome = await self._outcome_of(by)
        operation = "authorise" if self.wanted.authorise else "charge"
        metrics.charges.labels(operation, word_of(outcome)).inc()
        seconds = (self._books.clock() - began_ms) / 1000
        metrics.charge_seconds.labels(operation).observe(seconds)
        match outcome:
            case Done():
                await capture.paid()
            case Refused(decline=why):
                await self._declined(why)
            case NotMade(reason=why) if why == NO_CARD:
                # Caller or agent were faster: the capture has ended by itself, or goes on.
                self._outcome = None
            case NotMade():
                await self._failed(Result.CONNECTOR_ERROR)
            case Unknown():
                await self._failed(Result.UNKNOWN)

    async def _failed(self, result: Result) -> None:
        """It ends, also where no token was ever asked for."""
        await self._opened.failed(result)
        await self._opened.cancel()

    async def _outcome_of(self, by: str) -> Outcome:
        payment, cashier = self.payment, self._cashier
        if payment is None or cashier is None:
            raise RuntimeError("money is asked for in a payment that is run")
        held = _Held(self._opened)
        try:
            return await cashier.pay(payment.id, held, by, authorise=self.wanted.authorise)
        except Unsettled:
            return Unknown(payment)
        except LedgerError as refusal:
            return NotMade(payment, refusal.code)
        except DatabaseAway as away:
            log.error("payment_not_in_ledger", payment=payment.id, reason=away.reason)
            # What was to be written with the token may be there: the next look asks for the money.
            return Unknown(payment) if held.has_token else NotMade(payment, "ledger_away")

    async def _declined(self, why: Decline) -> None:
        capture, language = self._opened, self.wanted.language
        self._decline = why
        after = self.progress.declined(why, language)
        told = after.as_json()["decline"]
        left = {"tries_left": after.tries_left}
        self._become(after, {"what": "declined", **told, **left})
        self._tell_story("payment_declined", reason=why.reason.value)
        if not after.tries_left:
            await capture.declined(())
        elif self.wanted.attended:
            self._patience = asyncio.create_task(self._give_up(), name="declined payment")
        else:
            await capture.say(decline_sentences(why, language))
            await capture.declined(why.anew)

    async def _give_up(self) -> None:
        """The agent does nothing more, or someone has hung up: nobody is kept masked for ever, and
        no card in memory."""
        patience = asyncio.ensure_future(self._books.sleep(self.rules.session_ms / 1000))
        left = asyncio.create_task(self._opened.left.wait())
        try:
            await asyncio.wait((patience, left), return_when=asyncio.FIRST_COMPLETED)
        finally:
            patience.cancel()
            left.cancel()
        await self._opened.declined(())

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    @property
    def _opened(self) -> OpenCapture:
        if self._capture is None:
            raise RuntimeError("there is no capture yet")
        return self._capture

    def _in(self, verb: str, *phases: Phase) -> OpenCapture:
        phase = self.progress.phase
        if phase not in phases:
            raise NotNow(verb, f"the payment is {phase.value}")
        return self._opened

    def _known(self, verb: str, which: Field) -> None:
        if which not in self.progress.fields:
            raise NotNow(verb, f"{which} is not captured in this payment")

    async def _note(self, by: str, what: str, detail: str) -> None:
        if self.payment is not None:
            now_ms = self._books.clock()
            await self._books.ledger.note(self.payment.id, by, what, detail, now_ms)

    def _become(self, after: Progress, event: Json | None) -> None:
        self.progress = after
        if event is not None:
            self._events.append({"at_ms": self._books.clock(), **event})
            self._news.set()
            self._news = asyncio.Event()

    def _tell_story(self, what: str, **fields: str | None) -> None:
        chronicle, contact = self._books.chronicle, self.wanted.contact
        story: Story | None = chronicle.story(contact)
        if story is not None and self.payment is not None:
            told = story.tell(self._books.clock(), what, payment=self.payment.id, **fields)
            chronicle.update(told)


class _Held:
    """The card of a capture; `has_token` once there is a token, without which nobody can ask for
    money."""

    def __init__(self, capture: OpenCapture) -> None:
        self.has_token = False
        self._capture = capture

    async def tokenise(self, key: Key) -> CardToken:
        """See HeldCard."""
        token = await self._capture.tokenise(key)
        self.has_token = True
        return token
