"""Messages: kept in order, to the letter, named by their digests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from hfs_core.contracts import Append, Change, Create, Fork, Store
from hfs_core.errors import Conflict
from hfs_core.models import EMPTY_DIGEST, Draft, Message, Status, message_digest, to_microseconds
from hfs_core.testing.laws.steps import begin, check_whole, said, say, texts

ODD_TEXTS = [
    "",
    " leading and trailing \n",
    "nul \x00 inside\x00",
    "line\u2028paragraph\u2029next\x85line\r\nend\r",
    "\ufeffbyte order mark",
    "astral 🧑‍🚀 𝔘 \U0010ffff",
    "combining e\u0301 is not \u00e9",
    "right\u202eto left\u202c",
    "\ufffe\uffff noncharacters",
    "\x1b[31mred\x1b[0m \x07\x7f",
    "'; DROP TABLE messages; --",
    "?:name $1 %s {}",
]


class MessageLaws:
    """What `Append`, `messages` and `verify` promise."""

    async def test_order(self, store: Store) -> None:
        """Messages come back in the order in which they were kept, numbered from 0."""
        session = await begin(store)
        kept = [await say(store, session.id, f"message {n}") for n in range(25)]
        assert await store.messages(session.id) == kept
        assert [message.index for message in kept] == list(range(25))
        assert {message.session_id for message in kept} == {session.id}
        await check_whole(store, session.uid)

    async def test_every_field_comes_back(self, store: Store) -> None:
        """Role, content, time to the microsecond, status and metadata are what they were."""
        session = await begin(store)
        moment = datetime(2024, 2, 29, 23, 59, 59, 999999, timezone(timedelta(hours=-9, minutes=-30)))
        metadata = {"model": "x/y", "n": [1, 2.5, None, True, {"ü": "\u2028"}], "": ""}
        for status in Status:
            draft = Draft("assistant", "text", moment, status, metadata)
            (message,) = await store.apply(Append(session.id, draft))
            assert isinstance(message, Message)
            (read,) = await store.messages(session.id, message.index)
            assert read == message
            assert (read.role, read.content, read.status) == ("assistant", "text", status)
            assert read.metadata == metadata
            assert read.created_at == moment
            assert read.created_at.tzinfo is UTC
        await check_whole(store, session.id)

    @pytest.mark.parametrize("text", ODD_TEXTS)
    async def test_unicode_is_kept(self, store: Store, text: str) -> None:
        """Whatever UTF-8 can hold comes back to the letter: NUL, separators, no normal form forced."""
        session = await begin(store, text, name=text)
        await store.apply(Append(session.id, Draft("user", "x", metadata={text: text})))
        assert (await store.session(session.id)).name == text
        first, second = await store.messages(session.id)
        assert first.content == text
        assert second.metadata == {text: text}
        await check_whole(store, session.id)

    @pytest.mark.parametrize(
        "draft",
        [
            Draft("user", "lone \ud800 surrogate"),
            Draft("us\udfffer", "x"),
            Draft("user", "x", metadata={"a": ["\ud83d"]}),
            Draft("user", "x", metadata={"\udc00": 1}),
            Draft("user", "x", metadata={"a": float("nan")}),
            Draft("user", "x", metadata={"a": float("-inf")}),
            Draft("user", "x", metadata={"a": {1: 2}}),
            Draft("user", "x", metadata={"a": object()}),
            Draft("user", "x", metadata={"a": b"bytes"}),
            Draft("user", "x", datetime(2024, 1, 1)),  # noqa: DTZ001,RUF100 # a time without a zone is the point
            Draft("user", "x", status="open"),
            Draft("user", "x", status=""),
        ],
    )
    async def test_what_cannot_be_kept_is_refused(self, store: Store, draft: Draft) -> None:
        """A lone surrogate, NaN, a key that is no string, a naive time, an unknown status: ValueError."""
        session = await begin(store, "before")
        with pytest.raises(ValueError, match=r".*"):
            await store.apply(Append(session.id, draft))
        assert await store.session(session.id) == session

    async def test_surrogates_in_names_are_refused(self, store: Store) -> None:
        """Names and uids with lone surrogates are refused too."""
        session = await begin(store)
        for operation in (Create("u", "\ud800"), Create("\ud800", "x"), Change(session.id, name="\udfff")):
            with pytest.raises(ValueError, match=r".*"):
                await store.apply(operation)
        assert [found.id for found in await store.sessions(deleted=True)] == [session.id]

    async def test_ten_megabytes(self, store: Store) -> None:
        """A message of 10 MB is kept like any other."""
        text = "0123456789abcdeé" * 625_000
        session = await begin(store, "before", text, "after")
        assert (await texts(store, session.id))[1] == text
        assert await store.verify(session.id, 3) is None

    async def test_slices(self, store: Store) -> None:
        """`start` and `stop` slice like a list's, past the end too."""
        session = await begin(store, *map(str, range(10)))
        whole = await store.messages(session.id)
        for start, stop in [
            (0, None),
            (3, None),
            (3, 7),
            (0, 0),
            (9, 10),
            (8, 99),
            (10, None),
            (99, None),
            (7, 3),
        ]:
            assert await store.messages(session.id, start, stop) == whole[start:stop]

    async def test_digest_names_the_conversation(self, store: Store) -> None:
        """A digest is the SHA-256 of the parent's digest and every field, chained from the first message."""
        session = await begin(store, "one", "two")
        first, second = await store.messages(session.id)
        expected = message_digest(
            EMPTY_DIGEST, "user", "one", to_microseconds(first.created_at), "complete", {}
        )
        assert first.digest == expected
        expected = message_digest(expected, "user", "two", to_microseconds(second.created_at), "complete", {})
        assert second.digest == expected == (await store.session(session.id)).digest

    async def test_verify(self, store: Store) -> None:
        """Nothing is broken in what was kept; what is missing below `at` is told."""
        session = await begin(store, "one", "two")
        for at in (0, 1, 2):
            assert await store.verify(session.id, at) is None
        assert await store.verify(session.id, 5) == 2

    async def test_expected_position(self, store: Store) -> None:
        """An append that expects another position is a Conflict that names it, and keeps nothing."""
        session = await begin(store, "one")
        for expect in (0, 2):
            with pytest.raises(Conflict) as caught:
                await say(store, session.id, "late", expect=expect)
            assert caught.value.position == expect
        await say(store, session.id, "in time", expect=1)
        assert await texts(store, session.id) == ["one", "in time"]

    async def test_many_in_one_apply(self, store: Store) -> None:
        """Messages to several sessions at once, called by id or by uid, each go behind those before them."""
        first, second = await begin(store, "one"), await begin(store)
        outcomes = await store.apply(
            Append(first.id, said("two"), expect=1),
            Append(second.uid, said("uno"), expect=0),
            Append(first.uid, said("three"), expect=2),
            Change(first.id, name="renamed", expect=3),
            Append(first.id, said("four"), expect=3),
            Fork("fork", "fork", first.uid, 3),
            Append("fork", said("other"), expect=3),
            Append(second.id, said("dos"), expect=1),
        )
        kept = [outcome for outcome in outcomes if isinstance(outcome, Message)]
        assert [(message.content, message.index) for message in kept] == [
            ("two", 1), ("uno", 0), ("three", 2), ("four", 3), ("other", 3), ("dos", 1),
        ]  # fmt: skip
        assert await texts(store, first.id) == ["one", "two", "three", "four"]
        assert await texts(store, "fork") == ["one", "two", "three", "other"]
        for ref in (first.id, second.id, "fork"):
            await check_whole(store, ref)
        with pytest.raises(Conflict) as caught:
            await store.apply(
                Append(second.id, said("tres"), expect=2), Append(second.uid, said("too late"), expect=2)
            )
        assert caught.value.position == 2
        assert await texts(store, second.id) == ["uno", "dos"]

    async def test_values_are_the_callers_own(self, store: Store) -> None:
        """Changing what was handed in or read changes nothing that is kept."""
        session = await begin(store)
        metadata: dict[str, Any] = {"a": [1]}
        (kept,) = await store.apply(Append(session.id, Draft("user", "x", metadata=metadata)))
        assert isinstance(kept, Message)
        metadata["a"].append(2)
        kept.metadata["a"].append(3)
        (await store.messages(session.id))[0].metadata["a"].append(4)
        assert (await store.messages(session.id))[0].metadata == {"a": [1]}
        await check_whole(store, session.id)

    async def test_finished_message_does_not_change(self, store: Store) -> None:
        """What was read once reads the same after whatever is done to the session."""
        session = await begin(store, "one")
        before = await store.messages(session.id)
        await say(store, session.id, "two")
        await store.apply(Change(session.id, name="x", deleted=True), Append(session.id, said("three")))
        assert (await store.messages(session.id))[:1] == before
