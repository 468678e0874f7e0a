"""The private server lives and dies with its engine and keeps what it was told."""

import asyncio
import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from routing.client import RedisLink
from routing.embedded import EmbeddedServer, socket_path
from routing.errors import ServerEnded, ServerInUse, ServerNotStarted, StoreAway

pytestmark = pytest.mark.redis

ENGINE = """
import asyncio, sys
from pathlib import Path
from routing.client import RedisLink
from routing.embedded import EmbeddedServer
async def main():
    server = EmbeddedServer(Path(sys.argv[1]) / "redis", Path(sys.argv[1]) / "run")
    await server.start()
    link = RedisLink(server.url)
    await link.command("SET", "k", "kept")
    print("ready", file=sys.stderr, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def ask(server: EmbeddedServer, *words: str) -> object:
    link = RedisLink(server.url)
    try:
        return await link.command(*words)
    finally:
        await link.close()


async def test_a_killed_engine_takes_its_server_along_and_loses_nothing(tmp_path: Path) -> None:
    """SIGKILL the engine: the server ends by itself (else the directory would still be in
    use), and the next start has the data."""
    engine = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        ENGINE,
        str(tmp_path),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert engine.stderr is not None
    assert await engine.stderr.readline() == b"ready\n"
    engine.send_signal(signal.SIGKILL)
    await engine.wait()
    async with EmbeddedServer(tmp_path / "redis", tmp_path / "run") as again:
        assert await ask(again, "GET", "k") == b"kept"


async def test_a_clean_stop_keeps_the_data_and_frees_the_directory(tmp_path: Path) -> None:
    """Stopped and started at once, as on a restart of the engine."""
    for expected in (None, b"1"):
        async with EmbeddedServer(tmp_path / "redis", tmp_path / "run") as server:
            assert await ask(server, "GET", "k") == expected
            await ask(server, "SET", "k", "1")


async def test_nobody_else_may_enter(server: EmbeddedServer) -> None:
    """A socket without a password, so only this user may reach it, and no TCP port."""
    path = Path(server.url.removeprefix("unix://"))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert await ask(server, "CONFIG", "GET", "port") == [b"port", b"0"]


async def test_a_second_server_on_the_directory_is_refused(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    """Two engines on one directory would ruin each other's data."""
    second = EmbeddedServer(tmp_path / "redis", tmp_path / "other", patience_s=0.05)
    with pytest.raises(ServerInUse) as refused:
        await second.start()
    assert refused.value.directory == tmp_path / "redis"


async def test_a_server_that_ends_by_itself_is_told(server: EmbeddedServer) -> None:
    """The engine cannot go on without it, and a new one starts a new server."""
    watching = asyncio.create_task(server.watch())
    with pytest.raises(StoreAway):
        await ask(server, "SHUTDOWN", "NOSAVE")
    with pytest.raises(ServerEnded) as ended:
        await watching
    assert (ended.value.exit_code, ended.value.log.exists()) == (0, True)


async def test_a_server_that_cannot_start_names_its_log(tmp_path: Path) -> None:
    """A broken append-only file: the error says where to read on."""
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis" / "appendonlydir").write_text("not a directory")
    broken = EmbeddedServer(tmp_path / "redis", tmp_path / "run")
    with pytest.raises(ServerNotStarted) as failed:
        await broken.start()
    assert failed.value.log.exists()
    assert "ended with" in str(failed.value)


async def test_a_deep_directory_still_gets_a_socket(tmp_path: Path) -> None:
    """A socket's path may have 107 bytes; a longer one moves to the temporary directory."""
    deep = tmp_path / ("d" * 100) / "run"
    assert len(os.fsencode(socket_path(deep))) <= 107
    async with EmbeddedServer(tmp_path / "redis", deep) as server:
        assert await ask(server, "GET", "k") is None
    socket_path(deep).parent.rmdir()
