"""Where log lines go: one rotating file, never the screen, and never a key."""

from __future__ import annotations

import logging
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from hfs_core.paths import make_private

MAX_BYTES = 1_000_000
BACKUPS = 2


class _LateFile(RotatingFileHandler):
    """A rotating file in a private directory, both made with the first line."""

    def __init__(self, file: Path):
        super().__init__(file, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8", delay=True)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            make_private(Path(self.baseFilename).parent)
        except OSError:
            return  # a read-only home: the chat matters more than its log
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 # logging's own name
        """Say nothing: a full disk must not write tracebacks over the terminal."""


def start_logging(directory: Path) -> logging.Handler:
    """Send HFS' log lines of level INFO and above to `hfs.log` in a directory; returns the handler."""
    handler = _LateFile(directory / "hfs.log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("hfs")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return handler


def stop_logging(handler: logging.Handler) -> None:
    """Close the file."""
    logging.getLogger("hfs").removeHandler(handler)
    with suppress(OSError):  # what a full disk leaves unflushed is only the log
        handler.close()
