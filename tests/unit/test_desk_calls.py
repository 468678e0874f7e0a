"""What agents do with a caller, over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from desk.app import build
from desk.views import HandlingRefused, Json, Views, Wish

pytestmark = pytest.mark.unit

TOKEN = "secret"
Asks = Callable[..., Awaitable[tuple[int, Any]]]


class FakeHandling:
    """Grants everything but hold."""

    def __init__(self) -> None:
        self.wishes: list[tuple[str, Wish]] = []

    async def handle(self, contact: str, wish: Wish) -> Json:
        self.wishes.append((contact, wish))
        if wish.verb == "hold":
            raise HandlingRefused("not_now", "hold is not possible now")
        return {"contact": contact, "mode": "talk"}


@pytest.fixture
def handling() -> FakeHandling:
    """See there."""
    return FakeHandling()


@pytest_asyncio.fixture
async def asks(handling: FakeHandling) -> AsyncIterator[Asks]:
    """Post to the API: status and JSON."""
    app = build(cast(Views, None), TOKEN, handling=handling)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with TestClient(TestServer(app), headers=headers) as client:

        async def post(path: str, document: Any = None, **more: Any) -> tuple[int, Any]:
            async with client.post(f"/api/contacts/{path}", json=document, **more) as answer:
                is_json = answer.content_type == "application/json"
                return answer.status, await answer.json() if is_json else None

        yield post


async def test_a_wish_is_handed_on(asks: Asks, handling: FakeHandling) -> None:
    """With all that was sent; the answer says how the conversation stands."""
    sent = {"to": "queue:billing", "note": "Wrong bill", "keep_place": True}
    assert await asks("n1-17.1/transfer", sent) == (200, {"contact": "n1-17.1", "mode": "talk"})
    assert (await asks("n1-17.1/complete"))[0] == 200
    assert handling.wishes == [
        ("n1-17.1", Wish("transfer", "queue:billing", "Wrong bill", keep_place=True)),
        ("n1-17.1", Wish("complete")),
    ]


async def test_what_is_refused_says_why(asks: Asks) -> None:
    """409, with a code for machines."""
    error = {"code": "not_now", "message": "hold is not possible now"}
    assert await asks("17.1/hold") == (409, {"error": error})


@pytest.mark.parametrize(
    ("verb", "sent"),
    [
        ("transfer", {}),
        ("consult", {"to": 7}),
        ("transfer", {"to": "agent:anna", "note": "two\nlines"}),
        ("transfer", {"to": "agent:anna", "note": "x" * 501}),
        ("transfer", {"to": "agent:anna", "keep_place": "yes"}),
        ("hold", ["now"]),
    ],
)
async def test_what_cannot_be_read_is_not_handed_on(
    asks: Asks, handling: FakeHandling, verb: str, sent: Any
) -> None:
    """400, and what is needed."""
    status, told = await asks(f"17.1/{verb}", sent)
    assert (status, told["error"]["code"], handling.wishes) == (400, "bad_request", [])


async def test_there_are_no_other_verbs(asks: Asks) -> None:
    """And nothing without the token."""
    assert (await asks("17.1/dance"))[0] == 404
    headers = {"Authorization": "Bearer other"}
    assert (await asks("17.1/hold", headers=headers))[0] == 401
