"""Runs a command line once more in a child process: however that one ends, the terminal is put right."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

VARIABLE = "HFS_CHILD"
"""Names, for a child, the file descriptor on which it says that it has ended in order."""

PLAIN = "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[<u\x1b[0m"
"""Takes back what a terminal interface asks of a terminal (xterm's control sequences, and kitty's keyboard)."""


PASSED_ON = (signal.SIGTERM, signal.SIGHUP) if os.name == "posix" else ()
"""Who ends the parent means the child."""


def is_child() -> bool:
    """Tell whether this process is such a child; from then on its orderly end is told to its parent."""
    descriptor = os.environ.pop(VARIABLE, "")  # its own children are none
    if descriptor:
        atexit.register(_say_ended, int(descriptor))
    return bool(descriptor)


def run_in_child(words: Sequence[str]) -> tuple[int, bool]:
    """Run `hfs` with these words; return its exit code, and whether it has ended in order."""
    import termios

    before = termios.tcgetattr(sys.stdin)
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "hfs_core.cli", *words]
    told: dict[signal.Signals, Any] = {}
    # Ctrl+C is the child's; that it is ignored would be inherited, what handles it is not.
    handler = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        with subprocess.Popen(
            command, env=os.environ | {VARIABLE: str(writing)}, pass_fds=[writing], restore_signals=True
        ) as child:
            os.close(writing)
            told = {
                each: signal.signal(each, lambda number, _: child.send_signal(number)) for each in PASSED_ON
            }
            code = child.wait()
        is_in_order = os.read(reading, 1) == b"."
    finally:
        os.close(reading)
        for each, before_it in {signal.SIGINT: handler, **told}.items():
            signal.signal(each, before_it)
    if not is_in_order:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
        sys.stdout.write(PLAIN)
        sys.stdout.flush()
    return code, is_in_order


def _say_ended(descriptor: int) -> None:
    with suppress(OSError):
        os.write(descriptor, b".")
