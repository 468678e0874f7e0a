"""The relay of a capture: what crosses it, when, and what does not."""

from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

import numpy as np
import pytest

from listening.audio import FRAME, Floats, Samples, peak_of
from payments.masking.frames import DELAY
from payments.masking.masker import NOISE_DBM0
from payments.relay import Relay, hear
from tests.unit.lines import frames, press, rms, silence, voice

pytestmark = pytest.mark.unit

TICK = 80
COMFORT_RMS = peak_of(NOISE_DBM0) / np.sqrt(2)


class Line:
    """A relay, and the clock of whoever runs it."""

    def __init__(self) -> None:
        self.now = 1_000_000
        self.relay = Relay(self.now, np.random.default_rng(7))
        self.agent: list[Samples] = []
        self.caller: list[Samples] = []
        self.sent_at: list[int] = []
        self.keys = bytearray()
        self.said = 0

    def hear(self, caller: Iterable[Samples] = (), agent: Iterable[Samples] = ()) -> None:
        """Frames of both, 20 ms apart."""
        callers, agents = list(caller), list(agent)
        for at in range(max(len(callers), len(agents))):
            if at < len(callers):
                self.caller_says(callers[at].tobytes())
            if at < len(agents):
                self.relay.heard_agent(agents[at].tobytes())
                self.send()
            self.wait(FRAME)

    def caller_says(self, audio: bytes) -> None:
        self.relay.heard_caller(audio, self.now)
        self.take()
        self.send()

    def wait(self, samples: int) -> None:
        """Time passes, and the relay is told of it."""
        for _ in range(samples // TICK):
            self.now += TICK
            self.tick()

    def tick(self) -> None:
        self.relay.pass_time(self.now)
        self.take()
        self.send()

    def take(self) -> None:
        take([self])

    def send(self) -> None:
        due = self.relay.due(self.now)
        self.sent_at += [self.now] * len(due.agent)
        self.agent += [np.frombuffer(each, "<i2") for each in due.agent]
        self.caller += [np.frombuffer(each, "<i2") for each in due.caller]
        self.said += due.said


def take(lines: Sequence[Line]) -> None:
    """Whatever has come of each is heard at once."""
    for line, presses in zip(lines, hear([line.relay for line in lines]), strict=True):
        line.keys.extend(each.key for each in presses)


def sound(*parts: Floats) -> Samples:
    """As one piece."""
    return np.concatenate(frames(*parts))


def test_the_agent_reaches_the_caller_untouched() -> None:
    """To the bit, and at once."""
    line, says = Line(), frames(voice(400))
    line.hear(agent=says)
    assert np.array_equal(np.concatenate(line.caller)[: 20 * FRAME], np.concatenate(says))


def test_the_caller_reaches_the_agent_by_the_masker_s_delay_later_and_no_more() -> None:
    """30 ms: a frame that comes is masked and goes on in the same moment."""
    line = Line()
    says = frames(voice(2000))
    line.hear(caller=says)
    heard = np.concatenate(line.agent)
    said = np.concatenate(says)
    late = [
        float(np.corrcoef(heard[8000 + by : 12000 + by], said[8000:12000])[0, 1])
        for by in range(0, 800, 8)
    ]
    assert 8 * int(np.argmax(late)) == DELAY
    assert len(line.agent) == len(says)


def test_a_key_reaches_the_capture_alone_and_once() -> None:
    """Told as tones, as an event, or as both."""
    line = Line()
    tones = frames(silence(100), press("5", 100), silence(200))
    line.hear(caller=tones)
    line.relay.keyed(ord("5"))
    line.hear(caller=frames(silence(800)))
    assert bytes(line.keys) == b"5"
    line.relay.keyed(ord("5"))
    line.hear(caller=tones)
    assert bytes(line.keys) == b"55"


WAYS = ("tones", "event", "both", "event first")
"""How a phone tells of a key. Asterisk tells of an event when the key is let go."""


def told(key: str, way: str) -> list[Samples | int]:
    """A key of 100 ms with a pause of 120, as it comes over the leg: frames and events."""
    if way == "event":
        return [*frames(silence(100)), ord(key), *frames(silence(120))]
    sound = frames(press(key, 100), silence(120))
    match way:
        case "both":
            return [*sound[:5], ord(key), *sound[5:]]
        case "event first":
            return [ord(key), *sound]
        case _:
            return [*sound]


@pytest.mark.parametrize("late", [1, 7, 1000])
def test_keys_keep_their_order_whoever_tells_of_them(late: int) -> None:
    """Phones tell of each key in another way, and up to `late` frames and events wait before they
    are heard: all of the card at once, where the process has no processor for so long. (The same
    key twice in a row, by tones alone and then by an event alone, cannot be told from one.)"""
    keyed, rng = "4929381029384756#1029737", np.random.default_rng(1)
    phones = [[told(key, str(rng.choice(WAYS))) for key in keyed] for _ in range(8)]
    lines = [Line() for _ in phones]
    sent = [[*chain.from_iterable(phone), *frames(silence(60))] for phone in phones]
    for number, came in enumerate(zip_longest(*sent, fillvalue=frames(silence(20))[0]), 1):
        for line, each in zip(lines, came, strict=True):
            if isinstance(each, int):
                line.relay.keyed(each)
            else:
                line.relay.heard_caller(each.tobytes(), line.now)
        if number % late == 0:
            take(lines)
    take(lines)
    assert [bytes(line.keys).decode() for line in lines] == [keyed] * len(lines)


@pytest.mark.parametrize("stopped_ms", [80, 300, 900])
def test_a_process_that_is_late_hears_every_key_once(stopped_ms: int) -> None:
    """For so long it has no processor, wherever in a key that is. Its clock is looked at first when
    it goes on, and what has come meanwhile is read afterwards, all at once."""
    keyed = "4477#"
    tones = frames(*(part for key in keyed for part in (press(key, 80), silence(80))))
    for begins in (4, 6, 8, 10):
        line, came = Line(), [*tones, *frames(silence(400))]
        line.hear(caller=came[:begins])
        goes_on = begins + stopped_ms // 20
        line.now += FRAME * (goes_on - begins)
        line.tick()
        for frame in came[begins:goes_on]:
            line.relay.heard_caller(frame.tobytes(), line.now)
        line.hear(caller=came[goes_on:])
        assert bytes(line.keys).decode() == keyed


def test_no_tone_leaves_the_relay_but_the_mask_s() -> None:
    """What the agent hears of a key, in loudness: comfort noise, and one sound of its own."""
    line = Line()
    line.hear(caller=frames(silence(200), press("5", 100, dbm0=0), silence(400)))
    loud = [rms(each) > 4 * COMFORT_RMS for each in line.agent]
    assert 3 <= sum(loud) <= 5


@pytest.mark.parametrize("key", [0, 1, ord("x"), ord("a"), 255])
def test_what_is_no_key_is_none(key: int) -> None:
    """Whatever an event says."""
    line = Line()
    line.relay.keyed(key)
    line.take()
    assert not line.keys


@pytest.mark.parametrize("samples", [40, 80, 240, 320, 1000])
def test_packets_may_be_of_any_length(samples: int) -> None:
    """Phones choose it."""
    line = Line()
    whole = sound(silence(100), press("8", 100), silence(300)).tobytes()
    for at in range(0, len(whole), 2 * samples):
        line.caller_says(whole[at : at + 2 * samples])
        line.wait(samples)
    assert bytes(line.keys) == b"8"


def test_frames_go_out_every_20_ms_where_none_comes() -> None:
    """Asterisk gives a connection up that says nothing; nor is the agent's line dead."""
    line = Line()
    line.wait(8000)
    assert 48 <= len(line.agent) <= 51
    assert 48 <= len(line.caller) <= 51
    assert all(0.5 < rms(each) / COMFORT_RMS < 2 for each in line.agent)
    assert not any(rms(each) for each in line.caller)


def test_a_key_is_heard_to_its_end_though_no_audio_follows() -> None:
    """Phones that suppress silence stop with the tone."""
    line = Line()
    line.hear(caller=frames(press("3", 60)))
    line.wait(1600)
    assert bytes(line.keys) == b"3"


def test_a_late_packet_breaks_no_key_in_two() -> None:
    """The agent hears noise in its place, the receiver waits."""
    line, tones = Line(), frames(silence(60), press("7", 120), silence(100))
    for number, frame in enumerate(tones):
        if number == 6:
            line.wait(320)
        line.caller_says(frame.tobytes())
        line.wait(FRAME)
    assert bytes(line.keys) == b"7"


def test_a_burst_is_caught_up_with_evenly_and_leaves_no_delay() -> None:
    """Five packets at once, after 100 ms of nothing."""
    line = Line()
    line.hear(caller=frames(silence(200)))
    line.wait(800)
    for frame in frames(silence(100)):
        line.caller_says(frame.tobytes())
    before = len(line.sent_at)
    line.hear(caller=frames(silence(400)))
    gaps = np.diff(line.sent_at)
    assert gaps.min() >= TICK
    assert gaps.max() <= 360
    assert np.all(gaps[before + 10 :] == FRAME)


def test_what_is_said_is_heard_over_the_agent_and_ends_once() -> None:
    """At its full level, clipped where both are too loud."""
    line = Line()
    loud = np.full(4 * FRAME, 20_000, np.int16)
    line.relay.say(loud.tobytes()[:-100])
    assert line.relay.saying
    line.hear(agent=[np.full(FRAME, 20_000, np.int16)] * 6)
    heard = np.concatenate(line.caller)
    assert np.all(heard[: 3 * FRAME] == 32_767)
    assert np.all(heard[4 * FRAME : 6 * FRAME] == 20_000)
    assert (line.said, line.relay.saying) == (1, False)


def test_a_prompt_is_cut_short() -> None:
    """The rest of it is never heard, and was not said to its end."""
    line = Line()
    line.relay.say(np.full(10 * FRAME, 9_000, np.int16).tobytes())
    line.wait(2 * FRAME)
    line.relay.hush()
    before = len(line.caller)
    line.wait(4 * FRAME)
    assert not any(rms(each) for each in line.caller[before:])
    assert line.said == 0


def test_many_callers_are_heard_at_once_each_by_themselves() -> None:
    """Whatever has come of each, be it nothing or several frames."""
    lines = [Line() for _ in range(3)]
    keys = [frames(silence(40 * n), press(key, 100), silence(120)) for n, key in enumerate("159")]
    found = [bytearray() for _ in lines]
    for at in range(0, max(len(each) for each in keys), 2):
        for line, sound in zip(lines, keys, strict=True):
            for frame in sound[at : at + 2]:
                line.relay.heard_caller(frame.tobytes(), line.now)
        for keyed, presses in zip(found, hear([line.relay for line in lines]), strict=True):
            keyed.extend(each.key for each in presses)
    assert [bytes(each) for each in found] == [b"1", b"5", b"9"]
