"""Fetching a model: its sources in order, one process at a time, used only once its SHA-256 is right.

`python -m hfs_local_model.fetch NAME` does it outside HFS, with a progress bar on stderr, into the models
folder of `HFS_HOME`.
"""

from __future__ import annotations

import errno
import shutil
import sys
from pathlib import Path

from hfs_core.api import CommandError, Paths, make_private
from hfs_local_model import download, wheels
from hfs_local_model.catalogue import CATALOGUE, DEFAULT, SMALLEST, Address, Entry, Source, find, megabytes
from hfs_local_model.lock import locked
from hfs_local_model.sources import FetchCancelled, PartFile, Progress, SourceFailed, Watch
from hfs_local_model.weights import Weights

_SPARE = 16_000_000


class FetchFailed(CommandError):
    """A model that could not be fetched; the message says why, source by source, and what to do now."""


def fetch(entry: Entry, directory: Path, watch: Watch) -> Path:
    """Return the model's file, fetching what is not there yet. Blocks.

    Raises:
        FetchFailed: no source gave it, or the disk has no room.
        FetchCancelled: the person does not want it any more; the next attempt goes on from there.
    """
    weights = Weights(directory)
    if weights.is_ready(entry):
        return weights.path(entry)

    def wait_for_the_other() -> None:
        watch.progress("another HFS is fetching it", weights.fetched(entry), entry.size)
        watch.pause(0.2)

    try:
        make_private(directory)
        with locked(directory / f"{entry.file}.lock", wait_for_the_other):
            if not weights.is_true(entry):
                _gather(entry, weights, watch)
    except OSError as error:
        raise _no_room_or_right(entry, directory, error) from error
    return weights.path(entry)


def _gather(entry: Entry, weights: Weights, watch: Watch) -> None:
    """Try the sources in order; each goes on with what the one before it left."""
    part = PartFile(weights.part(entry), entry.size)
    part.cut(entry.size)
    failures = []
    for source in entry.sources:
        try:
            if _take(source, entry, part, weights, watch):
                return
            failures.append(f"{label_of(source)}: gave another file than the published one")
        except SourceFailed as error:
            failures.append(f"{label_of(source)}: {error}")
    raise FetchFailed("\n".join([f"{entry.name} could not be fetched.", *failures, *_ways_out(entry)]))


def _take(source: Source, entry: Entry, part: PartFile, weights: Weights, watch: Watch) -> bool:
    """Complete the file from a source and check it; where others began it, they may be wrong: once more, alone."""
    began_by_others = part.length > 0
    for _ in range(1 + began_by_others):
        _require_room(source, entry, part)
        if isinstance(source, Address):
            download.download(source.url, part, watch)
        else:
            wheels.download(source, part, watch)
        watch.progress("checking", entry.size, entry.size)
        if weights.adopt(entry):
            return True
    return False


def label_of(source: Source) -> str:
    """Return the word for a source that a person reads."""
    return download.host_of(source.url) if isinstance(source, Address) else wheels.LABEL


def _require_room(source: Source, entry: Entry, part: PartFile) -> None:
    beside = _SPARE if isinstance(source, Address) else _SPARE + wheels.room_needed(source)
    needed = entry.size - part.length + beside
    free = shutil.disk_usage(part.path.parent).free
    if free < needed:
        raise SourceFailed(f"needs {megabytes(needed)} in {part.path.parent}, {megabytes(free)} are free")


def _no_room_or_right(entry: Entry, directory: Path, error: OSError) -> FetchFailed:
    if error.errno == errno.ENOSPC:
        return FetchFailed(
            f"{entry.name} could not be fetched: the disk of {directory} is full. "
            f"Make room and run `hfs models pull {entry.name}` again; it goes on where it stopped."
        )
    return FetchFailed(f"{entry.name} could not be written to {directory}: {error.strerror or error}")


def _ways_out(entry: Entry) -> list[str]:
    ways = [f"To go on where this stopped: hfs models pull {entry.name}"]
    if entry.name != SMALLEST.name:
        ways.append(f"For the smallest, {megabytes(SMALLEST.size)}: hfs models pull {SMALLEST.name}")
    return [*ways, "Or use a GGUF file of your own, by its path: hfs -m local//path/to/model.gguf"]


def _draw_bar(name: str) -> Progress:
    """Return a progress bar on stderr; no bar but one line where that is no terminal."""
    told: list[str] = []

    def draw(doing: str, done: int, total: int) -> None:
        line = f"{name}: {done / total:4.0%} of {megabytes(total)} {doing}"
        if sys.stderr.isatty():
            filled = "#" * int(30 * done / total)
            sys.stderr.write(f"\r[{filled:30}] {line}\033[K" + ("\n" if doing == "checking" else ""))
            sys.stderr.flush()
        elif doing not in told:
            told.append(doing)
            sys.stderr.write(f"{line}\n")

    return draw


def main(arguments: list[str]) -> int:
    """Fetch the model that is named, the default one where none is; returns the exit code."""
    name = arguments[0] if arguments else DEFAULT.name
    entry = find(name)
    if entry is None or len(arguments) > 1:
        names = ", ".join(each.name for each in CATALOGUE)
        sys.stderr.write(f"usage: python -m hfs_local_model.fetch [NAME], one of {names}\n")
        return 2
    try:
        file = fetch(entry, Paths.from_environment().models, Watch(_draw_bar(entry.name)))
    except FetchFailed as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except (FetchCancelled, KeyboardInterrupt):
        sys.stderr.write("\nstopped; the next attempt goes on from here\n")
        return 130
    sys.stdout.write(f"{file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
