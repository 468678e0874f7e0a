"""`python -m engine` is the `trunkline` command."""

from engine.cli import main

main()
