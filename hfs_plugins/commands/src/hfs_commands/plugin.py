"""The plugin: which commands there are."""

from __future__ import annotations

from collections.abc import Sequence

from hfs_commands.clear import clear
from hfs_commands.config import config
from hfs_commands.copying import copy
from hfs_commands.exit import exit_hfs
from hfs_commands.help import show_help
from hfs_commands.mode import mode
from hfs_commands.model import model
from hfs_commands.plugins import plugins
from hfs_commands.retry import retry
from hfs_commands.theme import theme
from hfs_core.api import Command, hookimpl


class CommandsPlugin:
    """The commands of the chat that are about HFS itself."""

    @hookimpl
    def provide_commands(self) -> Sequence[Command]:
        """Declare the commands."""
        return [
            Command("clear", "Begin a new session; the old one is kept", clear, surfaces=("chat",)),
            Command("config", "Show the settings, or set one", config),
            Command("copy", "Copy the last reply, its code, or the whole conversation", copy),
            Command("exit", "End HFS", exit_hfs, surfaces=("chat",)),
            Command("help", "Tell which commands and keys there are", show_help),
            Command("mode", "Set how much is shown beside the words", mode),
            Command("model", "Choose the model that answers", model),
            Command("plugins", "Show the plugins, and decide about them", plugins, surfaces=("chat",)),
            Command("retry", "Ask the last question again, in a new branch", retry),
            Command("theme", "Choose the colours of the terminal interface", theme),
        ]
