"""The plugin: which commands there are."""

from __future__ import annotations

from collections.abc import Sequence

from hfs_commands.leaving import leave
from hfs_core.api import Command, hookimpl


class CommandsPlugin:
    """The commands of the chat that are about HFS itself."""

    @hookimpl
    def provide_commands(self) -> Sequence[Command]:
        """Declare the commands."""
        return [Command("exit", "End HFS", leave, surfaces=("chat",))]
