"""Finds a session by what it is called: its id, or its uid."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from hfs_core.api import NotFound, Ref, replace_surrogates
from hfs_sqlite_store.prepared import Prepared
from hfs_sqlite_store.rows import SESSION, SessionRow
from hfs_sqlite_store.schema import sessions

BY_ID = select(*SESSION).where(sessions.c.id == bindparam("ref"), sessions.c.uid.is_not(None))
BY_UID = select(*SESSION).where(sessions.c.uid == bindparam("ref"))
FIND_BY_ID = Prepared(BY_ID)
FIND_BY_UID = Prepared(BY_UID)


def checked_ref(ref: Ref) -> Ref:
    """Return `ref`; raises NotFound for what no session can be called, and SQLite cannot take."""
    if isinstance(ref, int) and abs(ref) < 2**63:
        return ref
    if isinstance(ref, str) and replace_surrogates(ref) == ref:
        return ref
    raise NotFound(f"there is no session {ref!r}")


def find(connection: Connection, ref: Ref) -> SessionRow:
    """Return the row of a session; raises NotFound."""
    ref = checked_ref(ref)
    row = (FIND_BY_UID if isinstance(ref, str) else FIND_BY_ID).first(connection, {"ref": ref})
    if row is None:
        raise NotFound(f"there is no session {ref!r}")
    return row
