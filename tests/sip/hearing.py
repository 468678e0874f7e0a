"""What a phone hears, judged by its sound and not by how busy the machine is."""

from phones.phone import Call
from phones.protocol import Tone
from tests.sip.running_site import until

TOLERANCE_DB = 1.5


async def tone_at(call: Call, hz: float, dbfs: float, within_s: float = 10) -> None:
    """Hear a tone at its level: not in its first 100 ms where a packet of those was late."""
    heard: Tone | None = None

    async def look() -> bool | None:
        nonlocal heard
        heard = await call.hear_tone(hz)
        return abs(heard.dbfs - dbfs) <= TOLERANCE_DB or None

    try:
        await until(f"{hz} Hz at {dbfs} dBFS", look, within_s)
    except AssertionError as failed:
        raise AssertionError(f"{failed}; last heard {heard}") from None
