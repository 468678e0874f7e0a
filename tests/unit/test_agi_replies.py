"""AGI replies and requests, line by line."""

import pytest

from bridge.agi.replies import HANGUP, AgiReply, ReplyReader, ReplyTooLongError
from bridge.agi.request import AgiRequest, HeaderReader, Refusal
from bridge.quoting import agi_line
from tests.fakes.agi_client import CALLER, parse_args, request_lines

pytestmark = pytest.mark.unit

USAGE = [
    b"520-Invalid command syntax.  Proper usage follows:",
    b"Usage: HANGUP [<channelname>]",
    b"",
    b"HANGUP",
    b"200 result=0",
    b"520 End of proper usage.",
]


def read(*lines: bytes) -> list[AgiReply | bytes]:
    reader = ReplyReader(4096)
    return [reply for line in lines if (reply := reader.feed(line)) is not None]


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"200 result=0", AgiReply(200, "0")),
        (b"200 result=-1 endpos=0", AgiReply(200, "-1", endpos=0)),
        (b"200 result=49 endpos=16000", AgiReply(200, "49", endpos=16000)),
        (b"200 result=", AgiReply(200, "")),
        (b"200 result= (timeout)", AgiReply(200, "", "timeout")),
        (b"200 result=12 (timeout)", AgiReply(200, "12", "timeout")),
        (b"200 result=0 (timeout) endpos=5", AgiReply(200, "0", "timeout", endpos=5)),
        (b"200 result=1 (a (b) c)", AgiReply(200, "1", "a (b) c")),
        (b"200 result=1 ()", AgiReply(200, "1")),
        (b"200 result=1 (x) endpos=7)", AgiReply(200, "1", "x) endpos=7")),
        (b"200 result=1 (\xc5\x91)", AgiReply(200, "1", "ő")),
        (b"200 result=1 \xff", AgiReply(200, "1", data="�")),
        (b"510 Invalid or unknown command", AgiReply(510, data="Invalid or unknown command")),
        (b"520 Invalid command syntax.", AgiReply(520, data="Invalid command syntax.")),
    ],
)
def test_each_kind_of_reply_is_read_into_its_parts(line: bytes, reply: AgiReply) -> None:
    """A reply's result, note, end position and text are told apart."""
    assert read(line) == [reply]


def test_usage_of_many_lines_is_one_reply() -> None:
    """From 520- to 520 everything is text, even what looks like a hangup or a reply."""
    (reply,) = read(*USAGE)
    assert isinstance(reply, AgiReply)
    assert reply.code == 520
    assert "HANGUP" in reply.data.splitlines()


def test_a_value_with_line_ends_is_one_reply() -> None:
    """GET VARIABLE writes a value as it is; its lines are no replies of their own."""
    lines = [b"200 result=1 (one", b"HANGUP", b"200 result=0", b"two)", b"200 result=5"]
    assert read(*lines) == [
        AgiReply(200, "1", "one\nHANGUP\n200 result=0\ntwo"),
        AgiReply(200, "5"),
    ]


def test_a_hangup_between_replies_is_told_and_shifts_nothing() -> None:
    """HANGUP is an event, not a reply."""
    lines = [HANGUP, b"200 result=1", HANGUP, HANGUP, b"511 no"]
    assert read(*lines) == [HANGUP, AgiReply(200, "1"), HANGUP, HANGUP, AgiReply(511, data="no")]


def test_lines_that_are_no_replies_are_dropped() -> None:
    """Rubbish answers no command."""
    assert read(b"", b"hello", b"20 result=0", b"2000", b"200 result=3") == [AgiReply(200, "3")]


@pytest.mark.parametrize("usage", [USAGE, [b"520 Invalid command syntax."], []])
def test_the_usage_after_an_exec_that_returned_one_answers_nothing(usage: list[bytes]) -> None:
    """Asterisk takes an application's 1 for a wrong use of EXEC and replies a second time."""
    reader = ReplyReader(4096)
    reader.begin(b"EXEC Background hello\n")
    assert reader.feed(b"200 result=1") == AgiReply(200, "1")
    reader.begin(b"NOOP\n")
    replies = [reply for line in [*usage, b"200 result=7"] if (reply := reader.feed(line))]
    assert replies == [AgiReply(200, "7")]
    assert reader.feed(USAGE[0]) is None
    assert reader.feed(b"520 End.") is not None


def test_a_reply_without_end_is_refused() -> None:
    """Memory is bounded."""
    reader = ReplyReader(max_bytes=100)
    reader.feed(USAGE[0])
    reader.feed(b"x" * 40)
    with pytest.raises(ReplyTooLongError):
        reader.feed(b"x" * 40)


def read_request(data: bytes, max_lines: int = 128) -> AgiRequest | Refusal | None:
    reader = HeaderReader(max_lines)
    outcomes = (reader.feed(line) for line in data.split(b"\n"))
    return next((outcome for outcome in outcomes if outcome is not None), None)


def test_a_request_tells_the_call() -> None:
    """Script, query, arguments and the call's own facts are there."""
    request = read_request(request_lines("inbound?stage=flow&empty=", "first", "", "third"))
    assert isinstance(request, AgiRequest)
    assert (request.script, request.query) == ("inbound", {"stage": "flow"})
    assert request.args == ("first", "", "third")
    assert (request.channel, request.uniqueid) == ("PJSIP/trunk-00000001", "1700000000.1")
    assert (request.callerid, request.dnid) == (CALLER, "3611234567")
    assert (request.context, request.extension) == ("from-trunk", "3611234567")
    assert request.language == "en"


def test_a_request_does_not_print_the_caller() -> None:
    """A caller's number must not get into a log by a repr."""
    assert CALLER not in repr(read_request(request_lines()))


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"GET / HTTP/1.1\n", Refusal.NOT_AGI),
        (b"agi_network yes\n", Refusal.NOT_AGI),
        (b"\n", Refusal.INCOMPLETE),
        (b"agi_network: yes\n\n", Refusal.INCOMPLETE),
        (b"agi_channel: a\nagi_channel: b\n", Refusal.REPEATED_LINE),
        (b"".join(b"agi_%d: x\n" % n for n in range(129)), Refusal.TOO_MANY_LINES),
    ],
)
def test_what_is_no_request_is_refused_with_its_reason(data: bytes, refusal: Refusal) -> None:
    """Only a whole AGI request begins a session."""
    assert read_request(data) is refusal


@pytest.mark.parametrize(
    "word", ["", " ", '"', "\\", '\\"', 'a "b" c', "tab\there", "ends\\", "ő", "'", "(a,b)", "#"]
)
def test_asterisk_reads_each_word_back_as_it_was(word: str) -> None:
    """Quotes, backslashes and blanks survive Asterisk's parser."""
    line = agi_line("SET", "VARIABLE", "X", word, word).decode()
    assert parse_args(line.removesuffix("\n")) == ["SET", "VARIABLE", "X", word, word]
