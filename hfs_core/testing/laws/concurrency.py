"""Many at once: one winner where there can be only one, and nobody lost elsewhere."""

from __future__ import annotations

import asyncio

from hfs_core.contracts import Append, Delete, Put, Store
from hfs_core.errors import Conflict
from hfs_core.models import Record
from hfs_core.testing.laws.steps import begin, check_whole, said, say, texts


class ConcurrencyLaws:
    """What a store promises to tasks that do not know of each other."""

    async def test_appenders_on_many_sessions(self, store: Store) -> None:
        """Appenders on sessions of their own lose nothing and keep their order."""
        sessions = [await begin(store) for _ in range(8)]

        async def talk(session_id: int) -> None:
            for n in range(20):
                await say(store, session_id, f"{session_id}:{n}", expect=n)

        await asyncio.gather(*(talk(session.id) for session in sessions))
        for session in sessions:
            assert await texts(store, session.id) == [f"{session.id}:{n}" for n in range(20)]
            await check_whole(store, session.id)

    async def test_appenders_on_one_session(self, store: Store) -> None:
        """Without an expected position every message gets a place of its own."""
        session = await begin(store)
        await asyncio.gather(*(say(store, session.id, str(n)) for n in range(40)))
        assert sorted(await texts(store, session.id), key=int) == [str(n) for n in range(40)]
        await check_whole(store, session.id)

    async def test_one_winner_for_each_position(self, store: Store) -> None:
        """Of many who expect one position exactly one gets it; the others' Conflict undoes nobody else."""
        session, bystander = await begin(store), await begin(store)
        for position in range(6):
            tries = [say(store, session.id, f"{position}:{n}", expect=position) for n in range(10)]
            tries.insert(5, say(store, bystander.id, str(position), expect=position))
            outcomes = await asyncio.gather(*tries, return_exceptions=True)
            assert not isinstance(outcomes.pop(5), BaseException)
            losers = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
            assert len(losers) == len(outcomes) - 1
            assert {loser.position for loser in losers} == {position}
        assert len(await texts(store, session.id)) == 6
        assert await texts(store, bystander.id) == [str(n) for n in range(6)]
        await check_whole(store, session.id)

    async def test_one_reply_at_a_time(self, store: Store) -> None:
        """Of many who open a reply at one position exactly one may."""
        session = await begin(store, "question")

        async def answer(n: int) -> int:
            async with store.reply(session.id, expect=1) as reply:
                await reply.write(str(n))
                await reply.finish(said(str(n), "assistant"))
            return n

        outcomes = await asyncio.gather(*(answer(n) for n in range(8)), return_exceptions=True)
        winners = [outcome for outcome in outcomes if isinstance(outcome, int)]
        assert len(winners) == 1
        assert all(isinstance(outcome, int | Conflict) for outcome in outcomes)
        assert await texts(store, session.id) == ["question", str(winners[0])]

    async def test_leases(self, store: Store) -> None:
        """Of many who claim a lease, new or left by another, exactly one gets it."""
        session = await begin(store, "hello")
        records = store.records("core")
        for revision in range(4):
            claims = [records.apply(Put("lease", n, session=session.id, expect=revision)) for n in range(12)]
            outcomes = await asyncio.gather(*claims, return_exceptions=True)
            won = [outcome[0] for outcome in outcomes if not isinstance(outcome, BaseException)]
            assert len(won) == 1
            assert all(
                isinstance(outcome, Conflict) for outcome in outcomes if isinstance(outcome, BaseException)
            )
            assert won == [await records.get("lease", session=session.id)]
        gone = [records.apply(Delete("lease", session=session.id, expect=4)) for _ in range(5)]
        outcomes = await asyncio.gather(*gone, return_exceptions=True)
        assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1

    async def test_read_then_write_loses_nothing(self, store: Store) -> None:
        """Counting up with `expect`, tried again on Conflict, misses no count."""
        records = store.records("plugin")
        await records.apply(Put("counter", 0))

        async def count_up(times: int) -> None:
            while times:
                record = await records.get("counter")
                assert isinstance(record, Record)
                try:
                    await records.apply(Put("counter", record.value + 1, expect=record.revision))
                except Conflict:
                    continue
                times -= 1

        await asyncio.gather(*(count_up(5) for _ in range(5)))
        record = await records.get("counter")
        assert record is not None
        assert record.value == 25

    async def test_readers_see_whole_transactions(self, store: Store) -> None:
        """Who reads while others write sees pairs that were kept together, never half of one."""
        session = await begin(store)

        async def write() -> None:
            for n in range(0, 40, 2):
                await store.apply(
                    Append(session.id, said("first"), expect=n),
                    Append(session.id, said("second"), expect=n + 1),
                )

        writing = asyncio.ensure_future(write())
        while not writing.done():
            await asyncio.sleep(0)  # a store in memory may answer without ever letting the writer on
            assert len(await store.messages(session.id)) % 2 == 0
            assert (await store.session(session.id)).message_count % 2 == 0
        await writing
        await check_whole(store, session.id)
