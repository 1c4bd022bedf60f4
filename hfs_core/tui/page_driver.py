"""Draws for a browser: the other end of `hfs serve`."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import Any

from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp


class PageDriver(WebDriver):
    """Textual's driver for browsers, which ends the app in order when the server has gone."""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self._write = partial(_write_while_read, self.fileno)

    def run_input_thread(self) -> None:
        """Read what the page sends; its end, which comes also when the server was killed, ends the app."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self.send_message(ExitApp())


def _write_while_read(file: int, data: bytes) -> int:
    with suppress(BrokenPipeError):  # nobody sees it, but the words must still be kept
        return os.write(file, data)
    return len(data)
