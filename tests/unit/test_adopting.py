"""What becomes of the stories of a node that does not come back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.calls.adopting import Adopting, waits_alone
from engine.calls.story import Story
from history.outcome import Outcome
from routing.callbacks import Promise
from tests.fakes.stories import a_story, a_talk
from tests.unit.test_returning import Back, an_engine

pytestmark = pytest.mark.unit

PROMISE = Promise("+36301234567", "support", (), 2_000, 3_600_000)


def promised(name: str) -> Story:
    return a_story(name).promised(3_000, PROMISE).left_alone()


@asynccontextmanager
async def an_heir(directory: Path, *left: Story) -> AsyncIterator[tuple[Back, Adopting]]:
    """An engine, and what node n2 has left."""
    async with an_engine(directory) as back:
        back.house.live.of_others["n2"] = list(left)
        yield back, Adopting(back.house.services, back.returning)


def kept(back: Back) -> list[str]:
    return [each.contact for each in back.house.services.callbacks.all()]


async def test_promised_callbacks_are_kept(tmp_path: Path) -> None:
    """Once routing has the contacts; until then nothing is put in line."""
    async with an_heir(tmp_path, promised("c1")) as (back, adopting):
        await adopting.take("n2", 30_000, everything=False)
        assert kept(back) == []
        adopting.settle()
        assert kept(back) == ["c1"]
        story = back.house.chronicle.story("c1")
        assert story is not None
        assert (story.node, story.timeline[-1].what) == (back.house.services.node, "adopted")
        adopting.settle()
        assert kept(back) == ["c1"]


async def test_what_only_the_node_can_tell_is_left_to_it(tmp_path: Path) -> None:
    """Who talks, who waited on its lines, and a customer who was just being called."""
    calling = promised("c3").calling_back(5_000, PROMISE.tried(), "c3-back")
    left = [a_talk("c1"), a_story("c2"), calling]
    async with an_heir(tmp_path, *left) as (back, adopting):
        await adopting.take("n2", 30_000, everything=False)
        adopting.settle()
        assert kept(back) == []
        assert back.house.live.of_others["n2"] == left


async def test_a_node_that_is_given_up_leaves_nothing_untold(tmp_path: Path) -> None:
    """Each contact has its row, and the callbacks are made."""
    left = [a_talk("c1"), a_story("c2"), promised("c3")]
    async with an_heir(tmp_path, *left) as (back, adopting):
        await adopting.take("n2", 3_600_000, everything=True)
        adopting.settle()
        assert kept(back) == ["c3"]
        told = [("c1", Outcome.ANSWERED), ("c2", Outcome.ENGINE_LOST)]
        assert back.outcomes == told


def test_a_callback_waits_alone_until_its_customer_is_called() -> None:
    """And again after a call in vain."""
    waiting = promised("c1").queued(4_000, "support", {})
    calling = waiting.calling_back(5_000, PROMISE.tried(), "c1-back")
    again = calling.not_called_back(6_000, "busy", PROMISE.tried())
    assert [waits_alone(story) for story in (waiting, calling, again)] == [True, False, True]
    assert not waits_alone(a_story("c2"))
