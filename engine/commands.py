"""Commands with parts, such as `trunkline report`: who misses one is told which there are."""

from typing import Any

from typer.core import TyperGroup

from config.suggest import did_you_mean


class Commands(TyperGroup):
    """For `typer.Typer(cls=Commands)`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names; else all of them are listed."""
        word = args[0]
        if not word.startswith("-") and self.get_command(ctx, word) is None:
            ctx.fail(f'No such command "{word}", {did_you_mean(word, self.list_commands(ctx))}')
        return super().resolve_command(ctx, args)
