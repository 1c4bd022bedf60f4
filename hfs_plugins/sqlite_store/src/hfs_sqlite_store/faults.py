"""What SQLite's errors mean for whoever uses the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, NoResultFound, SQLAlchemyError

from hfs_core.api import StoreError, StoreUnavailable, StoreUnusable

# SQLITE_ERROR: a table or column is missing, as our statements are right.
_UNUSABLE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
# Rows that the driver, or `rows`, cannot decode; a parent that is not there.
_WITHOUT_CODE = {sqlite3.DatabaseError, sqlite3.OperationalError, NoResultFound}
_WORDS = {
    sqlite3.SQLITE_BUSY: "another program has held it for too long: end that program",
    sqlite3.SQLITE_LOCKED: "another program has held it for too long: end that program",
    sqlite3.SQLITE_FULL: "the disk is full: make room on it",
    sqlite3.SQLITE_IOERR: "the disk refuses to read or write: look after it, or after its limits",
    sqlite3.SQLITE_READONLY: "it may only be read: allow writing to it and to its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: allow reading and writing it and its folder",
    sqlite3.SQLITE_PERM: "access is denied: allow reading and writing it and its folder",
}


def is_busy(error: BaseException) -> bool:
    """Tell whether another process held the file for longer than we wait."""
    return _code(error) == sqlite3.SQLITE_BUSY


def fault(path: Path, error: BaseException) -> StoreError:
    """Return the error that tells of a failure on the file at `path`."""
    cause, code = _cause(error), _code(error)
    if code in _UNUSABLE or (type(cause) in _WITHOUT_CODE and not code):
        return StoreUnusable(
            f"{path} is damaged, or is no database ({cause}); nothing was changed in it: put a backup in its "
            "place, or move it away to begin anew"
        )
    word = _WORDS.get(code, "it could not be used")
    return StoreUnavailable(f"{path}: {word} ({cause})")


def _cause(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def _code(error: BaseException) -> int:
    # The extended codes keep the primary one in their lowest byte.
    return int(getattr(_cause(error), "sqlite_errorcode", 0)) & 0xFF


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's, SQLAlchemy's and the system's errors inside into `StoreError`."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise fault(path, error) from error
    except OSError as error:
        raise StoreUnavailable(f"{path}: {error.strerror or error}") from error
