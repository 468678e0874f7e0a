"""Audio played on the machine at which the command was given."""

import shutil
import subprocess
import tempfile

import typer

_PLAYERS = (
    ("aplay", "-q"),
    ("paplay",),
    ("ffplay", "-v", "error", "-nodisp", "-autoexit"),
)


def play_wav(audio: bytes, otherwise: str) -> bool:
    """Play a WAV file's content to its end; False without a player, after saying what to do
    `otherwise`."""
    player = next((each for each in _PLAYERS if shutil.which(each[0])), None)
    if player is None:
        names = ", ".join(name for name, *_ in _PLAYERS)
        typer.echo(f"none of {names} is installed: {otherwise}", err=True)
        return False
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        file.write(audio)
        file.flush()
        played = subprocess.run([*player, file.name], check=False)  # noqa: S603 - our own words
    return played.returncode == 0
