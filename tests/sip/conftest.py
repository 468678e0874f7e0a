"""One running site for each module of call tests."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.sip.running_site import RunningSite, running_site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site with three agents, nobody logged in."""
    async with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running
