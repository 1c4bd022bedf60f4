"""The keys of the composer in each mode: one table that both the composer and the help read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Key:
    """What a key does.

    Attributes:
        names: the keys as Textual names them; the help shows the first ones.
        action: of the composer, or of the app.
        help: what it does, for people; "" for what goes without saying.
        shown: how many of the names the help shows: others are what some terminals send for the same key.
    """

    names: tuple[str, ...]
    action: str
    help: str = ""
    shown: int = 1


_EVERYWHERE = (
    Key(("enter",), "send", "Send"),
    Key(("shift+enter", "ctrl+j", "alt+enter", "shift+\r"), "newline", "Break the line", 3),
    Key(("up",), "up", "A line up; from the first, what was sent before, or a queued message"),
    Key(("down",), "down", "A line down; from the last, what was sent after"),
    Key(("tab",), "complete", "Complete a /command"),
    Key(("ctrl+g",), "edit_outside", "Write in $VISUAL or $EDITOR"),
    Key(("ctrl+c", "super+c"), "app.stop", "Copy what is selected; else clear; else, twice, quit"),
    Key(("ctrl+d",), "delete_or_quit", "Delete to the right; quit where nothing is written"),
    Key(("pageup",), "app.page(-1)"),
    Key(("pagedown",), "app.page(1)"),
    Key(("left",), "cursor_left"),
    Key(("right",), "cursor_right"),
    Key(("home",), "cursor_line_start"),
    Key(("end",), "cursor_line_end"),
    Key(("shift+left",), "cursor_left(True)"),
    Key(("shift+right",), "cursor_right(True)"),
    Key(("shift+up",), "cursor_up(True)", "Select lines", 0),
    Key(("shift+down",), "cursor_down(True)"),
    Key(("shift+home",), "cursor_line_start(True)"),
    Key(("shift+end",), "cursor_line_end(True)"),
    Key(("ctrl+shift+left",), "cursor_word_left(True)"),
    Key(("ctrl+shift+right",), "cursor_word_right(True)"),
    Key(("f7",), "select_all", "Select all"),
    Key(("backspace",), "delete_left"),
    Key(("delete",), "delete_right"),
    Key(("alt+delete",), "delete_word_right"),
    Key(("ctrl+x", "super+x"), "cut", "Cut what is selected, or the line"),
    Key(("ctrl+v", "super+v"), "paste", "Put in what was cut or copied here"),
    Key(("ctrl+underscore", "alt+z", "super+z"), "undo", "Undo", 2),
    Key(("alt+shift+z", "super+shift+z"), "redo", "Redo"),
)

_STANDARD = (
    Key(("ctrl+r",), "search", "Search what was sent"),
    Key(("ctrl+a",), "cursor_line_start", "To the start of the line"),
    Key(("ctrl+e",), "cursor_line_end", "To the end of the line"),
    Key(("ctrl+left", "alt+left", "alt+b"), "cursor_word_left", "A word to the left"),
    Key(("ctrl+right", "alt+right", "alt+f"), "cursor_word_right", "A word to the right"),
    Key(("ctrl+w", "ctrl+backspace", "alt+backspace"), "delete_word_left", "Delete a word to the left"),
    Key(("alt+d",), "delete_word_right", "Delete a word to the right"),
    Key(("ctrl+u", "super+backspace"), "delete_to_start_of_line", "Delete to the start of the line"),
    Key(("ctrl+k",), "delete_to_end_of_line_or_delete_line", "Delete to the end of the line"),
    Key(("ctrl+shift+k",), "delete_line", "Delete the line"),
)

_EMACS = (
    Key(("ctrl+r",), "search", "Search what was sent"),
    Key(("ctrl+a",), "cursor_line_start", "To the start of the line"),
    Key(("ctrl+e",), "cursor_line_end", "To the end of the line"),
    Key(("ctrl+b",), "cursor_left", "A character to the left"),
    Key(("ctrl+f",), "cursor_right", "A character to the right"),
    Key(("ctrl+p",), "up", "A line up, then what was sent before"),
    Key(("ctrl+n",), "down", "A line down, then what was sent after"),
    Key(("alt+b", "ctrl+left", "alt+left"), "cursor_word_left", "A word to the left"),
    Key(("alt+f", "ctrl+right", "alt+right"), "cursor_word_right", "A word to the right"),
    Key(("ctrl+k",), "kill('line')", "Kill to the end of the line"),
    Key(("ctrl+u", "super+backspace"), "kill('start')", "Kill to the start of the line"),
    Key(("ctrl+w", "ctrl+backspace"), "kill('blank')", "Kill to the blank on the left"),
    Key(("alt+backspace",), "kill('left')", "Kill a word to the left"),
    Key(("alt+d",), "kill('right')", "Kill a word to the right"),
    Key(("ctrl+y",), "yank", "Put in what was killed"),
    Key(("ctrl+t",), "transpose", "Swap two characters"),
    Key(("alt+x",), "app.palette", "Command palette"),
)

VIM_KEYS = (
    ("Esc", "NORMAL; once there, what Esc does elsewhere"),
    ("i a I A o O", "INSERT"),
    ("v V", "VISUAL, by characters and by lines"),
    ("h j k l", "Move; j and k go on into what was sent"),
    ("w b e W B E", "Words"),
    ("0 ^ $ gg G %", "Ends of the line, of the text; the matching bracket"),
    ("f F t T ; ,", "To a character"),
    ("d c y", 'Delete, change, yank: with a motion, iw aw i" a" i( a( i[ i{, or twice for the line'),
    ("D C Y", "To the end of the line; the line"),
    ("x X s S r ~ J", "Small changes"),
    ("p P", "Put"),
    (".", "The last change again"),
    ("u Ctrl+R", "Undo, redo"),
)
"""The keys of vim's normal mode, which `hfs_core.tui.composer.vim` reads."""

_OWN: dict[str, tuple[Key, ...]] = {"standard": _STANDARD, "emacs": _EMACS, "vim": _STANDARD}


@cache
def actions(mode: str) -> dict[str, str]:
    """Return what each key does, by its name in Textual."""
    return {name: key.action for key in (*_EVERYWHERE, *_OWN[mode]) for name in key.names}


def keys(mode: str) -> Sequence[tuple[str, str]]:
    """Return the keys that are worth telling and what they do, in the order of a help page."""
    told = [key for key in (*_EVERYWHERE, *_OWN[mode]) if key.help and key.shown]
    rows = [(" ".join(_display(name) for name in key.names[: key.shown]), key.help) for key in told]
    return [*rows, *VIM_KEYS] if mode == "vim" else rows


def _display(name: str) -> str:
    words = [_NAMES.get(word, word.capitalize()) for word in name.split("+")]
    return "+".join(words)


_NAMES = {"underscore": "_", "delete": "Del", "escape": "Esc"}
