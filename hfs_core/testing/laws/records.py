"""Records and blobs: what plugins keep."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from hfs_core.contracts import Append, Delete, Put, PutBlob, Records, Store
from hfs_core.errors import Conflict, NotFound
from hfs_core.models import JSON, Record
from hfs_core.testing.laws.steps import begin, fork, said, texts


def keys(records: Any) -> list[str]:
    """Return the keys of listed records."""
    return [record.key for record in records]


async def has_blob(records: Records, data: bytes) -> bool:
    """Tell whether a blob is there."""
    try:
        return await records.blob(sha256(data).hexdigest()) == data
    except NotFound:
        return False


class RecordLaws:
    """What `records`, `Put`, `Delete` and `PutBlob` promise."""

    async def test_put_and_get(self, store: Store) -> None:
        """A record comes back as it was put, with its revision; another namespace or session has none."""
        session = await begin(store, "hello")
        records = store.records("plugin")
        (made,) = await records.apply(Put("key", {"a": 1}, session=session.uid, position=3))
        assert made == Record(session.id, "key", {"a": 1}, 3, 1)
        assert await records.get("key", session=session.id) == made
        assert await records.get("key") is None
        assert await records.get("other", session=session.id) is None
        assert await store.records("other").get("key", session=session.id) is None
        (changed,) = await records.apply(Put("key", [2], session=session.id))
        assert changed == Record(session.id, "key", [2], 0, 2)
        await records.apply(Delete("key", session=session.id))
        assert await records.get("key", session=session.id) is None
        (again,) = await records.apply(Put("key", 3, session=session.id))
        assert isinstance(again, Record)
        assert again.revision == 1

    @pytest.mark.parametrize(
        "value",
        [
            None,
            True,
            0,
            -(2**70),
            1.5,
            1e300,
            "",
            "nul \x00 \u2028",
            [],
            {},
            {"": [None, {"ü": "🎉"}]},
            [[[[]]]],
        ],
        ids=repr,
    )
    async def test_json_comes_back(self, store: Store, value: JSON) -> None:
        """Every JSON value is kept, its types too."""
        records = store.records("plugin")
        await records.apply(Put("key", value))
        record = await records.get("key")
        assert record is not None
        assert repr(record.value) == repr(value)

    @pytest.mark.parametrize(
        "operation",
        [
            Put("key", float("nan")),
            Put("key", [float("inf")]),
            Put("key", {1: 2}),
            Put("key", {"a": {None: 1}}),
            Put("key", {1, 2}),
            Put("key", "\ud800"),
            Put("\ud800", 1),
        ],
        ids=repr,
    )
    async def test_what_is_not_json_is_refused(self, store: Store, operation: Put) -> None:
        """NaN, a key that is no string, a lone surrogate: ValueError, and nothing is kept."""
        with pytest.raises(ValueError, match=r".*"):
            await store.records("plugin").apply(operation)
        assert list(await store.records("plugin").list()) == []

    async def test_list_by_position_then_age(self, store: Store) -> None:
        """Records are listed by position, at one position as they were first put."""
        records = store.records("plugin")
        for key, position in [("d", 2), ("c", 0), ("z", 1), ("a", 1), ("m", 1), ("n", -1)]:
            await records.apply(Put(key, position, position=position))
        await records.apply(Put("z", "changed", position=1))
        assert keys(await records.list()) == ["n", "c", "z", "a", "m", "d"]
        await records.apply(Put("c", "moved", position=5))
        assert keys(await records.list()) == ["n", "z", "a", "m", "d", "c"]

    async def test_sessions_and_namespaces_are_apart(self, store: Store) -> None:
        """A listing holds one namespace's records of one session, or those of none."""
        one, two = await begin(store), await begin(store)
        records, other = store.records("a"), store.records("b")
        await records.apply(Put("k", 1), Put("k", 2, session=one.id), Put("k", 3, session=two.id))
        await other.apply(Put("k", 4), Put("k", 5, session=one.id))
        for found, session, value in [
            (records, None, 1),
            (records, one.id, 2),
            (records, two.id, 3),
            (other, None, 4),
        ]:
            assert [record.value for record in await found.list(session=session)] == [value]

    async def test_inherited(self, store: Store) -> None:
        """`inherited` adds the ancestors' records at or below the cut, whatever the depth, and no others."""
        root = await begin(store, *"abcde")
        records = store.records("plugin")
        await records.apply(*(Put(f"root{n}", n, session=root.id, position=n) for n in range(6)))
        child = await fork(store, root.id, 4)
        await store.apply(Append(child.id, said("x")), Append(child.id, said("y")))
        for position in (5, 6):
            await records.apply(Put(f"child{position}", 0, session=child.id, position=position))
        grandchild, low = await fork(store, child.id, 5), await fork(store, child.id, 2)
        await records.apply(Put("own", 0, session=grandchild.id, position=1), Put("none", 0, position=1))
        below4 = [f"root{n}" for n in range(5)]
        assert keys(await records.list(session=child.id)) == ["child5", "child6"]
        assert keys(await records.list(session=child.id, inherited=True)) == [*below4, "child5", "child6"]
        found = await records.list(session=grandchild.id, inherited=True)
        assert keys(found) == ["root0", "root1", "own", "root2", "root3", "root4", "child5"]
        assert found[0].session_id == root.id
        assert keys(await records.list(session=low.id, inherited=True)) == ["root0", "root1", "root2"]
        assert keys(await records.list(session=root.id, inherited=True)) == [f"root{n}" for n in range(6)]
        assert keys(await records.list(inherited=True)) == ["none"]

    async def test_expect(self, store: Store) -> None:
        """Put and Delete with another revision than expected are a Conflict; 0 means there must be none."""
        records = store.records("plugin")
        await records.apply(Put("key", 1, expect=0))
        wrong = (
            Put("key", 2, expect=0),
            Put("key", 2, expect=2),
            Put("new", 2, expect=1),
            Delete("key", expect=2),
        )
        for failing in wrong:
            with pytest.raises(Conflict):
                await records.apply(failing)
        (record,) = await records.apply(Put("key", 2, expect=1))
        assert isinstance(record, Record)
        assert (record.value, record.revision) == (2, 2)
        with pytest.raises(NotFound):
            await records.apply(Delete("new"))
        await records.apply(Delete("key", expect=2))
        assert list(await records.list()) == []

    async def test_values_are_the_callers_own(self, store: Store) -> None:
        """Changing what was put or read changes nothing that is kept."""
        records, value = store.records("plugin"), {"a": [1]}
        (kept,) = await records.apply(Put("key", value))
        assert isinstance(kept, Record)
        value["a"].append(2)
        kept.value["a"].append(3)
        record = await records.get("key")
        assert record is not None
        assert record.value == {"a": [1]}

    async def test_record_and_message_in_one_transaction(self, store: Store) -> None:
        """A lease and the message that it is for are kept together, or neither is."""
        session = await begin(store, "one")
        await store.apply(Put("lease", "me", session=session.id, expect=0), namespace="core")
        with pytest.raises(Conflict):
            await store.apply(
                Append(session.id, said("two"), expect=1),
                Put("lease", "you", session=session.id, expect=0),
                namespace="core",
            )
        assert await texts(store, session.id) == ["one"]

    async def test_blob_lives_as_long_as_it_is_named(self, store: Store) -> None:
        """A blob goes with the last record that names it, in the same transaction."""
        records, data = store.records("plugin"), bytes(range(256)) * 10
        name, _ = await records.apply(PutBlob(data), Put("a", 1, blobs=(sha256(data).hexdigest(),)))
        assert name == sha256(data).hexdigest()
        await store.records("other").apply(PutBlob(data), Put("b", 1, blobs=(str(name),)))
        await records.apply(Delete("a"))
        assert await has_blob(records, data)
        await store.records("other").apply(Put("b", 2))
        assert not await has_blob(records, data)

    async def test_blob_goes_when_another_takes_its_place(self, store: Store) -> None:
        """Only the blob that is named no more goes; one that is named and let go in one `apply` goes at its end."""
        records, names = store.records("plugin"), [sha256(data).hexdigest() for data in (b"x", b"y", b"z")]
        await records.apply(PutBlob(b"x"), PutBlob(b"y"), Put("a", 1, blobs=(names[0], names[1])))
        await records.apply(PutBlob(b"z"), Put("a", 2, blobs=(names[1], names[2])))
        assert not await has_blob(records, b"x")
        assert await has_blob(records, b"y")
        assert await has_blob(records, b"z")
        await records.apply(PutBlob(b"x"), Put("b", 1, blobs=(names[0],)), Delete("b"))
        assert not await has_blob(records, b"x")

    async def test_blob_that_nobody_names_goes(self, store: Store) -> None:
        """A blob without a record is gone at the end of its `apply`; a record that names it fails later."""
        records = store.records("plugin")
        (name,) = await records.apply(PutBlob(b"lonely"))
        assert not await has_blob(records, b"lonely")
        with pytest.raises(NotFound):
            await records.apply(Put("a", 1, blobs=(str(name),)))

    async def test_blob_is_named_again_in_the_same_apply(self, store: Store) -> None:
        """A blob that one operation frees and the next one names stays; naming it twice names it once."""
        records, name = store.records("plugin"), sha256(b"x").hexdigest()
        await records.apply(PutBlob(b"x"), Put("a", 1, blobs=(name, name)))
        await records.apply(Delete("a"), Put("b", 1, blobs=(name,)))
        assert await has_blob(records, b"x")
        record = await records.get("b")
        assert record is not None
        assert record.blobs == (name,)
        await records.apply(Put("b", 2, blobs=()))
        assert not await has_blob(records, b"x")

    async def test_blobs_and_records_go_with_a_purge(self, store: Store) -> None:
        """Purging a session takes its records, and the blobs that only they name."""
        session, records = await begin(store), store.records("plugin")
        mine, shared = b"m" * 5000, b"s" * 5000
        names = [sha256(data).hexdigest() for data in (mine, shared)]
        await records.apply(
            PutBlob(mine),
            PutBlob(shared),
            Put("a", 1, session=session.id, blobs=(*names,)),
            Put("b", 1, blobs=(names[1],)),
        )
        assert 5000 <= await store.purge(session.id) < 10000
        assert not await has_blob(records, mine)
        assert await has_blob(records, shared)

    async def test_empty_blob(self, store: Store) -> None:
        """No bytes are bytes too."""
        records, name = store.records("plugin"), sha256(b"").hexdigest()
        await records.apply(PutBlob(b""), Put("a", 1, blobs=(name,)))
        assert await records.blob(name) == b""
