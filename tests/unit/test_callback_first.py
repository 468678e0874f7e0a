"""Customers who are called before their agent is: one agent for each, and nobody's missed call."""

import asyncio
from dataclasses import replace

import pytest

from bridge.events import AgentLegUp, CustomerNotReached, CustomerUp, LegEnded, RingFailure
from engine.calls.calling import CustomerCall
from ivr.commands import CancelCallback
from routing.agent import Agent
from routing.contact import Outcome as Leaving
from routing.matcher import Assignment
from routing.ringing import AgentLeg, Answered, RingOutcome, Stopped
from tests.unit.test_callbacks import Office, in_office, settled, wanted

pytestmark = pytest.mark.unit

ANNA, BENCE = Agent("anna", "anna", ()), Agent("bence", "bence", ())


async def line(office: Office) -> None:
    """The customer is promised a call, has left, and is in line again."""
    office.callbacks.promise("c1", wanted(first="customer"))
    office.callbacks.keep("c1")
    await settled()


def rings(office: Office, agent: Agent = ANNA) -> "asyncio.Task[RingOutcome]":
    """Routing has reserved an agent for the contact, and wants the phone to ring."""
    assignment = Assignment(office.house.router.tickets["c1"].contact, agent)
    ringing = office.house.services.ringer.ring(assignment, 90_000)
    return asyncio.create_task(ringing)


async def answers(office: Office) -> CustomerCall:
    """The customer's channel asks what follows, and there is a person on it."""
    (order,) = office.house.switch.called
    await office.tells(CustomerUp("c1"))
    call = office.reached(order.channel_id)
    assert call is not None
    office.callbacks.calling.there("c1")
    await settled()
    return call


@in_office
async def test_nobody_is_called_before_there_is_an_agent(office: Office) -> None:
    """However long the contact is in line; and then no agent's phone rings before the customer is
    there."""
    await line(office)
    await asyncio.sleep(600)
    assert office.house.switch.called == []
    ringing = rings(office)
    await settled()
    assert len(office.house.switch.called) == 1
    assert office.house.switch.rung == []
    call = await answers(office)
    (ring,) = office.house.switch.rung
    assert (ring.agent, ring.timeout_ms) == (
        "anna",
        office.house.site.queues["support"].ring_timeout.ms,
    )
    assert call.leg is None
    await office.house.services.ringer.leg_up(
        AgentLegUp("c1", "anna", "PJSIP/anna-1", ring.channel_id)
    )
    assert await ringing == Answered(AgentLeg("anna", ring.channel_id))
    office.callbacks.answered("c1")


@in_office
async def test_the_ring_may_take_as_long_as_customer_and_agent_together(office: Office) -> None:
    """Routing gives up a ring that does not report; this one may."""
    await line(office)
    contact = office.house.router.tickets["c1"].contact
    rules, queue = office.house.site.callbacks, office.house.site.queues["support"]
    assert contact.ring_timeout_ms is not None
    assert contact.ring_timeout_ms > rules.ring_timeout.ms + queue.ring_timeout.ms


@pytest.mark.parametrize("reason", [*RingFailure])
def test_a_customer_who_is_not_reached_costs_the_agent_nothing(reason: RingFailure) -> None:
    """The contact is out of the line before the ring reports that it was stopped: routing frees
    the agent as one who was not rung. Why is told apart."""

    async def conversation(office: Office) -> None:
        await line(office)
        ringing = rings(office)
        await settled()
        office.house.router.told.clear()
        await office.tells(CustomerNotReached("c1", reason))
        assert office.house.router.told[0] == ("withdraw", "c1", Leaving.WITHDRAWN)
        assert await ringing == Stopped()
        assert office.house.switch.rung == []
        assert office.told("not_called_back")[0]["reason"] == reason.value

    in_office(conversation)()


@in_office
async def test_an_agent_who_goes_meanwhile_costs_the_customer_nothing(office: Office) -> None:
    """The ring is stopped; whom routing offers it to next rings once they are there, and they are
    called once."""
    await line(office)
    first = rings(office)
    await settled()
    contact = office.house.router.tickets["c1"].contact
    await office.house.services.ringer.stop_ringing(Assignment(contact, ANNA))
    assert await first == Stopped()
    second = rings(office, BENCE)
    await answers(office)
    assert [ring.agent for ring in office.house.switch.rung] == ["bence"]
    assert len(office.house.switch.called) == 1
    office.callbacks.answered("c1")
    second.cancel()


@in_office
async def test_who_hangs_up_while_an_agent_is_rung_was_not_reached(office: Office) -> None:
    """They are called another time; the session says that they have gone."""
    await line(office)
    ringing = rings(office)
    await settled()
    await answers(office)
    (order,) = office.house.switch.called
    await office.tells(LegEnded("PJSIP/carrier-2", order.channel_id, order.channel_id, 16, ""))
    assert office.told("not_called_back") == []  # their session has not ended yet
    office.callbacks.keep("c1")
    await settled()
    assert office.told("not_called_back")[0]["reason"] == "hung_up"
    assert office.promise.tries == 1
    ringing.cancel()


@in_office
async def test_a_channel_of_a_former_try_is_nobodys(office: Office) -> None:
    """It asks for the engine long after its call was given up, or from before a restart."""
    await line(office)
    ringing = rings(office)
    await settled()
    assert office.reached("c1-of-before-back") is None
    ringing.cancel()


@in_office
async def test_a_call_that_the_switch_does_not_take_is_in_vain(office: Office) -> None:
    """And the agent goes on to the next."""
    await line(office)
    office.house.switch.down = True
    assert await rings(office) == Stopped()
    assert office.told("not_called_back")[0]["reason"] == "failed"


@in_office
async def test_a_contact_that_routing_loses_calls_nobody(office: Office) -> None:
    """Its customer's phone stops, if it rings already."""
    await line(office)
    ringing = rings(office)
    await settled()
    (order,) = office.house.switch.called
    office.house.router.tickets["c1"].resolve(None, Leaving.LOST)
    await settled()
    assert order.channel_id in office.house.switch.hung_up
    assert office.told("not_called_back")[0]["reason"] == "lost"
    assert await ringing == Stopped()


@in_office
async def test_the_queue_says_who_is_first_unless_the_step_does(office: Office) -> None:
    """And the site for queues that do not."""
    queues = office.house.site.queues
    first = {**queues, "faults": queues["faults"].model_copy(update={"call_first": "customer"})}
    site = office.house.site.model_copy(update={"queues": first})
    office.callbacks.site = site
    asked = [wanted(), wanted(queue="faults"), wanted(queue="faults", first="agent")]
    found = []
    for command in asked:
        assert office.callbacks.promise("c1", command) == "promised"
        found.append(office.promise.customer_first)
        office.callbacks.cancel_for("c1", CancelCallback(command.number))
    office.rules(first="customer")
    office.callbacks.promise("c1", replace(wanted()))
    assert [*found, office.promise.customer_first] == [False, True, False, True]
