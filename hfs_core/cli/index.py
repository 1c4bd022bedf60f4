"""The plugins' commands as the shell sees them before any plugin is imported."""

from __future__ import annotations

from hfs_core.config import read_config
from hfs_core.naming import CommandName, names_of
from hfs_core.paths import Paths
from hfs_core.plugins.selection import NO_CHOICE, Choice
from hfs_core.plugins.survey import Survey


def plugin_commands(paths: Paths, choice: Choice = NO_CHOICE) -> list[CommandName]:
    """Return each plugin command, those of plugins that cannot be used left out."""
    from hfs_core.tui.text import one_line

    # The order decides who keeps a name that two want, as in the chat.
    usable = [entry.info for entry in Survey(paths, read_config(paths)[0], choice).registry.usable()]
    declared = [
        (info.name, [(name, one_line(summary)) for name, summary in info.commands]) for info in usable
    ]
    return names_of(declared, {info.name: info.chat_only for info in usable})


def unusable_command(paths: Paths, name: str, choice: Choice = NO_CHOICE) -> str:
    """Say which plugin has a command and why it is not to be had, "" where none has it."""
    from hfs_core.tui.text import one_line

    survey = Survey(paths, read_config(paths)[0], choice)
    kept = survey.registry.who_keeps(name)
    return one_line("; ".join([kept, *map(str, survey.trust_faults())])) if kept else ""
