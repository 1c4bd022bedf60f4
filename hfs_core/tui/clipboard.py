"""Copies: through the terminal, and beside it where terminals are known to fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

PATIENCE = 5.0
"""Seconds that a program gets to take the text."""


def copy_text(app: App[Any], text: str) -> None:
    """Copy a text to the person's clipboard.

    The terminal is always asked, with OSC 52, which reaches the clipboard of the person's own machine also over ssh.
    Some do not understand it (Terminal on macOS), and tmux by default does not pass it on: so the programs are asked
    that can do it instead. What fails fails silently: that a text has arrived cannot be known.
    """
    app.copy_to_clipboard(text)
    commands = list(copiers(os.environ, sys.platform))
    if commands:
        # Not a worker of the app: a program that hangs must not hold up the end.
        threading.Thread(target=_run, args=[commands, text], name="hfs:copy", daemon=True).start()


def copiers(environ: Mapping[str, str], platform: str) -> Iterator[list[str]]:
    """Give the commands that take a text on their standard input: tmux', and that of this machine's screen."""
    if environ.get("TMUX"):
        yield ["tmux", "load-buffer", "-w", "-"]
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return  # the clipboard of that machine is not the person's
    if platform == "darwin":
        yield ["pbcopy"]
    elif environ.get("WAYLAND_DISPLAY") and shutil.which("wl-copy"):
        yield ["wl-copy"]
    elif environ.get("DISPLAY") and shutil.which("xclip"):
        yield ["xclip", "-selection", "clipboard"]
    elif environ.get("DISPLAY") and shutil.which("xsel"):
        yield ["xsel", "--clipboard", "--input"]
    elif environ.get("WSL_DISTRO_NAME"):
        yield ["clip.exe"]


def _run(commands: list[list[str]], text: str) -> None:
    for command in commands:
        # Windows' program takes letters beyond ASCII only so.
        content = text.encode("utf-16" if command[0] == "clip.exe" else "utf-8", "replace")
        with suppress(OSError, subprocess.SubprocessError):
            subprocess.run(
                command,
                input=content,
                stdout=subprocess.DEVNULL,  # the screen is the app's
                stderr=subprocess.DEVNULL,
                timeout=PATIENCE,
                start_new_session=True,  # xclip stays behind to hand the text out
            )
