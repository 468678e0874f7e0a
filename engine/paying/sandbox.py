"""`trunkline payments sandbox`: the provider that moves no money, until Ctrl-C."""

import asyncio
import signal
from dataclasses import dataclass

from aiohttp import web

from engine.console import Screen
from payments.gateways.declines import decline
from payments.sandbox import cards
from payments.sandbox.server import Sandbox, build


@dataclass(frozen=True)
class Address:
    """Where it listens, and its secrets, which open nothing else."""

    host: str
    port: int
    secret: str
    webhook: str | None
    webhook_secret: str


async def run(address: Address) -> int:
    """Serve until SIGINT or SIGTERM."""
    sandbox = Sandbox(address.secret, address.webhook, address.webhook_secret)
    runner = web.AppRunner(build(sandbox), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, address.host, address.port)
        await site.start()
        port = runner.addresses[0][1]
        Screen().say(f"sandbox: http://{address.host}:{port}, key {address.secret}; Ctrl-C ends it")
        await _until_told_to_end()
    finally:
        await runner.cleanup()
    return 0


def print_cards() -> None:
    """Every test card, and what becomes of it."""
    rows = [(number, "accepted", "", "") for number in cards.GOOD]
    rows.append((cards.PENDING, "accepted later, told by a webhook", "", ""))
    for number, code in cards.declining().items():
        why = decline(code, *cards.advised(code))
        rows.append((number, "declined", code, why.advice))
    Screen().table("Test cards", ("number", "", "code", "advice"), rows)


async def _until_told_to_end() -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
