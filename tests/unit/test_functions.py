"""The functions that flows may call: how they are written, loaded and run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

import pytest

from engine.publishing.functions import functions_of, load_functions
from engine.workers import Workers
from ivr.functions import FlowFunction, Slot, flow_function, marked, signature

pytestmark = pytest.mark.unit


class Pair(NamedTuple):
    """Two results, by name."""

    day: date
    at: time | None


class Same(TypedDict):
    """The same as a mapping."""

    day: date
    at: time | None


def test_a_signature_is_read_from_the_types() -> None:
    """With what may be left out, and what may be unset."""

    def function(a: str, b: Decimal | None, c: bool = True) -> date:
        raise NotImplementedError

    assert signature(function) == (
        {"a": Slot(str, False), "b": Slot(Decimal, True), "c": Slot(bool, False, required=False)},
        {"result": Slot(date, False)},
    )


@pytest.mark.parametrize("returns", [Pair, Same])
def test_several_results_have_names(returns: type) -> None:
    """Those of a NamedTuple or of a TypedDict; None gives nothing."""

    def function() -> Any:
        raise NotImplementedError

    function.__annotations__["return"] = returns
    assert signature(function).results == {"day": Slot(date, False), "at": Slot(time, True)}
    function.__annotations__["return"] = None
    assert signature(function).results == {}


def no_type(account, name: str) -> None: ...  # type: ignore[no-untyped-def]
def no_return(account: str): ...  # type: ignore[no-untyped-def]
def int_parameter(tries: int) -> None: ...
def list_result() -> list[str]:
    raise NotImplementedError


def several(*accounts: str) -> None: ...
def by_place(account: str, /) -> None: ...
def either(account: str | bool) -> None: ...


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (no_type, "account has no type, allowed: str, Decimal, bool, date, time"),
        (no_return, "has no type for what it returns"),
        (int_parameter, "tries is int, allowed: str, Decimal, bool, date, time"),
        (list_result, r"what it returns is list\[str\], allowed: str"),
        (several, "accounts stands for any number of values"),
        (by_place, "account cannot be given by name, take the / away"),
        (either, r"account is str \| bool, allowed: str"),
    ],
)
def test_other_types_are_refused(function: Callable[..., Any], why: str) -> None:
    """When the file is loaded, not in a call."""
    with pytest.raises(TypeError, match=why):
        flow_function(function)


def returning(returns: Any, value: Any) -> FlowFunction:
    def function() -> Any:
        return value

    function.__annotations__["return"] = returns
    found = marked(flow_function(function))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("returns", "value", "results"),
    [
        (str, "x", {"result": "x"}),
        (str | None, None, {"result": None}),
        (Pair, Pair(date(2026, 1, 2), None), {"day": date(2026, 1, 2), "at": None}),
        (Same, {"day": date(2026, 1, 2)}, {"day": date(2026, 1, 2), "at": None}),
        (None, "ignored", {}),
    ],
)
def test_what_a_function_returns_is_taken_by_name(returns: Any, value: Any, results: Any) -> None:
    """As it promised."""
    assert returning(returns, value).results(value) == results


@pytest.mark.parametrize(
    ("returns", "value"),
    [(str, None), (str, 1), (Decimal, 1.5), (bool, 1), (Pair, None), (Same, {"at": time(1)})],
)
def test_what_was_not_promised_is_an_error(returns: Any, value: Any) -> None:
    """A wrong type would only show later, in a caller's ear."""
    with pytest.raises(TypeError, match="did not give"):
        returning(returns, value).results(value)


GOOD = """\
from decimal import Decimal
from ivr.functions import flow_function
from ._rates import RATE

@flow_function
def vip_score(account: str) -> Decimal:
    return RATE

def helper() -> None: ...
"""


LATE = """\
from ivr.functions import flow_function

@flow_function
def rate() -> str:
    from .rates.day import RATE
    return RATE
"""


def written(directory: Path, **files: str) -> Path:
    directory.mkdir(exist_ok=True)
    for name, text in files.items():
        (directory / f"{name}.py").write_text(text, "utf-8")
    return directory


def test_a_directorys_functions_are_loaded_with_what_they_import(tmp_path: Path) -> None:
    """From a file beside them that holds none itself; and the same function not twice."""
    rates = "from decimal import Decimal\nRATE = Decimal(7)\n"
    again = "from .scores import vip_score\n"
    directory = written(tmp_path / "functions", scores=GOOD, _rates=rates, again=again)
    loaded = load_functions(directory)
    assert loaded.problems == ()
    assert set(loaded.functions) == {"vip_score"}
    assert loaded.functions["vip_score"].call("x") == Decimal(7)


def test_texts_are_loaded_once_for_each_content(tmp_path: Path) -> None:
    """A version that leaves the code alone goes on with its modules; another has its own, and
    whoever still runs the first may import from it when it is called."""
    texts = {"a.py": LATE, "rates/__init__.py": "", "rates/day.py": "RATE = '1'\n"}
    first = functions_of(texts, tmp_path).functions["rate"]
    again = functions_of(dict(reversed(texts.items())), tmp_path).functions["rate"]
    other = functions_of({**texts, "rates/day.py": "RATE = '2'\n"}, tmp_path).functions["rate"]
    assert again.call is first.call
    assert (first.call(), other.call()) == ("1", "2")


def test_a_file_knows_where_it_lies(tmp_path: Path) -> None:
    """What is no Python is not published: a table beside it is read from this machine's own."""
    text = (
        "from pathlib import Path\nfrom ivr.functions import flow_function\n\n@flow_function\n"
        "def table() -> str:\n    return Path(__file__).with_name('rates.csv').read_text()\n"
    )
    (tmp_path / "rates.csv").write_text("7")
    assert functions_of({"a.py": text}, tmp_path).functions["table"].call() == "7"


def test_two_directories_do_not_mix(tmp_path: Path) -> None:
    """Files of the same name are two."""
    for number in (1, 2):
        text = GOOD.replace("from ._rates import RATE\n", f"RATE = Decimal({number})\n")
        written(tmp_path / str(number), scores=text)
    scores = [load_functions(tmp_path / str(n)).functions["vip_score"].call("") for n in (1, 2)]
    assert scores == [Decimal(1), Decimal(2)]


def test_without_a_directory_there_are_none(tmp_path: Path) -> None:
    """Most sites need none."""
    assert load_functions(tmp_path / "functions") == ({}, ())


def test_what_is_wrong_in_files_is_told_with_its_line(tmp_path: Path) -> None:
    """Each file's own fault; the others' functions are there."""
    directory = written(
        tmp_path / "functions",
        a_syntax="x = 1\ndef (:\n",
        b_raises="import os\n\nraise ValueError('not today')\n",
        c_exits="raise SystemExit(3)\n",
        d_types="from ivr.functions import flow_function\n\n@flow_function\n"
        "def f(a: int) -> None: ...\n",
        e_good="from ivr.functions import flow_function\n\n@flow_function\ndef g() -> None: ...\n",
        f_again="from ivr.functions import flow_function\n\n@flow_function\ndef g() -> None: ...\n",
        g_import="from ._nothing import x\n",
    )
    loaded = load_functions(directory)
    assert set(loaded.functions) == {"g"}
    told = [str(problem).removeprefix(f"{directory}/") for problem in loaded.problems]
    assert told[0].startswith("a_syntax.py:2:5: is no Python: ")
    assert told[1:5] == [
        "b_raises.py:3:1: ValueError: not today",
        "c_exits.py:1:1: SystemExit: 3",
        (
            "d_types.py:3:1: TypeError: a is int, allowed: str, Decimal, bool, date, time, "
            "or one of them | None"
        ),
        "f_again.py:3:1: a function g is in another file already",
    ]
    assert told[5].startswith("g_import.py:1:1: ModuleNotFoundError: ")


DECORATED = """\
import functools
from ivr.functions import flow_function

def loud(function):
    @functools.wraps(function)
    def louder(text: str) -> str:
        return function(text) + "!"
    return louder

@loud
@flow_function
def outside(text: str) -> str:
    return text

@flow_function
@loud
def inside(text: str) -> str:
    return text
"""


def test_other_decorators_stay_in_force() -> None:
    """Above the mark and below it: what the file's name stands for is called."""
    loaded = functions_of({"a.py": DECORATED}, Path("functions"))
    assert loaded.problems == ()
    assert loaded.functions["outside"].call("hello") == "hello!"
    assert loaded.functions["inside"].call("hello") == "hello!"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (
            "@flow_function\n@functools.lru_cache\ndef f(a: str) -> str:\n    return a\n",
            3,
            "f is no function but a _lru_cache_wrapper, call that in a function of its own",
        ),
        (
            "@functools.lru_cache\n@flow_function\ndef f(a: str) -> str:\n    return a\n",
            3,
            "f is no function but a _lru_cache_wrapper, call that in a function of its own",
        ),
        (
            "class A:\n @staticmethod\n @flow_function\n def f(a: str) -> str:\n  return a\n",
            4,
            "f is in a class, write it as a function of its own",
        ),
        (
            "class A:\n @flow_function\n @staticmethod\n def f(a: str) -> str:\n  return a\n",
            4,
            "f is in a class, write it as a function of its own",
        ),
    ],
)
def test_what_is_marked_in_vain_is_told(text: str, line: int, why: str) -> None:
    """Nobody is to look for a slip in the flow that calls it."""
    text = "import functools\nfrom ivr.functions import flow_function\n" + text
    loaded = functions_of({"a.py": text}, Path("functions"))
    assert loaded.functions == {}
    (problem,) = loaded.problems
    assert (problem.file, problem.message) == ("a.py", why)
    assert line <= problem.line <= line + 1


async def test_functions_run_beside_each_other_in_no_more_threads_than_allowed() -> None:
    """The next one begins when one of them ends."""
    workers, gates = Workers(2), [threading.Event() for _ in range(3)]
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        gates[number].wait(5)
        return number

    running = [asyncio.ensure_future(workers.run(lambda n=n: work(n))) for n in range(3)]  # type: ignore[misc]
    while len(begun) < 2:  # noqa: ASYNC110  threads tell the loop of nothing
        await asyncio.sleep(0)
    assert sorted(begun) == [0, 1]
    gates[1].set()
    assert await running[1] == 1
    gates[0].set()
    gates[2].set()
    assert await asyncio.gather(*running) == [0, 1, 2]


async def test_a_thread_that_is_not_waited_for_any_more_gives_its_place_back() -> None:
    """When it ends at last."""
    workers, gate = Workers(1), threading.Event()
    waiting = asyncio.ensure_future(workers.run(lambda: gate.wait(5)))
    await asyncio.sleep(0)
    waiting.cancel()
    gate.set()
    assert await workers.run(lambda: "next") == "next"


async def test_a_thread_that_cannot_be_started_keeps_no_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The system may have no more of them for a moment."""
    workers = Workers(1)

    def refused(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", refused)
        with pytest.raises(RuntimeError):
            await workers.run(lambda: "never")
    assert await asyncio.wait_for(workers.run(lambda: "next"), 5) == "next"


@pytest.mark.parametrize("raised", [ValueError, SystemExit, StopIteration])
async def test_whatever_a_function_raises_is_told(raised: type[BaseException]) -> None:
    """And ends nothing else."""

    def work() -> None:
        raise raised

    with pytest.raises((ValueError, RuntimeError)):
        await Workers().run(work)
