"""The values: moments to the microsecond, digests, and what text may hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs_core.api import (
    EPOCH,
    canonical_json,
    checked_json,
    checked_text,
    from_microseconds,
    message_digest,
    replace_surrogates,
    to_microseconds,
)

MOMENTS = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))


@given(MOMENTS)
def test_a_moment_survives_as_microseconds(moment: datetime) -> None:
    assert from_microseconds(to_microseconds(moment)) == moment


@given(st.integers(0, 2**33 * 1_000_000))
def test_the_quick_way_to_a_moment_is_exact(microseconds: int) -> None:
    assert from_microseconds(microseconds) == EPOCH + timedelta(microseconds=microseconds)


def test_a_digest_names_the_whole_conversation() -> None:
    first = message_digest("", "user", "hello", 1, "complete", {})
    assert (
        first == "4358f67fc9a40c66d83e4660f34255acd0fbb32fa5b3477dbb6766e4697b61d7"
    )  # the law never changes
    changed = [
        message_digest("x", "user", "hello", 1, "complete", {}),
        message_digest("", "assistant", "hello", 1, "complete", {}),
        message_digest("", "user", "hello!", 1, "complete", {}),
        message_digest("", "user", "hello", 2, "complete", {}),
        message_digest("", "user", "hello", 1, "failed", {}),
        message_digest("", "user", "hello", 1, "complete", {"a": 1}),
    ]
    assert len({first, *changed}) == 7


def test_canonical_json_is_sorted_and_space_free() -> None:
    assert canonical_json({"b": [1, "ü"], "a": None}) == '{"a":null,"b":[1,"ü"]}'


@given(st.text(st.characters(codec=None)))
def test_lone_surrogates_go_and_everything_else_stays(text: str) -> None:
    replaced = replace_surrogates(text)
    replaced.encode()
    if "\ufffd" not in replaced:
        assert replaced == text or any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)


@pytest.mark.parametrize("value", [float("nan"), {1: 2}, {"a": {2}}, "\ud800"])
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r".*"):
        checked_json(value)


def test_a_lone_surrogate_is_no_text() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        checked_text("\udfff")
