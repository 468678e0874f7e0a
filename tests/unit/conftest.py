"""What several files of unit tests need."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from engine.cli import main
from history.connection import async_url
from history.migrations import upgrade_to_head
from tests.unit.command import Command, Done
from tests.unit.dialers import Open
from tests.unit.dialing import House, at, site_of


@pytest.fixture
def trunkline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """`trunkline("check", TRUNKLINE_SITE=…)`: one run, with a `var/` of its own."""

    def run(*words: str, **environ: str) -> Done:
        for name, value in {"TRUNKLINE_VAR": str(tmp_path), **environ}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["trunkline", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Done(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An empty database, up to date: a copy of it is there sooner than one that is migrated."""
    file = tmp_path_factory.mktemp("migrated") / "history.db"
    asyncio.run(upgrade_to_head(f"sqlite:///{file}"))
    return file.read_bytes()


@pytest.fixture
def database_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of such a copy; with TRUNKLINE_TEST_POSTGRESQL, the URL of a PostgreSQL's own
    database, of a database there, which is gone after the test."""
    if (server := os.environ.get("TRUNKLINE_TEST_POSTGRESQL")) is not None:
        with a_database(server, request) as url:
            yield url
        return
    file = tmp_path / "history.db"
    file.write_bytes(request.getfixturevalue("migrated"))
    yield f"sqlite:///{file}"


@contextmanager
def a_database(server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Copied from one that is migrated, which costs far less than to migrate it."""
    template = request.getfixturevalue("migrated_there")
    name = f"test_{uuid4().hex}"
    asyncio.run(_order(server, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield _named(server, name)
    asyncio.run(_order(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def migrated_there() -> Iterator[str]:
    """The name of a database that is up to date, on the server that was named."""
    server, name = os.environ["TRUNKLINE_TEST_POSTGRESQL"], f"template_{uuid4().hex}"
    asyncio.run(_order(server, f"CREATE DATABASE {name}"))
    asyncio.run(upgrade_to_head(_named(server, name)))
    yield name
    asyncio.run(_order(server, f"DROP DATABASE {name} WITH (FORCE)"))


def _named(server: str, database: str) -> str:
    return make_url(server).set(database=database).render_as_string(hide_password=False)


async def _order(server: str, statement: str) -> None:
    engine = create_async_engine(async_url(server), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(statement)
    await engine.dispose()


@pytest.fixture
async def open_house(database_url: str) -> AsyncIterator[Open]:
    """Engines that dial, on one database; one that was killed is simply not heard of any more."""
    houses: list[House] = []

    def opened(
        mode: str = "progressive", more: str = "", now: str = "10:00", node: str = "node"
    ) -> House:
        houses.append(House(database_url, site_of(mode, more), at(now), node))
        return houses[-1]

    yield opened
    for house in houses:
        await house.close()
