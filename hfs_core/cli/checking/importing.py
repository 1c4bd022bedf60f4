"""How long a plugin takes to import, on what, and what it prints meanwhile."""

from __future__ import annotations

import importlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

HEAVY = 0.05
"""Seconds from which on an import of another package is worth a word."""

_LINE = re.compile(r"^import time: *(\d+) \| *\d+ \| *([\w.]+)$")


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of importing a plugin.

    Attributes:
        value: what its entry point names, None if that failed.
        seconds: how long it took.
        heavy: seconds by package, the slowest first; only of those that it has imported newly.
        printed: what it wrote to standard output and standard error.
    """

    value: Any
    error: BaseException | None
    seconds: float
    heavy: dict[str, float]
    printed: str


def import_measured(module: str, attribute: str) -> Imported:
    """Import a plugin; the process runs with `-X importtime`, which says on what the time goes."""
    value, error = None, None
    started = time.perf_counter()
    seconds = 0.0
    with _captured() as written:
        try:
            loaded = importlib.import_module(module)
            seconds = time.perf_counter() - started
            value = getattr(loaded, attribute) if attribute else loaded
            if isinstance(value, type):
                value = value()
        except BaseException as raised:  # noqa: BLE001 # a plugin may raise anything at all
            error = raised
    seconds = seconds or time.perf_counter() - started
    heavy, printed = _parted(written[0], module)
    return Imported(value, error, seconds, heavy, printed)


@contextmanager
def _captured() -> Iterator[list[str]]:
    """Keep what is written to standard output and standard error, also below Python."""
    written = [""]
    with tempfile.TemporaryFile() as file:
        kept = [(number, os.dup(number)) for number in (1, 2)]
        for number, _ in kept:
            os.dup2(file.fileno(), number)
        try:
            yield written
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            for number, copy in kept:
                os.dup2(copy, number)
                os.close(copy)
            file.seek(0)
            written[0] = file.read().decode("utf-8", "replace")


def _parted(written: str, module: str) -> tuple[dict[str, float], str]:
    """Part the lines about imports from what the plugin printed."""
    spent: dict[str, int] = {}
    printed = []
    own = module.split(".")[:2] if module.startswith("hfs_dir_plugins.") else module.split(".")[:1]
    for line in written.splitlines():
        found = _LINE.match(line)
        if found is None:
            if not line.startswith("import time:"):
                printed.append(line)
            continue
        top = found[2].split(".")[: len(own)]
        if top != own:
            name = found[2].partition(".")[0]
            spent[name] = spent.get(name, 0) + int(found[1])
    heavy = {name: count / 1e6 for name, count in spent.items() if count / 1e6 >= HEAVY}
    return dict(sorted(heavy.items(), key=lambda item: -item[1])), "\n".join(printed).strip()
