"""Who gets which command's name; known from manifests alone, so that `hfs --help` imports nothing."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class CommandName:
    """A command that is there, without its code.

    Attributes:
        own_name: what its plugin calls it; `name` is `plugin.own_name` where another had the name first.
        is_chat_only: it makes no sense in the shell.
    """

    name: str
    summary: str
    plugin: str
    own_name: str
    is_chat_only: bool = False


def names_of(
    declared: Iterable[tuple[str, Sequence[tuple[str, str]]]],
    chat_only: Mapping[str, Container[str]] = MappingProxyType({}),
) -> list[CommandName]:
    """Return the commands that plugins, in order, declare; the first to have a name keeps it.

    Args:
        declared: each plugin with names and summaries.
        chat_only: by plugin, those of its names that make no sense in the shell.
    """
    taken: dict[str, CommandName] = {}
    for plugin, commands in declared:
        for own_name, summary in commands:
            name = own_name if own_name not in taken else f"{plugin}.{own_name}"
            is_chat_only = own_name in chat_only.get(plugin, ())
            taken.setdefault(name, CommandName(name, summary, plugin, own_name, is_chat_only))
    return sorted(taken.values(), key=lambda command: command.name)


def nearest(word: str, names: Iterable[str]) -> list[str]:
    """Return up to three names that a mistyped or shortened word may mean, the likeliest first."""
    import difflib

    known = list(names)
    begun = sorted(name for name in known if word and name.startswith(word))
    similar = difflib.get_close_matches(word, known, 3)
    return list(dict.fromkeys([*begun, *similar]))[:3]
