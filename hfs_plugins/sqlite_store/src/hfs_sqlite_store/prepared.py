"""Core statements of the hot paths, turned into SQL once and run on SQLite's own cursor.

SQLAlchemy takes some forty microseconds to run a statement that SQLite does in two; with many writers that, not the
disk, would be the bound.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Executable, Select
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.sql import ClauseElement

_DIALECT = dialect(paramstyle="named")


class Prepared:
    """A statement whose parameters are all named and all given; rows have attributes, as SQLAlchemy's have."""

    def __init__(self, statement: Executable):
        assert isinstance(statement, ClauseElement)
        self._statement = statement
        self._sql = str(statement.compile(dialect=_DIALECT))
        names: list[str] = []
        if isinstance(statement, Select):
            names = [column.name for column in statement.selected_columns]
        row: Any = namedtuple("Row", names)  # type: ignore[misc] # its fields are known only now
        self._make = row._make

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> int:
        """Run a statement that returns no rows; returns how many it has changed."""
        return int(self._execute(connection, parameters).rowcount)

    def run_all(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement that returns no rows once for each of `rows`."""
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            driver.executemany(self._sql, rows)
        else:
            for row in rows:
                self._execute(connection, row)

    def first(self, connection: Connection, parameters: Mapping[str, Any]) -> Any:
        """Return the first row, None if there is none."""
        row = self._execute(connection, parameters).fetchone()
        return None if row is None else self._make(row)

    def all(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """Return every row."""
        return [self._make(row) for row in self._execute(connection, parameters).fetchall()]

    def _execute(self, connection: Connection, parameters: Mapping[str, Any]) -> Any:
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            return driver.execute(self._sql, parameters)
        return connection.execute(
            self._statement, parameters
        )  # the asynchronous driver has a cursor of its own
