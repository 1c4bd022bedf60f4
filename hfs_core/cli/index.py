"""The plugins' commands as the shell sees them before any plugin is imported."""

from __future__ import annotations

from hfs_core.config import read_config
from hfs_core.naming import CommandName, names_of
from hfs_core.paths import Paths
from hfs_core.plugins.discovery import discover


def plugin_commands(paths: Paths) -> list[CommandName]:
    """Return each plugin command, those of disabled plugins left out."""
    disabled = read_config(paths)[0].disabled_plugins
    # The order decides who keeps a name that two want: HFS' own first, as in the chat.
    found = sorted(discover(paths.state), key=lambda info: (not info.is_first_party, info.name))
    declared = [
        (info.name, info.commands)
        for info in found
        if not info.fault and info.name not in disabled and info.distribution not in disabled
    ]
    return names_of(declared, {info.name: info.chat_only for info in found})
