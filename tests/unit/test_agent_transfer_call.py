"""A caller whom an agent sends on, or asks somebody about: what Asterisk, the switch and routing
are told."""

import pytest

from config.transfers import ByAgents, Transfers
from desk.views import HandlingRefused, Unavailable, Wish
from engine.calls import waiting
from engine.transfers.handling import Handling
from engine.transfers.onward import LEG_ENDS_S
from engine.transfers.refusals import NotInTalk, Refused
from engine.transfers.targets import read_target
from engine.views import agent_with, place_of
from history.outcome import EndedBy, LegRole, Outcome
from routing.agent import Available, Paused
from tests.fakes.agi_client import FakeCall, joining
from tests.fakes.house import House
from tests.unit.conversation import program
from tests.unit.test_engine_call import (
    CONTACT,
    FLOW_TEXT,
    OK,
    answered,
    calling,
    goodbye,
    in_queue,
    until,
)

pytestmark = pytest.mark.unit

SET = "200 result=1"
FAR = "+3615550199"
CONSULT = f"{CONTACT}+1"


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    """Everybody is there, one number outside is permitted, and no announcement comes."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 3_600.0)
    house = House({"support": program(FLOW_TEXT)})
    house.services.site = house.site.model_copy(update={"transfers": Transfers(allow=[FAR])})
    house.router.staff = {"anna": Available(0, 0), "bence": Available(0, 0)}
    return house


async def asks(house: House, verb: str, to: str = "", note: str = "") -> None:
    """What Anna asks for over the API."""
    handling = Handling()
    handling.services = house.services
    keeps = True if verb == "transfer" else None
    await handling.handle(CONTACT, Wish(verb, to, note, keep_place=keeps))


async def talks_with_anna(house: House, call: FakeCall) -> None:
    """After the greeting and the queue."""
    await in_queue(call)
    await answered(house, call)
    house.now += 5_000


async def anna_leaves(house: House, call: FakeCall) -> None:
    """Her leg is hung up as the switch was told, and Bridge returns."""
    await until(lambda: "leg-1" in house.switch.hung_up)
    house.services.parties.leg_ended(CONTACT, "leg-1")
    call.says(OK)
    await call.answers("SET VARIABLE TRK_STAGE flow", SET)


async def ends(call: FakeCall) -> None:
    """The last agent leaves, and the flow says goodbye."""
    call.says(OK)
    await call.answers("SET VARIABLE TRK_STAGE flow", SET)
    await call.answers("GET VARIABLE BRIDGERESULT", "200 result=1 (SUCCESS)")
    await call.answers('STREAM FILE bye ""', "200 result=0 endpos=1")
    await goodbye(call)


async def test_to_a_queue(house: House) -> None:
    """With the place from before; the next agent is in conversation, and the story has both."""
    async with calling(house) as call:
        await talks_with_anna(house, call)
        await asks(house, "transfer", "queue:payments", note="Wrong bill")
        await anna_leaves(house, call)
        await call.answers("SET MUSIC ON default", OK)
        contact = house.services.router.contact(CONTACT)
        assert contact is not None
        assert (contact.queue, contact.arrived_ms) == ("payments", 10_000)
        story = house.chronicle.story(CONTACT)
        assert story is not None
        assert (story.note, story.queue) == ("Wrong bill", "payments")
        for verb in ("transfer", "consult", "hold"):  # nobody talks with the caller any more
            with pytest.raises(HandlingRefused) as refused:
                await asks(house, verb, "queue:support")
            assert refused.value.code == "not_in_conversation"
        left = story.leg_ended("leg-1", house.now, None).conversation_ended(
            house.now, EndedBy.AGENT
        )
        assert (agent_with(left), left.agent) == (None, "anna")
        assert agent_with(left.rung(house.now, "bence", "leg-2")) == "bence"
        house.router.answer(CONTACT, "bence", "leg-2")
        await call.answers("SET MUSIC OFF", OK)
        await call.answers(joining("leg-2"), SET)
        await call.answers("EXEC Bridge leg-2")
        await ends(call)
    row = house.writer.row
    assert (row.outcome, row.agent, row.queue) == (Outcome.ANSWERED, "bence", "payments")
    assert ("conversation_ended", CONTACT) in house.router.told


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("anna", '"anna" is no number: use agent:anna'),
        ("support", '"support" is no number: use queue:support'),
        ("nobody", "nobody has this number here, and outside it begins with +"),
    ],
)
async def test_a_name_without_its_kind_is_told_how_to_write_it(
    house: House, to: str, why: str
) -> None:
    """An agent and a queue may have one name, so the kind is not guessed."""
    with pytest.raises(Refused) as refused:
        read_target(house.site, to)
    assert (refused.value.code, str(refused.value)) == ("no_such_target", why)


async def test_a_colleague_who_is_not_free_any_more_gives_the_caller_back(house: House) -> None:
    """To the agent who sent them, whatever they do then; and if that one is away, to the queue,
    at the place from before."""
    async with calling(house) as call:
        await talks_with_anna(house, call)
        await asks(house, "transfer", "agent:bence")
        house.router.staff = {"anna": Paused(0, 0, "lunch"), "bence": Paused(0, 0, "lunch")}
        await anna_leaves(house, call)
        await call.answers("SET MUSIC ON default", OK)
        contact = house.services.router.contact(CONTACT)
        assert contact is not None
        assert (contact.queue, contact.arrived_ms) == ("support", 10_000)
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    assert house.writer.row.ended_by is EndedBy.CALLER, "the conversation was over before"
    told = [each[0] for each in house.router.told if each[0] in ("offer", "recall", "enqueue")]
    assert told == ["enqueue", "offer", "recall", "offer", "enqueue"]
    whys = [e.fields["to"] for e in house.writer.row.timeline if e.what == "not_taken"]
    assert whys == ["agent:bence"]


async def test_hold(house: House) -> None:
    """The agent's leg waits, the caller hears the queue's music; the dialplan knows to whom the
    caller goes back, should the engine be lost."""
    async with calling(house) as call:
        await talks_with_anna(house, call)
        await asks(house, "hold")
        await until(lambda: house.switch.parked == [("leg-1", "held")])
        house.services.parties.leg_parked(CONTACT, "leg-1")
        call.says(OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers("SET VARIABLE TRK_PEER leg-1", SET)
        await call.answers("SET VARIABLE TRK_STAGE held", SET)
        await call.answers("SET MUSIC ON default", OK)
        house.now += 7_000
        await asks(house, "resume")
        await call.answers("SET MUSIC OFF", OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers(joining("leg-1"), SET)
        await call.answers("EXEC Bridge leg-1", OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers('STREAM FILE bye ""', "200 result=0 endpos=1")
        await goodbye(call)
    at = {entry.what: entry.at_ms for entry in house.writer.row.timeline}
    assert at["unheld"] - at["held"] == 7_000
    # Parked once, it waits for more when the caller has gone.
    assert house.switch.hung_up == ["leg-1"]


async def consulted(house: House, call: FakeCall, to: str = "agent:bence") -> None:
    """Anna asks Bence, who answers; the two are joined while the caller hears music."""
    await talks_with_anna(house, call)
    await asks(house, "consult", to)
    await until(lambda: house.switch.parked == [("leg-1", "ringing")])
    house.services.parties.leg_parked(CONTACT, "leg-1")
    call.says(OK)
    await call.answers("SET VARIABLE TRK_STAGE flow", SET)
    await call.answers("SET VARIABLE TRK_PEER leg-1", SET)
    await call.answers("SET VARIABLE TRK_STAGE held", SET)
    await call.answers("SET MUSIC ON default", OK)


async def bence_answers(house: House) -> None:
    """Her leg waits before routing has told of the answer."""
    await until(lambda: CONSULT in house.router.tickets)
    house.services.parties.leg_parked(CONTACT, "leg-2")
    house.router.answer(CONSULT, "bence", "leg-2")
    await until(lambda: house.switch.joined == [("leg-1", "leg-2")])


async def test_a_consultation_that_is_completed(house: House) -> None:
    """Routing hands the contact over before the first agent's leg ends."""
    async with calling(house) as call:
        await consulted(house, call)
        await bence_answers(house)
        await asks(house, "complete")
        await until(lambda: "leg-1" in house.switch.hung_up)
        assert house.router.told[-1] == ("hand_over", CONTACT, CONSULT)
        house.services.parties.leg_ended(CONTACT, "leg-1")
        house.services.parties.leg_parked(CONTACT, "leg-2")
        await call.answers("SET MUSIC OFF", OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers(joining("leg-2"), SET)
        await call.answers("EXEC Bridge leg-2", OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers('STREAM FILE bye ""', "200 result=0 endpos=1")
        await goodbye(call)
    row = house.writer.row
    assert (row.outcome, row.agent) == (Outcome.ANSWERED, "bence")
    assert CONSULT in house.router.forgotten


async def test_a_caller_who_hangs_up_in_a_consultation_ends_it(house: House) -> None:
    """Both agents' legs, and who is still rung."""
    async with calling(house) as call:
        await consulted(house, call)
        await bence_answers(house)
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    assert sorted(house.switch.hung_up) == ["leg-1", "leg-2"]
    assert ("conversation_ended", CONTACT) in house.router.told
    assert house.writer.row.outcome is Outcome.ANSWERED


async def test_somebody_outside_who_does_not_answer(house: House) -> None:
    """The leg stays in the history without an answer, and the caller is back."""
    async with calling(house) as call:
        await consulted(house, call, FAR)
        await until(lambda: bool(house.switch.called))
        (order,) = house.switch.called
        assert (order.contact, order.number) == (CONSULT, FAR)
        house.services.parties.guest_up(CONSULT, None)
        await call.answers("SET MUSIC OFF", OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers(joining("leg-1"), SET)
        await call.answers("EXEC Bridge leg-1", OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers('STREAM FILE bye ""', "200 result=0 endpos=1")
        await goodbye(call)
    roles = [(leg.role, leg.answered_ms) for leg in house.writer.row.legs]
    assert roles == [(LegRole.EXTERNAL, None)]
    assert order.channel_id in house.switch.hung_up


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("queue:paymets", "no_such_target"),
        ("agent:anna", "no_such_target"),
        ("agent:bence", "busy"),
        ("agent:celina", "unreachable"),
        ("+443300000000", "not_permitted"),
        ("00443300000000", "not_permitted"),
        ("somebody", "no_such_target"),
        ("desk:anna", "no_such_target"),
    ],
)
async def test_what_cannot_be_is_refused(house: House, to: str, code: str) -> None:
    """Nothing is told anybody, and they talk on."""
    house.router.staff = {"anna": Available(0, 0), "bence": Paused(0, 0, "lunch")}
    async with calling(house) as call:
        await talks_with_anna(house, call)
        before = list(house.router.told)
        with pytest.raises(HandlingRefused) as refused:
            await asks(house, "transfer", to)
        assert refused.value.code == code
        assert (house.router.told, house.switch.hung_up) == (before, [])
        await ends_untouched(call)


async def ends_untouched(call: FakeCall) -> None:
    """The agent leaves, as in any other call."""
    call.says(OK)
    await call.answers("SET VARIABLE TRK_STAGE flow", SET)
    await call.answers('STREAM FILE bye ""', "200 result=0 endpos=1")
    await goodbye(call)


async def test_a_queue_that_takes_nobody_is_refused(house: House) -> None:
    """Nobody is there for it, or it is full."""
    payments = house.site.queues["payments"]
    full = payments.from_agents.model_copy(update={"max_waiting": 1})
    queues = {**house.site.queues, "payments": payments.model_copy(update={"from_agents": full})}
    house.services.site = house.services.site.model_copy(update={"queues": queues})
    async with calling(house) as call:
        await talks_with_anna(house, call)
        for waiting_now, staffed, code in ((1, True, "full"), (0, False, "no_agents")):
            house.router.waiting, house.router.staffed = waiting_now, staffed
            with pytest.raises(HandlingRefused) as refused:
                await asks(house, "transfer", "queue:payments")
            assert refused.value.code == code
        await ends_untouched(call)


async def test_who_is_in_no_conversation(house: House) -> None:
    """Nor before the engine is up."""
    with pytest.raises(HandlingRefused) as refused:
        await asks(house, "hold")
    assert refused.value.code == "not_in_conversation"
    with pytest.raises(NotInTalk):
        house.services.parties.of_agent("anna")
    with pytest.raises(Unavailable):
        await Handling().handle(CONTACT, Wish("hold"))
    assert LEG_ENDS_S > 0


async def test_an_agent_who_hangs_up_may_mean_to_come_back(house: House) -> None:
    """Where the site says so: who was consulted is let go, and the caller is given back."""
    returns = Transfers(allow=[FAR], by_agents=ByAgents(agent_leaves="returns"))
    house.services.site = house.site.model_copy(update={"transfers": returns})
    async with calling(house) as call:
        await consulted(house, call)
        await bence_answers(house)
        house.services.parties.leg_ended(CONTACT, "leg-1")
        await call.answers("SET MUSIC OFF", OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers("SET MUSIC ON", OK)
        assert house.router.told[-2][0] == "recall"
        house.router.answer(CONTACT, "anna", "leg-3")
        await call.answers("SET MUSIC OFF", OK)
        await call.answers(joining("leg-3"), SET)
        await call.answers("EXEC Bridge leg-3")
        await ends(call)
    assert "leg-2" in house.switch.hung_up
    assert house.writer.row.agent == "anna"


async def test_whom_nobody_takes_may_go_to_the_queue_at_once(house: House) -> None:
    """Where the site says so, the agent is not asked again."""
    to_queue = Transfers(by_agents=ByAgents(unanswered="queue"))
    house.services.site = house.site.model_copy(update={"transfers": to_queue})
    async with calling(house) as call:
        await talks_with_anna(house, call)
        await asks(house, "transfer", "agent:bence")
        house.router.staff["bence"] = Paused(0, 0, "lunch")
        await anna_leaves(house, call)
        await call.answers("SET MUSIC ON default", OK)
        assert [each[0] for each in house.router.told][-1] == "enqueue"
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    assert "recall" not in [each[0] for each in house.router.told]


async def test_without_the_switch_nothing_happens(house: House) -> None:
    """They talk on, and when the agent leaves the flow goes on."""
    async with calling(house) as call:
        await talks_with_anna(house, call)
        house.switch.down = True
        await asks(house, "hold")
        await asks(house, "resume")
        house.switch.down = False
        call.says(OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers('STREAM FILE bye ""', "200 result=0 endpos=1")
        await goodbye(call)
    assert house.switch.parked == []


async def test_who_is_left_to_somebody_outside_is_transferred(house: House) -> None:
    """The story says where the caller is, and the next word is the flow's."""
    async with calling(house) as call:
        await consulted(house, call, FAR)
        await until(lambda: bool(house.switch.called))
        leg = house.switch.called[0].channel_id
        house.services.parties.leg_parked(CONTACT, leg)
        house.services.parties.guest_up(CONSULT, leg)
        await until(lambda: house.switch.joined == [("leg-1", leg)])
        await asks(house, "complete")
        story = house.chronicle.story(CONTACT)
        assert story is not None
        assert place_of(story) == "transfer"
        with pytest.raises(HandlingRefused):
            await asks(house, "hold")
        house.services.parties.leg_ended(CONTACT, "leg-1")
        house.services.parties.leg_parked(CONTACT, leg)
        await call.answers("SET MUSIC OFF", OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers(joining(leg), SET)
        await call.answers(f"EXEC Bridge {leg}", OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers('STREAM FILE bye ""', "200 result=0 endpos=1")
        await goodbye(call)
    row = house.writer.row
    assert (row.outcome, row.ended_by) == (Outcome.ANSWERED, EndedBy.ENGINE)
