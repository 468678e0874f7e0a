"""What an agent hears after dialling a short code: what is true of the agent now."""

import pytest

from bridge.agi.session import AgiSession
from engine.house import House as Entry
from routing.agent import (
    AgentState,
    Available,
    Offline,
    Paused,
    Reserved,
    Ringing,
    Talking,
    Then,
    WrapUp,
)
from routing.errors import (
    HeldBySupervisor,
    IllegalTransition,
    OffShift,
    PauseFull,
    PauseUsedUp,
    RoutingError,
    WrapUpAtMost,
)
from tests.fakes.agi_client import conversation
from tests.fakes.dialing import FakeDialing
from tests.fakes.house import House

pytestmark = pytest.mark.unit

TALKING, WRAP_UP = Talking(1, 1, "c1"), WrapUp(1, 1, "c1")


async def heard(
    code: str,
    state: AgentState | None,
    refusal: RoutingError | None = None,
    dialing: FakeDialing | None = None,
) -> str:
    """The sentence for `code` when routing says `state`, None for a refusal."""
    house = House()
    house.services.dialing = dialing
    house.router.refusal = refusal
    if state is not None:
        house.router.staff["anna"] = state

    async def handler(session: AgiSession) -> None:
        await Entry(house.services).agent_code(session, code, "anna", "lunch")

    async with conversation(handler) as call:
        await call.answers("ANSWER", "200 result=0")
        played = await call.hears()
        call.says("200 result=0 endpos=8000")
        await call.answers("HANGUP", "200 result=1")
    return played.split()[2]


@pytest.mark.parametrize(
    ("code", "state", "said"),
    [
        ("login", Available(1, 1), "you_are_logged_in"),
        ("logout", Offline(1, 1, by_code=True), "you_are_logged_out"),
        ("pause", Paused(1, 1, "lunch"), "you_are_paused_for_lunch"),
        ("resume", Available(1, 1), "you_are_available_again"),
        ("end_wrap_up", Available(1, 1), "wrap-up_has_ended_you_are_available_again"),
        ("end_wrap_up", Paused(1, 1, "lunch"), "you_are_paused_for_lunch"),
        ("end_wrap_up", Offline(1, 1, by_code=True), "you_are_logged_out"),
        ("resume", None, "this_is_not_possible_now"),
    ],
)
async def test_what_happened_at_once_is_confirmed(
    code: str, state: AgentState | None, said: str
) -> None:
    """The end of a wrap-up may bring the pause or the log-out that was asked for before."""
    assert await heard(code, state) == said


@pytest.mark.parametrize(
    ("code", "state", "said"),
    [
        ("login", TALKING, "available"),
        ("resume", TALKING, "available"),
        ("resume", WRAP_UP, "available"),
        ("pause", WrapUp(1, 1, "c1", Then(pause="lunch")), "paused"),
        ("logout", Talking(1, 1, "c1", Then(logout=True)), "logged_out"),
        ("resume", Talking(1, 1, "c1", Then(logout=True)), "logged_out"),
        ("pause", Ringing(1, 1, "c1", Then(pause="lunch")), "paused"),
    ],
)
async def test_what_must_wait_for_the_contacts_end_is_told_so(
    code: str, state: AgentState, said: str
) -> None:
    """Nobody in a conversation or in wrap-up hears that they are available."""
    sentence = await heard(code, state)
    assert sentence.startswith("after_this_contact")
    assert sentence.endswith(said)


@pytest.mark.parametrize(
    ("code", "refusal", "said"),
    [
        ("pause", PauseFull("lunch", 2), "too_many_colleagues_are_on_this_pause"),
        ("pause", PauseUsedUp("lunch", 3_600_000), "you_have_used_up_this_pause_for_today"),
        ("login", OffShift("anna"), "your_shift_is_not_on_now"),
        ("login", HeldBySupervisor("Offline", "login", "maria"), "a_supervisor_has_decided_this"),
        ("resume", HeldBySupervisor("Paused", "resume", "maria"), "a_supervisor_has_decided_this"),
        ("extend_wrap_up", WrapUpAtMost(5), "wrap-up_cannot_be_extended"),
        ("extend_wrap_up", IllegalTransition("Paused", "x"), "this_is_not_possible_now"),
    ],
)
async def test_who_is_refused_hears_why(code: str, refusal: RoutingError, said: str) -> None:
    """A limit of the site's, a shift, or a supervisor's word; else that it is not possible."""
    assert (await heard(code, None, refusal)).startswith(said)


async def test_an_extension_is_confirmed() -> None:
    """Whatever is to come after the wrap-up."""
    state = WrapUp(1, 1, "c1", Then(pause="lunch"))
    assert await heard("extend_wrap_up", state) == "wrap-up_has_been_extended"


async def test_who_gets_a_waiting_caller_at_once_is_available() -> None:
    """A log-in into a full queue is reserved for its first caller within the same moment."""
    assert await heard("login", Reserved(1, 1, "c1")) == "you_are_logged_in"


@pytest.mark.parametrize("code", ["pause", "logout"])
async def test_who_is_kept_for_a_call_goes_once_it_is_over(code: str) -> None:
    """Somebody is being called for this agent: a campaign does not lose them to a pause."""
    dialing = FakeDialing()
    dialing.needed = {"anna"}
    said = await heard(code, Offline(1, 1, by_code=True), dialing=dialing)
    assert said == "as_soon_as_nobody_who_is_being_called_needs_you"
    wish, _ = dialing.leaving["anna"]
    assert (wish.verb, wish.reason) == (code, "lunch")


async def test_who_wants_to_stay_after_all_stays() -> None:
    """Dialling to be available again takes the wish back."""
    dialing = FakeDialing()
    dialing.needed = {"anna"}
    await heard("pause", Paused(1, 1, "lunch"), dialing=dialing)
    await heard("resume", Available(1, 1), dialing=dialing)
    assert dialing.leaving == {}
