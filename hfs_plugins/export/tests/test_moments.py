"""Times of foreign files: seconds since 1970 or ISO 8601."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hfs_export.readers.moments import moment_of


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock is not in UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (1700000000.123456, datetime(2023, 11, 14, 22, 13, 20, 123456, UTC)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2025-01-02T03:04:05.000006Z", datetime(2025, 1, 2, 3, 4, 5, 6, UTC)),
        ("2025-01-02T03:04:05+02:00", datetime(2025, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2025-01-02T03:04:05", datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2025-01-02", datetime(2025, 1, 2, tzinfo=UTC)),
        (None, None),
        ("", None),
    ],
)
@pytest.mark.usefixtures("far_away")
def test_a_time_is_told_exactly(value: Any, moment: datetime | None) -> None:
    """To the microsecond, in UTC wherever it is read."""
    assert moment_of(value) == moment


@pytest.mark.parametrize(
    "value",
    [
        True,
        [],
        {},
        1e300,
        float("nan"),
        float("-inf"),
        10**400,
        "soon",
        "0000-01-01",
        "9999-12-31T23:59-14:00",
    ],
)
def test_what_is_no_time_is_refused(value: Any) -> None:
    """Nothing else than a ValueError comes."""
    with pytest.raises(ValueError, match=r"."):
        moment_of(value)
