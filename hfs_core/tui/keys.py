"""What keys are called, which there are, and which of them commands may have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.binding import Binding

from hfs_core.tui.composer.keys import actions
from hfs_core.tui.composer.keys import keys as composer_keys

if TYPE_CHECKING:
    from hfs_core.api import CommandName

_NAMES = {
    "escape": "Esc",
    "pageup": "PageUp",
    "pagedown": "PageDown",
    "question_mark": "?",
    "slash": "/",
    "space": "Space",
}

_FREE = re.compile(r"((ctrl|alt|shift|super)\+)+\w+|f\d+")
ESCAPE_TWICE = "escape escape"
"""What a command's key is called that is Esc twice on an empty prompt."""

_SAME_IN_TERMINALS = frozenset({"ctrl+i", "ctrl+m", "ctrl+h", "ctrl+left_square_bracket"})
"""Keys that a terminal sends as Tab, Enter, Backspace and Esc."""


def key_name(key: str) -> str:
    """Return how a key is written for people, such as `Ctrl+P`; a letter alone stays as it is."""
    if key == ESCAPE_TWICE:
        return "Esc Esc"
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    if last in _NAMES:
        last = _NAMES[last]
    elif len(last) > 1 or modifiers:
        last = last.capitalize()
    return "+".join([*(modifier.capitalize() for modifier in modifiers), last])


def app_bindings(app: App[Any]) -> list[Binding]:
    """Return the app's own keys that are worth telling."""
    rooms = [kind for kind in type(app).__mro__ if issubclass(kind, App) and kind is not App]
    bindings = (
        each for room in rooms for each in vars(room).get("BINDINGS", ()) if isinstance(each, Binding)
    )
    return [binding for binding in bindings if binding.description]


class Keys:
    """All keys of the chat: those of the app, of the composer, and those that commands have been given."""

    def __init__(self, app: App[Any]):
        self._app = app
        self._commands: dict[str, CommandName] = {}

    def told(self, mode: str) -> tuple[tuple[str, str], ...]:
        """Return each key that is worth telling, and what it does; one that the composer takes, once."""
        own = []
        for binding in app_bindings(self._app):
            names = [key for key in binding.key.split(",") if key not in actions(mode)]
            if names:
                own.append((key_name(names[0]), binding.description))
        commands = [
            (key_name(key), f"/{command.name}: {command.summary}") for key, command in self._commands.items()
        ]
        return (*composer_keys(mode), *own, *commands)

    def give(self, key: str, command: CommandName, mode: str) -> str:
        """Let a key run a command; returns why it cannot, "" if it does."""
        if self._commands.get(key) == command:
            return ""
        name = key_name(key)
        if key in self._commands:
            return f"/{command.name} asks for the key {name}, which /{self._commands[key].name} has"
        if key == ESCAPE_TWICE:
            self._commands[key] = command
            return ""
        if not _FREE.fullmatch(key) or key in _SAME_IN_TERMINALS:
            return f"/{command.name} asks for the key {name}, which is needed for writing"
        used = {each for binding in app_bindings(self._app) for each in binding.key.split(",")}
        if key in used or key in actions(mode):
            return f"/{command.name} asks for the key {name}, which HFS uses itself"
        self._commands[key] = command
        self._app.bind(key, f"run_command({key!r})", description=command.summary, show=False)
        return ""

    def take_back(self, plugin: str) -> None:
        """Let no key run a command of a plugin: it may have others now."""
        self._commands = {key: command for key, command in self._commands.items() if command.plugin != plugin}

    def by_command(self) -> list[tuple[str, str]]:
        """Return which commands have a key, and what that is called."""
        return [(command.name, key_name(key)) for key, command in self._commands.items()]

    def has(self, key: str) -> bool:
        """Tell whether a key runs a command."""
        return key in self._commands

    def command(self, key: str) -> str:
        """Return the command that a key runs."""
        return self._commands[key].name
