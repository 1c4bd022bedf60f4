"""Who gets which command's name; known from manifests alone, so that `hfs --help` imports nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandName:
    """A command that is there, without its code.

    Attributes:
        own_name: what its plugin calls it; `name` is `plugin.own_name` where another had the name first.
    """

    name: str
    summary: str
    plugin: str
    own_name: str


def names_of(declared: Iterable[tuple[str, Sequence[tuple[str, str]]]]) -> list[CommandName]:
    """Return the commands that plugins, in order, declare; the first to have a name keeps it."""
    taken: dict[str, CommandName] = {}
    for plugin, commands in declared:
        for own_name, summary in commands:
            name = own_name if own_name not in taken else f"{plugin}.{own_name}"
            taken.setdefault(name, CommandName(name, summary, plugin, own_name))
    return sorted(taken.values(), key=lambda command: command.name)
