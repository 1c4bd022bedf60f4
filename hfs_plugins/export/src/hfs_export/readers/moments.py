"""When something was said, as the files of others tell it."""

from __future__ import annotations

from datetime import UTC, datetime

from hfs_core.api import JSON


def moment_of(value: JSON) -> datetime | None:
    """Return a time that is told in seconds since 1970 or as ISO 8601 (UTC without a zone); None for no time.

    Raises:
        ValueError: it is none, or lies outside the years 1 to 9999.
    """
    if value is None or value == "":
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"a time is out of range: {value!r}") from error
    raise ValueError("a time is neither a number nor text")
