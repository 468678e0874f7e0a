"""The raw file that Asterisk's MixMonitor writes with its option D.

From apps/app_mixmonitor.c of Asterisk 22 (mixmonitor_thread) and formats/format_sln.c: pairs of
signed 16-bit samples, first what the channel says (read), then what it hears (write), without a
header. `.raw` names the format `sln`, so the rate is 8 kHz whatever the codecs are, and the bytes
are in the machine's own order: little-endian on every machine that Trunkline supports.
"""

import errno
import fcntl
import os
import signal
import time
from pathlib import Path

SAMPLE_RATE = 8_000
CHANNELS = 2
PAIR_BYTES = 4

# A file system without leases (NFS): quiet for so long means closed. MixMonitor's stdio buffer of
# 32 KiB holds about 1 s of two channels.
_QUIET_S = 3.0


def make_raw(path: Path) -> None:
    """Put an empty file where MixMonitor will write, for its owner's eyes only.

    Asterisk truncates a file that it finds and so keeps its mode 0600; one that it made itself
    would follow Asterisk's umask, and so would the directories of the day (0700 here). Raises
    FileExistsError rather than let one recording take another's place.
    """
    for directory in reversed(path.parents[:4]):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.with_suffix(".wav").exists():
        raise FileExistsError(errno.EEXIST, "already recorded", str(path))
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def is_open_for_writing(path: Path) -> bool:
    """Whether any process still writes the file; a missing file is closed.

    Linux grants a read lease only on a file that nobody has open for writing (fcntl(2),
    F_SETLEASE).
    """
    try:
        with path.open("rb") as file:
            # A writer that came in this very moment would end us by SIGIO, the default.
            fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno == errno.EAGAIN:
            return True
        return _changed_lately(path)
    return False


def _changed_lately(path: Path) -> bool:
    return time.time() - path.stat().st_mtime < _QUIET_S
