"""The conditions that `bench.masking` tries: one thing at a time, the worst at once, and draws.

All of what the issue names multiplied would be a year of audio. So each is gone through with the
rest as in a usual press (levels by both laws), what is bad together is tried together, and what
else may be in the product is drawn from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import numpy as np

from bench.masking_line import Condition

USUAL = Condition("usual")
_DRAWN = 20
_COLOURS = "pink", "car", "hum", "babble"

QUICK = (
    "usual",
    "-65 dBm0, A-law",
    "-20 dBm0, µ-law",
    "twist 12 dB",
    "+4 % off",
    "SNR 0 dB",
    "20 ms",
    "5 % lost, 5 % late",
    "-20 dBm0 under a voice of -20 dBm0",
    "draw 1",
)


def conditions() -> Iterator[Condition]:
    """All of them, each with its name."""
    return chain(
        [USUAL], _of_the_key(), _of_the_line(), _surroundings(), _worst(), _coded(), _draws()
    )


def _of_the_key() -> Iterator[Condition]:
    for level in range(0, -66, -5):
        for law, name in (("ulaw", "µ-law"), ("alaw", "A-law")):
            yield replace(USUAL, name=f"{level} dBm0, {name}", level_dbm0=level, law=law)
    for twist in (-12, -8, -4, 4, 8, 12):
        yield replace(USUAL, name=f"twist {twist} dB", twist_db=twist)
    for percent in (-4, -3, -2, -1, 1, 2, 3, 4):
        yield replace(USUAL, name=f"{percent:+} % off", offset=percent / 100)
    for length in (20, 30, 40, 120, 250, 500):
        yield replace(USUAL, name=f"{length} ms", tone_ms=length)


def _of_the_line() -> Iterator[Condition]:
    for snr in (0, 5, 10, 15, 20, 30):
        yield replace(USUAL, name=f"SNR {snr} dB", snr_db=snr)
    yield replace(USUAL, name="5 % lost, 5 % late", lost=0.05, late=0.05)
    yield replace(USUAL, name="20 % late", late=0.2)
    yield replace(USUAL, name="20 % lost, A-law", lost=0.2, law="alaw")
    yield replace(USUAL, name="a mobile's codec", codec="gsm")
    yield replace(USUAL, name="a mobile's codec, 10 % lost", codec="gsm", lost=0.1)
    yield replace(USUAL, name="G.726 at 16 kbit/s", codec="g726")


def _surroundings() -> Iterator[Condition]:
    for colour in _COLOURS:
        for snr in (0, 10):
            yield replace(USUAL, name=f"SNR {snr} dB, {colour}", noise=colour, snr_db=snr)
    for over, name in (("voice", "a voice"), ("music", "music")):
        for level in (-10, -20, -30):
            yield replace(
                USUAL,
                name=f"{level} dBm0 under {name} of -20 dBm0",
                level_dbm0=level,
                over=over,
            )


def _worst() -> Iterator[Condition]:
    yield replace(USUAL, name="loud, long, A-law", level_dbm0=0, tone_ms=500, law="alaw")
    yield replace(USUAL, name="20 ms, SNR 0 dB", tone_ms=20, snr_db=0)
    yield replace(USUAL, name="twisted, off, faint", twist_db=12, offset=0.04, level_dbm0=-50)
    yield replace(USUAL, name="rows alone nearly, off", twist_db=-12, offset=0.03, snr_db=20)


def _draws() -> Iterator[Condition]:
    """Anything of the product, the same ones each time."""
    chance = np.random.default_rng(2026)
    for number in range(1, _DRAWN + 1):
        yield Condition(
            f"draw {number}",
            level_dbm0=float(chance.uniform(-65, 0)),
            twist_db=float(chance.uniform(-12, 12)),
            offset=float(chance.uniform(-0.04, 0.04)),
            snr_db=float(chance.uniform(0, 40)),
            noise=str(chance.choice(["white", *_COLOURS])),
            tone_ms=int(20 * 25 ** chance.uniform()),
            law=str(chance.choice(["ulaw", "alaw"])),
            codec="gsm" if chance.random() < 0.2 else "",
            lost=float(chance.choice([0.0, 0.02, 0.1])),
            late=float(chance.choice([0.0, 0.02, 0.1])),
            over=str(chance.choice(["", "", "voice", "music"])),
            over_dbm0=float(chance.uniform(-40, -10)),
        )


def _coded() -> Iterator[Condition]:
    """Codecs and noise: what a codec makes of tones in noise is not only tones and noise."""
    chance = np.random.default_rng(2027)
    for codec in ("gsm", "gsm", "gsm", "g726", "g726"):
        colour = str(chance.choice(_COLOURS))
        snr, level = float(chance.uniform(0, 15)), float(chance.uniform(-35, 0))
        lost, length = float(chance.choice([0.0, 0.1])), int(chance.uniform(40, 300))
        name = f"{_CODECS[codec]}, {level:.0f} dBm0, SNR {snr:.0f} dB {colour}, {length} ms"
        yield replace(
            USUAL,
            name=f"{name}, lost {lost:.0%}",
            codec=codec,
            noise=colour,
            snr_db=snr,
            level_dbm0=level,
            lost=lost,
            tone_ms=length,
        )


_CODECS = {"gsm": "mobile", "g726": "G.726"}


def spoken(condition: Condition) -> str:
    """A condition in words, also a drawn one's."""
    if not condition.name.startswith("draw"):
        return condition.name
    parts = [
        f"{condition.name}: {condition.level_dbm0:.0f} dBm0",
        f"twist {condition.twist_db:.0f} dB",
        f"{100 * condition.offset:+.1f} %",
        f"SNR {condition.snr_db:.0f} dB {condition.noise}",
        f"{condition.tone_ms} ms",
        "A-law" if condition.law == "alaw" else "µ-law",
    ]
    parts += [_CODECS[condition.codec]] if condition.codec else []
    parts += [f"lost {condition.lost:.0%}"] * bool(condition.lost)
    parts += [f"late {condition.late:.0%}"] * bool(condition.late)
    parts += [f"{condition.over} at {condition.over_dbm0:.0f} dBm0"] * bool(condition.over)
    return ", ".join(parts)
