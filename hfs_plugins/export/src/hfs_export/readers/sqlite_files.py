"""Opens a SQLite file of another program: nothing is ever written, to it or beside it."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

MAGIC = b"SQLite format 3\0"

LONGEST = 64 << 20
"""How many bytes a value may have."""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file to read it; what was still to be written into it by its program is read, too.

    A connection may go from thread to thread.

    Raises:
        ValueError: it is damaged, or it cannot be opened.
    """
    with (
        tempfile.TemporaryDirectory(prefix="hfs-import-") as folder,
        _told(),
        closing(_connected(path, Path(folder))) as connection,
    ):
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA temp_store = FILE")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        connection.row_factory = sqlite3.Row
        yield connection


def sentenced(rows: Iterable[T]) -> Iterator[T]:
    """Go on through what is read from a database; raises ValueError where that is damaged."""
    with _told():
        yield from rows


def tables_of(connection: sqlite3.Connection) -> dict[str, frozenset[str]]:
    """Return the columns of each real table: what a view or a virtual table would run is not run."""
    names = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' LIMIT 1000"
        )
    ]
    return {
        name: frozenset(
            row["name"] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))
        )
        for name in names
    }


def _connected(path: Path, folder: Path) -> sqlite3.Connection:
    """Connect so that SQLite makes no file beside this one, as it would for one in WAL mode."""
    with path.open("rb") as file:
        head = file.read(20)
    wal = path.with_name(path.name + "-wal")
    options = "mode=ro"
    if head[18:20] == b"\x02\x02":
        waiting = 0
        with suppress(FileNotFoundError):
            waiting = wal.stat().st_size
        if waiting:
            copy = folder / "copy.db"
            shutil.copyfile(path, copy)
            shutil.copyfile(wal, copy.with_name("copy.db-wal"))
            path = copy
        else:
            options = "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.resolve().as_uri()}?{options}", uri=True, check_same_thread=False)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:  # names of a damaged schema may be no text
        raise ValueError(f"its database cannot be read: {error}") from error
