"""What the switch reports reaches routing, the ringer and the stories, in order."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridge.events import (
    LegEnded,
    LinkDown,
    LinkUp,
    LiveChannel,
    Phone,
    PhoneReachable,
    SwitchEvent,
)
from engine.calls.recordings import Recordings
from engine.calls.switchboard import Switchboard
from history.outcome import EndedBy, Outcome
from tests.fakes.house import House
from tests.fakes.stories import a_story, a_talk

pytestmark = pytest.mark.unit

NO_CALLS = LinkUp((Phone("anna", True), Phone("carrier", True), Phone("bence", False)), ())


class Board:
    """A switchboard that is not open yet."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.house = House()
        self.board = Switchboard(tasks)
        self._recordings = Recordings(self.house.services.recorder, self.house.chronicle, tasks)

    def open(self) -> None:
        self.board.open(self.house.services, self._recordings)

    def tells(self, *events: SwitchEvent) -> None:
        for event in events:
            self.board.on_event(event)


@pytest.fixture
async def board() -> AsyncIterator[Board]:
    async with asyncio.TaskGroup() as tasks:
        yield Board(tasks)


def leg_gone(uniqueid: str) -> LegEnded:
    return LegEnded("PJSIP/anna-1", uniqueid, "c1", 16, "Normal Clearing")


def channel(uniqueid: str) -> LiveChannel:
    return LiveChannel(
        *("PJSIP/x-1", uniqueid, uniqueid, "x", True, None, None, None, None), seconds=1
    )


async def test_what_comes_before_the_opening_waits(board: Board) -> None:
    """The state of a former run is taken up first; then all follows in its order."""
    board.tells(NO_CALLS, PhoneReachable("anna", True), PhoneReachable("anna", False))
    assert await board.board.first_link == NO_CALLS
    assert board.house.router.told == []
    board.open()
    board.tells(PhoneReachable("bence", True, registered=True))
    assert board.house.router.told == [
        ("phone", "anna", True, False),
        ("phone", "anna", False, False),
        ("phone", "bence", True, True),
    ]


async def test_only_agents_phones_are_told_to_routing(board: Board) -> None:
    """A carrier's endpoint is no agent."""
    board.open()
    board.board.phones(NO_CALLS, board.house.services)
    board.tells(PhoneReachable("carrier", False))
    assert board.house.router.told == [
        ("phone", "anna", True, False),
        ("phone", "bence", False, False),
    ]


async def test_the_end_of_an_agents_leg_frees_the_agent(board: Board) -> None:
    """And the story has its end; an unknown leg is nobody's business."""
    board.open()
    board.house.chronicle.adopt(a_talk())
    board.tells(leg_gone("leg-c1"), leg_gone("leg-c1"), leg_gone("unknown"))
    assert board.house.router.told == [("leg_ended", "anna", "leg-c1")]
    story = board.house.chronicle.story("c1")
    assert story is not None
    assert [(leg.ended_ms, leg.cause) for leg in story.legs] == [(10_000, 16)]


async def test_a_conversation_that_outlived_an_engine_ends_with_its_caller(board: Board) -> None:
    """No session drives it, so the switchboard closes it; the agent's leg follows harmlessly."""
    board.open()
    board.house.services.adopted.add("c1")
    board.house.chronicle.adopt(a_talk())
    board.tells(leg_gone("c1"), leg_gone("leg-c1"))
    row = board.house.writer.row
    assert (row.outcome, row.ended_by, row.talk_ms) == (Outcome.ANSWERED, EndedBy.CALLER, 6_000)
    assert ("conversation_ended", "c1") in board.house.router.told
    assert board.house.services.adopted == set()


async def test_its_caller_ends_it_though_the_agents_leg_is_told_of_first(board: Board) -> None:
    """Asterisk ends both at once, in any order; when the agent hangs up the caller comes back to
    the engine (`House.take_back`)."""
    board.open()
    board.house.services.adopted.add("c1")
    board.house.chronicle.adopt(a_talk())
    board.tells(leg_gone("leg-c1"), leg_gone("c1"))
    row = board.house.writer.row
    assert (row.outcome, row.ended_by) == (Outcome.ANSWERED, EndedBy.CALLER)


async def test_what_ended_while_the_link_was_down_ends_now(board: Board) -> None:
    """Legs and adopted callers that the new link does not have; the others go on."""
    board.tells(NO_CALLS)
    board.open()
    for contact in ("c1", "c2", "c3"):
        board.house.chronicle.adopt(a_talk(contact))
    board.house.services.adopted |= {"c2"}
    alive = ("c1", "c3", "leg-c3")
    board.tells(LinkDown("cut"), LinkUp((), tuple(channel(name) for name in alive)))
    told = board.house.router.told
    assert ("leg_ended", "anna", "leg-c1") in told
    assert ("leg_ended", "anna", "leg-c3") not in told
    assert ("reconcile", sorted(alive)) in told
    assert board.house.writer.row.id == "c2"


async def test_no_card_is_keyed_on_while_the_link_is_down(board: Board) -> None:
    """Whoever began to listen or to record would not be told of."""
    board.tells(NO_CALLS)
    board.open()
    async with board.house.services.pauses.paused("c1") as pause:
        board.tells(LinkDown("cut"))
        assert pause.broken.is_set()


async def test_a_story_goes_from_redis_when_history_has_it(board: Board) -> None:
    """Not before, and routing forgets it then too."""
    house, forgotten = board.house, list[str]()
    house.chronicle.on_written = forgotten.extend
    house.chronicle.begin(a_story())
    house.chronicle.close("c1", Outcome.FLOW_ENDED, EndedBy.ENGINE)
    house.chronicle.close("c1", Outcome.FLOW_ENDED, EndedBy.ENGINE)
    assert (list(house.live.saved), forgotten, len(house.writer.rows)) == (["c1"], [], 1)
    house.writer.settled[0](None)
    assert (house.live.removed, forgotten, len(house.chronicle)) == (["c1"], ["c1"], 0)


async def test_what_is_told_of_a_closed_story_is_dropped(board: Board) -> None:
    """A late report is normal, and must not open it again."""
    chronicle = board.house.chronicle
    chronicle.update(a_story())
    assert chronicle.leg_ended("leg-c1", 16) is None
    assert (len(chronicle), board.house.live.saved) == (0, {})


async def test_an_agents_leg_may_end_after_its_contact_is_closed(board: Board) -> None:
    """The caller's session and the manager's events race: whoever is last, the agent is freed,
    once, and the recording is finished."""
    board.open()
    chronicle = board.house.chronicle
    chronicle.adopt(a_talk())
    chronicle.close("c1", Outcome.ANSWERED, EndedBy.CALLER)
    board.tells(leg_gone("leg-c1"), leg_gone("leg-c1"))
    assert board.house.router.told == [("leg_ended", "anna", "leg-c1")]
    assert list(chronicle.parted()) == []
