"""What the flow asks beside speaking and listening, between Asterisk and the history."""

import pytest

from bridge.agi.session import AgiSession
from engine.house import House as EntryPoints
from history.rows import AnswerRow
from tests.fakes.agi_client import conversation
from tests.fakes.house import House
from tests.unit.conversation import program

pytestmark = pytest.mark.unit

NUMBER = "+3615550100"
CONTACT = "1700000000.1"
OK = "200 result=0"
FLOW = """
languages: [en]
start: door
steps:
  door: {dtmf: "12w#", next: rate}
  rate:
    survey:
      questions: {csat: {scale: 1-5, prompt: rate}, solved: {scale: 0-1, prompt: solved}}
    next: bye
  bye: {hangup: normal}
"""


def calling(house: House) -> EntryPoints:
    return EntryPoints(house.services)


@pytest.fixture
def house() -> House:
    return House({"support": program(FLOW)})


def answers(house: House) -> list[AnswerRow]:
    return [row for row in house.writer.rows if isinstance(row, AnswerRow)]


async def test_keys_are_sent_and_answers_kept(house: House) -> None:
    """SendDTMF takes the keys, the gap and the tone; each answer is a row of its contact."""

    async def handler(session: AgiSession) -> None:
        await calling(house).take_call(session, NUMBER)

    async with conversation(handler) as call:
        await call.answers('EXEC Answer ",i"', OK)
        await call.answers('EXEC SendDTMF "12w#,100,100"', OK)
        await call.answers("GET DATA rate 5000 1", "200 result=4")
        await call.answers("GET DATA solved 5000 1", "200 result=1")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
        await call.answers("HANGUP", "200 result=1")
    assert answers(house) == [
        AnswerRow(CONTACT, "rate", "csat", 4, None, 10_000),
        AnswerRow(CONTACT, "rate", "solved", 1, None, 10_000),
    ]


async def test_the_answers_of_a_caller_who_hung_up_reach_the_history(house: House) -> None:
    """The channel is gone; what was answered is kept all the same, before the contact's row."""

    async def handler(session: AgiSession) -> None:
        await calling(house).take_call(session, NUMBER)

    async with conversation(handler) as call:
        await call.answers('EXEC Answer ",i"', OK)
        await call.answers('EXEC SendDTMF "12w#,100,100"', OK)
        await call.answers("GET DATA rate 5000 1", "200 result=4")
        await call.answers("GET DATA solved 5000 1", "HANGUP", "200 result=-1")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    assert answers(house) == [AnswerRow(CONTACT, "rate", "csat", 4, None, 10_000)]
    assert house.writer.rows[-1] == house.writer.row


async def test_an_asterisk_that_cannot_send_keys_fails_the_step_alone(house: House) -> None:
    """The flow goes on where its errors go."""

    async def handler(session: AgiSession) -> None:
        await calling(house).take_call(session, NUMBER)

    async with conversation(handler) as call:
        await call.answers('EXEC Answer ",i"', OK)
        await call.answers('EXEC SendDTMF "12w#,100,100"', "200 result=-2")
        await call.answers("CHANNEL STATUS", "200 result=6")
        await call.answers("GET DATA rate 5000 1", "HANGUP", "200 result=-1")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    assert answers(house) == []
