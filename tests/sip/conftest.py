"""One running site, or one plain Asterisk, for each module of call tests."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from phones.phone import Phone
from tests.asterisk.asterisk_fixture import started
from tests.sip.plain_pbx import PlainPbx
from tests.sip.promises import CUSTOMER
from tests.sip.running_site import RunningSite, running_site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site with three agents, nobody logged in."""
    async with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def customer(site: RunningSite) -> Phone:
    """A customer's one phone, at the carrier, to call from and to be called back on."""
    return await site.carrier.caller(CUSTOMER)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PlainPbx]:
    """An Asterisk without an engine, to call through."""
    async with started(PlainPbx(tmp_path_factory.mktemp("pbx"))) as running:
        yield running
