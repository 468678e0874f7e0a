"""A telephone network to try campaigns on, at the far end of the sample site's trunk.

    python -m bench.network                          # takes calls until Ctrl-C; needs SIPp
    python -m bench.network --leads 500 > people.csv # whom to call: 30 % of them answer

A second one beside it wants ports of its own: `--port 7062 --media-port 20000`.
What becomes of a call is told by the last seven digits of the number, SSFRRTT: `phones.fates`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bench import dialing_sounds
from bench.dialing_crowd import Crowd
from phones.errors import PortTaken, SippFailed
from phones.network import SPAN, network
from phones.sipp import Listening, listening

PORT = 5062
"""Where the sample site's trunk leads."""
MEDIA_PORT = 9_000
HIGHEST_PORT = 65_535
_CROWD = Crowd(answer_rate=0.3, handle_s=60.0, wrap_up_s=20.0)
_FATES = """\
    S S F R R T T    of +36 30 S S F R R T T
        1            a person answers after RR seconds, and stays for TT times five
        2            the same, without ringing
        3            nobody answers; after RR seconds the network gives up (00: never)
        4            an answering machine: greeting, beep, and it records
        5, 6         a fax machine; an intercept of the network's
        7            refused after RR seconds: TT is 86 busy, 04 unknown, 03 rejected, 53 congested
        8            an announcement for RR seconds, then busy
        9            answered in silence"""


async def serve(port: int, media_port: int) -> None:
    """Take calls until cancelled. PortTaken, SippFailed."""
    with tempfile.TemporaryDirectory(prefix="trk-network-") as name:
        print("speaking what callees say …", flush=True)
        sounds = await asyncio.to_thread(dialing_sounds.make, Path(name))
        async with listening(Listening(network(sounds, media_port), port, media_port)) as sipp:
            print(f"{_FATES}\ntaking calls at 127.0.0.1:{port} until Ctrl-C", flush=True)
            print(f"what machines hear is in {sounds.recordings}", flush=True)
            await sipp.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """0, 1 if SIPp does not run, 2 for ports that are taken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, default=PORT, help=f"{PORT}, as the sample site has it")
    parser.add_argument(
        "--media-port",
        type=int,
        default=MEDIA_PORT,
        help=f"{MEDIA_PORT}: where all sound leaves from; machines' up to {SPAN} above it",
    )
    parser.add_argument("--leads", type=int, metavar="N", help="print so many leads, and end")
    parser.add_argument("--seed", type=int, default=1, help="which leads")
    told = parser.parse_args(arguments)
    for option, port, most in (
        ("--port", told.port, HIGHEST_PORT),
        ("--media-port", told.media_port, HIGHEST_PORT - SPAN),
    ):
        if not 1 <= port <= most:
            parser.error(f"{option}: {port} is none, 1 to {most} is allowed")
    if told.leads is not None:
        _CROWD.write(sys.stdout, told.leads, told.seed)
        return 0
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(serve(told.port, told.media_port))
    except PortTaken as error:
        option = "--port" if error.port == told.port else "--media-port"
        print(f"{error}: say another with {option}", file=sys.stderr)
        return 2
    except (SippFailed, FileNotFoundError) as error:
        print(f"SIPp does not take calls: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
