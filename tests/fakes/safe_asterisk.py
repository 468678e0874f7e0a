"""What an Asterisk says of itself that is set as Trunkline sets it."""

from bridge.inspection import DEBUGGING, CoreDumps, Inspected, LogChannel, ManagerReader

SAFE = Inspected(
    settings={
        "Debug level": "0",
        "Trace level": "0",
        "Root console verbosity": "0",
        "Dump core on crash": "No",
    },
    log_channels=(LogChannel("/log/asterisk.log", frozenset({"NOTICE", "WARNING", "ERROR"})),),
    cel_events=frozenset(),
    managers=(
        ManagerReader("trunkline", frozenset({"system", "call", "user", "dtmf"})),
        ManagerReader("trunkline-console", frozenset({"<none>"})),
        ManagerReader("trunkline", frozenset({"system", "call", "user", "dtmf"}), 1_800_000_000),
    ),
    manager_debug=False,
    modules=frozenset({"res_agi", "res_rtp_asterisk", "app_audiosocket"}),
    ari=False,
    debugging_off=dict.fromkeys(DEBUGGING, True),
    core_dumps=CoreDumps(1, "|/usr/lib/systemd/systemd-coredump"),
    keys_filtered=True,
)


async def safe() -> Inspected:
    """Reading it."""
    return SAFE
