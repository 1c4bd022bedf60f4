"""What plugins print goes to their log: neither over the screen, nor among what a command answers."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from hfs_core.attribution import Owners

LINE_LIMIT = 10_000
"""Characters after which a line that has no end is written to the log."""


class Output(io.TextIOBase):
    """Stands before a stream: text that a plugin's code writes goes to its log, everything else passes."""

    def __init__(self, stream: TextIO, owners: Owners):
        super().__init__()
        self._stream = stream
        self._owners = owners
        self._begun: dict[str, str] = {}

    def write(self, text: str) -> int:
        """Write a text, in the name of the code that called this."""
        plugin = self._owners.of_stack(sys._getframe(1))
        if not plugin.is_own:
            return self._stream.write(text)
        *lines, rest = (self._begun.pop(plugin.plugin, "") + text).split("\n")
        if len(rest) > LINE_LIMIT:
            lines, rest = [*lines, rest], ""
        for line in lines:
            logging.getLogger(f"hfs.plugin.{plugin.plugin}").info("printed: %s", line[:LINE_LIMIT])
        if rest:
            self._begun[plugin.plugin] = rest
        return len(text)

    def flush(self) -> None:
        """Pass on what waits."""
        self._stream.flush()

    def close(self) -> None:
        """Stay open: who closes the stream of everybody closes nothing."""

    @property
    def encoding(self) -> str:  # type: ignore[override] # a plain attribute there
        """The stream's own."""
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override] # a plain attribute there
        """The stream's own."""
        return self._stream.errors

    def isatty(self) -> bool:
        """Tell whether the stream is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the stream's own; raises OSError where it has none."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def output_kept(owners: Owners) -> Iterator[None]:
    """Let what plugins print go to their logs."""
    out, err = sys.stdout, sys.stderr
    own_out, own_err = Output(out, owners), Output(err, owners)
    sys.stdout, sys.stderr = own_out, own_err
    try:
        yield
    finally:
        # A plugin may have put something of its own there; what HFS itself put there since is its to take away.
        if sys.stdout is own_out:
            sys.stdout = out
        if sys.stderr is own_err:
            sys.stderr = err
