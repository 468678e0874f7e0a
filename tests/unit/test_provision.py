"""Provisioning unpacks Asterisk once, whole or not at all, and says what failed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.asterisk_runtime import AsteriskMissingError, find_runtime, name_remedy

pytestmark = pytest.mark.unit

SCRIPT = Path(__file__).parents[2] / "asterisk/provision.py"
LOADER = "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"

# Stands for mmdebstrap: its last argument is where to unpack. The "loader" answers for Asterisk.
UNPACKS = f"""#!/bin/sh
echo unpacking >> "$CALLS"
for root; do :; done
case "$root" in http*) echo "mirror $root" >> "$CALLS"; root=$VAR/asterisk-root.partial;; esac
mkdir -p "$root/usr/sbin" "$root/usr/share/asterisk" "$root/{Path(LOADER).parent}/asterisk/modules"
touch "$root/usr/sbin/asterisk"
printf '#!/bin/sh\\necho Asterisk %s' "$VERSION" > "$root/{LOADER}"
chmod +x "$root/{LOADER}"
echo "$LD_LIBRARY_PATH" > "$root/leaked"
exit $STATUS
"""


class Machine:
    """A machine whose programs are ours: an own PATH and data directory."""

    def __init__(self, directory: Path) -> None:
        self.var = directory / "var"
        self.calls = directory / "calls"
        self.programs = directory / "bin"
        self.programs.mkdir()
        for name in ("mmdebstrap", "espeak-ng", "sipp", "multimon-ng"):
            (self.programs / name).write_text(UNPACKS)
            (self.programs / name).chmod(0o755)
        self.environ = {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "CALLS": str(self.calls),
            "VAR": str(self.var),
            "VERSION": "22.10.1~dfsg",
            "STATUS": "0",
        }

    def provision(self, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(SCRIPT), "--json", "--var", str(self.var)],
            capture_output=True,
            text=True,
            check=False,
            env={**self.environ, **environ},
        )

    def unpacked(self) -> int:
        text = self.calls.read_text() if self.calls.exists() else ""
        return text.split().count("unpacking")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_machine_without_asterisk_gets_a_private_root_once(machine: Machine) -> None:
    """The first run unpacks it, later ones find it; what was run is in the log."""
    first, second = machine.provision(), machine.provision()
    root = machine.var / "asterisk-root"
    wanted = {"asterisk": str(root / "usr/sbin/asterisk"), "root": str(root)}
    assert json.loads(first.stdout) == json.loads(second.stdout) == wanted
    assert machine.unpacked() == 1
    assert "getting Asterisk from Debian: done in" in first.stderr
    assert second.stderr == ""
    assert "mmdebstrap --variant=extract" in (machine.var / "log/provision.log").read_text()


def test_no_mirror_is_named_unless_the_environment_names_one(machine: Machine) -> None:
    """mmdebstrap knows Debian's own; a site behind a wall has its own."""
    machine.provision(TRUNKLINE_DEBIAN_MIRROR="http://mirror.example/debian")
    assert "mirror http://mirror.example/debian" in machine.calls.read_text()


def test_a_failed_run_names_the_log_and_leaves_no_root(machine: Machine) -> None:
    """Half a root must never be taken for a whole one; the next run begins anew."""
    failed = machine.provision(STATUS="25")
    assert failed.returncode == 1
    assert str(machine.var / "log/provision.log") in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not list(machine.var.glob("asterisk-root*"))
    assert machine.provision().returncode == 0


def test_what_an_interrupted_run_left_is_not_used(machine: Machine) -> None:
    """Power went while unpacking: the partial root is thrown away."""
    partial = machine.var / "asterisk-root.partial"
    partial.mkdir(parents=True)
    (partial / "rubbish").touch()
    assert machine.provision().returncode == 0
    assert not partial.exists()
    assert not (machine.var / "asterisk-root/rubbish").exists()


def test_an_asterisk_that_is_too_old_is_not_accepted(machine: Machine) -> None:
    """AudioSocket tells no DTMF before 22.4."""
    failed = machine.provision(VERSION="20.6.0")
    assert failed.returncode == 1
    assert "does not run" in failed.stderr


def test_the_hosts_library_path_does_not_leak(machine: Machine) -> None:
    """A loader that mixes two systems' libraries crashes."""
    machine.provision(LD_LIBRARY_PATH="/opt/odd/lib")
    assert (machine.var / "asterisk-root/leaked").read_text() == "\n"


def test_the_systems_own_asterisk_is_used_when_new_enough(machine: Machine) -> None:
    """Nothing is fetched then."""
    own = machine.programs / "asterisk"
    own.write_text("#!/bin/sh\necho Asterisk 22.5.0")
    own.chmod(0o755)
    assert json.loads(machine.provision().stdout) == {"asterisk": str(own), "root": None}
    assert machine.unpacked() == 0


def test_the_runtime_finds_the_root_that_provisioning_made(machine: Machine) -> None:
    """The loader is named first, its libraries by an argument that no child inherits."""
    root = machine.var.parent / "root"
    machine.provision(TRUNKLINE_ASTERISK_ROOT=str(root))
    runtime = find_runtime({**machine.environ, "TRUNKLINE_ASTERISK_ROOT": str(root)})
    libraries = root / Path(LOADER).parent
    assert runtime.version == (22, 10, 1)
    assert runtime.start(Path("/etc/a")) == [
        str(root / LOADER),
        "--library-path",
        f"{libraries}:{libraries}/asterisk",
        str(root / "usr/sbin/asterisk"),
        "-C",
        "/etc/a/asterisk.conf",
        "-f",
    ]
    assert runtime.remote(Path("/etc/a"), "core show uptime")[-2:] == ["-rx", "core show uptime"]
    assert runtime.modules == libraries / "asterisk/modules"


def test_setup_and_the_engine_mean_one_root_whatever_the_data_directory(
    machine: Machine, tmp_path: Path
) -> None:
    """All instances of an installation use the Asterisk that its one setup got; a root that is
    named otherwise counts from the installation for both."""
    home = tmp_path / "home"
    for part in ("asterisk/provision.py", "config/asterisk_runtime.py", "config/__init__.py"):
        (home / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SCRIPT.parents[1] / part, home / part)
    environ = {**machine.environ, "TRUNKLINE_VAR": str(tmp_path / "elsewhere")}
    finds = "from config.asterisk_runtime import find_runtime; print(find_runtime().command[0])"

    def said(*command: str) -> str:
        whole = [sys.executable, *command]
        ran = subprocess.run(whole, cwd=home, env=environ, capture_output=True, check=True)
        return ran.stdout.decode().strip()

    for named, root in (("", "var/asterisk-root"), ("shared/root", "shared/root")):
        environ["TRUNKLINE_ASTERISK_ROOT"] = named
        assert said("asterisk/provision.py") == str(home / root / "usr/sbin/asterisk")
        assert said("-c", finds) == str(home / root / LOADER)
    assert not (tmp_path / "elsewhere").exists()


def test_no_asterisk_at_all_is_told_with_its_remedy(tmp_path: Path) -> None:
    """Whoever starts without setup learns what to run."""
    root = str(tmp_path / "root")
    with pytest.raises(AsteriskMissingError, match=f"{root}; make setup gets one"):
        find_runtime({"PATH": os.devnull, "TRUNKLINE_ASTERISK_ROOT": root})


def test_a_machine_that_does_not_know_its_name_is_told_how_to_mend_it() -> None:
    """Asterisk would ask name servers at each call."""
    remedy = name_remedy("no such host name")
    assert remedy is not None
    assert 'add the line "127.0.1.1 no such host name" to /etc/hosts' in remedy
    assert name_remedy("localhost") is None
