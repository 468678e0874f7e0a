"""What the engine makes of a changed site and of new flows, told in the terminal of `up`.

Whoever saves the site's file looks there, and not into the engine's log.
"""

import asyncio
from pathlib import Path
from typing import Any

from engine import card
from engine.client import Client
from engine.console import Screen
from engine.errors import NotRunning
from engine.status import of_site, print_refused

LOOK_EVERY_S = 2.0
"""The engine itself looks once a second."""
Json = dict[str, Any]


class Changes:
    """Asks the engine, and tells what is new: each refusal once, and when it is over."""

    def __init__(self, card_path: Path, screen: Screen) -> None:
        self._card_path = card_path
        self._screen = screen
        self._told: Json = {"flows": None, "site_refused": []}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Once; an engine that is away or starting tells nothing new."""
        try:
            async with Client(card.read(self._card_path)) as client:
                now: Json = await client.get("/api/changes")
        except NotRunning:
            return
        if now["flows"] is not None:
            before, self._told = self._told, now
            self._of_flows(before["flows"], now["flows"])
            self._of_site(before["site_refused"], now)

    def _of_flows(self, before: Json | None, now: Json) -> None:
        if before is not None and before["version"] != now["version"]:
            self._screen.say(f"version {now['version']} of the flows is in force")
        refused = now["refused"]
        if refused is not None and (before is None or refused != before["refused"]):
            what = f"version {refused['version']} (calls go on with version {now['version']})"
            print_refused(self._screen, what, refused["reasons"])

    def _of_site(self, before: list[str], now: Json) -> None:
        refused = now["site_refused"]
        if refused and refused != before:
            print_refused(self._screen, of_site(now["flows"]["version"]), refused)
        elif before and not refused:
            self._screen.say("the site is in force as it is saved")
