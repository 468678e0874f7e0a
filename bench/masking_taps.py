"""What was heard of real calls at every place where somebody may listen, and what it tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from bench.masking_attack import least_squares
from bench.masking_line import DIGITS, Line, joined
from bench.masking_odds import interval, odds_of
from bench.masking_referees import in_order, multimon, spandsp
from bench.masking_voices import KEY_SAMPLES, Listener, Round, Talker, burst_of, cut, find
from listening.audio import FRAME, RATE_HZ, Samples
from payments.masking.frames import DELAY
from recordings.measure import read_wav

COLUMNS = ("who listens, to keys as", "digits", "ls", "spandsp", "multimon")
_RARE = 0.01  # as in `masking_points`


@dataclass
class Conversation:
    """A caller and an agent, and what the caller keyed, before the capture and during it."""

    agent: str
    listener: Listener
    talker: Talker
    open_rounds: list[Round] = field(default_factory=list)
    masked_rounds: list[Round] = field(default_factory=list)
    open_keys: bytes = b""
    """Keyed as events in the open while the agent's phone takes events, and those it was told."""
    open_told: bytes = b""

    @property
    def number(self) -> str:
        """Of the agent's name."""
        return self.agent.removeprefix("agent")

    @property
    def told(self) -> int:
        """Keys of which the agent's phone had an event that were keyed into a capture."""
        return len(self.listener.keys) - len(self.open_told)


class Tap(NamedTuple):
    """What a listener heard of one call, and by how many samples later than the caller said it."""

    talk: Conversation
    audio: Samples
    later: int


def figures_of(talks: Sequence[Conversation], directory: Path) -> dict[str, Any]:
    """Points as `bench.masking` has them, each with its unmasked line; and the delays."""
    points = list(_points(talks, directory))
    return {
        "call_points": points,
        "call_events": _events(talks),
        "captures_at_once": len(talks),
        **_delays(talks),
        "calls_at_chance": all(
            odds_of(point["ls"], point["digits"]) > _RARE / len(points) for point in points
        ),
        "calls_referees_heard": sum(point["spandsp"] + point["multimon"] for point in points),
    }


def rows_of(figures: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Of the table: each listener, and the same one before the capture."""
    rows = []
    for point in figures["call_points"]:
        for name, which in ((point["condition"], ""), ("  the same, unmasked", "_unmasked")):
            counts = (str(point[each + which]) for each in COLUMNS[1:])
            rows.append((name, *counts))
    return rows


def _points(talks: Sequence[Conversation], directory: Path) -> Iterator[dict[str, Any]]:
    for who, taps in _listeners(talks, directory):
        for by_events in (False, True):
            masked, opened = (
                _counts(taps, masked=masked, by_events=by_events) for masked in (True, False)
            )
            low, high = interval(masked["ls"], masked["digits"])
            yield {
                "condition": f"{who}, {'events' if by_events else 'tones'}",
                **masked,
                "ls_low_percent": low,
                "ls_high_percent": high,
                **{f"{name}_unmasked": count for name, count in opened.items()},
            }


def _listeners(
    talks: Sequence[Conversation], directory: Path
) -> Iterator[tuple[str, Sequence[Tap]]]:
    yield "agent's phone", [Tap(talk, talk.listener.audio()[0], 0) for talk in talks]
    for who, name in (("supervisor (ChanSpy)", "spy"), ("recording", "record")):
        yield who, [_file(talk, directory / f"{name}-{talk.number}.wav") for talk in talks]


def _file(talk: Conversation, path: Path) -> Tap:
    """A recording, and by how much later it has what the first round, in the open, began with."""
    audio = read_wav(path).channel(0)
    opened = talk.open_rounds[0]
    began = find(burst_of(opened.line), audio, 0, len(audio))
    return Tap(talk, audio, began - opened.first_frame * FRAME)


def _counts(taps: Sequence[Tap], *, masked: bool, by_events: bool) -> dict[str, int]:
    """What was keyed, and what the attackers have of it: of receivers, in a capture whatever they
    hear, before it what is right, in order."""
    heard, line = _aligned(taps, masked=masked, by_events=by_events)
    receivers = {"spandsp": spandsp, "multimon": multimon}
    keys = bytes(DIGITS[digit] for digit in line.digits)
    count = len if masked else partial(in_order, keys)
    padded = np.concatenate([heard.astype(np.float64), np.zeros(RATE_HZ)])
    right = least_squares(padded, line, KEY_SAMPLES)
    return {
        "digits": len(keys),
        "ls": right,
        **{name: count(receiver(heard)) for name, receiver in receivers.items()},
    }


def _aligned(taps: Sequence[Tap], *, masked: bool, by_events: bool) -> tuple[Samples, Line]:
    """All rounds of a kind, each from where its own burst of speech was heard."""
    heard, lines = [], []
    for talk, audio, later in taps:
        for said in talk.masked_rounds if masked else talk.open_rounds:
            if said.by_events == by_events:
                begins = find(burst_of(said.line), audio, said.first_frame * FRAME + later)
                heard.append(cut(audio, begins, len(said.line.audio)))
                lines.append(said.line)
    return np.concatenate(heard), joined(lines)


def _events(talks: Sequence[Conversation]) -> dict[str, int]:
    """Of keys that are events, those of which the agent's phone was told by an event."""
    masked = [each for talk in talks for each in talk.masked_rounds if each.by_events]
    return {
        "digits": sum(len(each.line.digits) for each in masked),
        "told": sum(talk.told for talk in talks),
        "digits_unmasked": sum(len(talk.open_keys) for talk in talks),
        "told_unmasked": sum(in_order(talk.open_keys, talk.open_told) for talk in talks),
    }


def _delays(talks: Sequence[Conversation]) -> dict[str, float]:
    """Added: of each call, what its rounds take while it is captured, less what they took before.

    The worst is of any round, that of the call's median.
    """
    before = [median(_delays_ms(talk, talk.open_rounds)) for talk in talks]
    during = [_delays_ms(talk, talk.masked_rounds) for talk in talks]
    added = [median(each) - was for each, was in zip(during, before, strict=True)]
    worst = max(max(each) - was for each, was in zip(during, before, strict=True))
    return {
        "delay_not_captured_ms": round(median(before), 1),
        "delay_captured_ms": round(median(median(each) for each in during), 1),
        "delay_added_ms": round(median(added), 1),
        "delay_added_worst_call_ms": round(max(added), 1),
        "delay_added_worst_round_ms": round(worst, 1),
        "delay_of_masker_ms": DELAY * 1000 / RATE_HZ,
    }


def _delays_ms(talk: Conversation, rounds: Sequence[Round]) -> list[float]:
    """From a sample's leaving the caller's phone to its coming to the agent's, for each round."""
    audio, came_ns = talk.listener.audio()
    return [_delay_ms(each, audio, came_ns, talk.talker.sent_ns) for each in rounds]


def _delay_ms(said: Round, audio: Samples, came_ns: Sequence[int], sent_ns: Sequence[int]) -> float:
    """Of the middle of its speech."""
    burst = burst_of(said.line)
    middle = len(burst) // 2 // FRAME
    at = find(burst, audio, said.first_frame * FRAME) + middle * FRAME
    came_ms = came_ns[at // FRAME] / 1e6 + at % FRAME / RATE_HZ * 1000
    return came_ms - sent_ns[said.first_frame + middle] / 1e6
