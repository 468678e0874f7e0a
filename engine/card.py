"""The calling card of a running instance: `var/run/trunkline.json`.

It names every address and every sample credential, so it is closed to other users (mode 0600) and
is removed when the instance stops.
"""

import json
import os
from pathlib import Path
from typing import Any

from engine.errors import NotRunning

Card = dict[str, Any]


def write(path: Path, card: Card) -> None:
    """Put the card in place in one step, readable by its owner alone."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(card, file, indent=2, ensure_ascii=False)
        file.write("\n")
    fresh.replace(path)


def read(path: Path) -> Card:
    """The card of the running instance; NotRunning when there is none that can be read."""
    try:
        card: Card = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NotRunning(f"nothing is running here ({path} is missing)") from None
    except (OSError, ValueError) as error:
        raise NotRunning(f"{path} cannot be read ({type(error).__name__})") from error
    return card
