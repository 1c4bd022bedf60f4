"""Open replies: words kept as they come, folded into one message at the end."""

from __future__ import annotations

import asyncio

import pytest

from hfs_core.contracts import Change, Store
from hfs_core.errors import Conflict, NotFound
from hfs_core.models import Draft, Status
from hfs_core.testing.laws.steps import begin, check_whole, fork, said, say, texts


class ReplyLaws:
    """What `reply` promises."""

    async def test_finish(self, store: Store) -> None:
        """A finished reply is the draft, whatever was written before."""
        session = await begin(store, "question")
        async with store.reply(session.uid, expect=1) as reply:
            assert reply.index == 1
            await reply.write("some ")
            await reply.write("words")
            draft = Draft("assistant", "changed by a plugin", metadata={"model": "m"})
            message = await reply.finish(draft)
        assert (message.index, message.content, message.status) == (1, "changed by a plugin", "complete")
        assert (message.session_id, message.metadata) == (session.id, {"model": "m"})
        assert (await store.messages(session.id))[1] == message
        assert (await store.session(session.id)).updated_at > session.updated_at
        await check_whole(store, session.id)

    async def test_open_reply_is_not_counted(self, store: Store) -> None:
        """Until it is finished a reply is no message: not counted, not read, not in the digest."""
        session = await begin(store, "question")
        async with store.reply(session.id, expect=1) as reply:
            await reply.write("words")
            assert await store.session(session.id) == session
            assert await store.sessions() == [session]
            assert await texts(store, session.id) == ["question"]
            child = await fork(store, session.id, 1)
            assert await texts(store, child.id) == ["question"]
            with pytest.raises(NotFound):
                await fork(store, session.id, 2)
            assert await store.verify(session.id, 1) is None
            await reply.finish(said("answer", "assistant"))
        assert await texts(store, session.id) == ["question", "answer"]

    async def test_it_holds_its_position(self, store: Store) -> None:
        """While a reply is open, another message or reply there is a Conflict; other sessions are free."""
        session, other = await begin(store, "question"), await begin(store, "question")
        async with store.reply(session.id, expect=1) as reply:
            for expect in (None, 1, 2):
                with pytest.raises(Conflict):
                    await say(store, session.id, "intruder", expect=expect)
            with pytest.raises(Conflict):
                async with store.reply(session.id, expect=1):
                    pass
            with pytest.raises(Conflict):
                await store.purge(session.id)
            async with store.reply(other.id, expect=1) as another:
                await another.finish(said("answer", "assistant"))
            await store.apply(Change(session.id, name="renamed meanwhile"))
            await reply.finish(said("answer", "assistant"))
        await say(store, session.id, "next", expect=2)
        assert await texts(store, session.id) == ["question", "answer", "next"]
        await check_whole(store, session.id)

    async def test_expected_position(self, store: Store) -> None:
        """A reply at another position than the next one is a Conflict on entry that names it."""
        session = await begin(store, "question")
        for expect in (0, 2):
            with pytest.raises(Conflict) as caught:
                async with store.reply(session.id, expect=expect):
                    pass
            assert caught.value.position == expect
        await say(store, session.id, "not held", expect=1)

    @pytest.mark.parametrize("status", [Status.FAILED, Status.INTERRUPTED])
    async def test_abandon(self, store: Store, status: str) -> None:
        """An abandoned reply keeps the words that came, as the assistant's, under that status."""
        session = await begin(store, "question")
        async with store.reply(session.id, expect=1) as reply:
            await reply.write("half a \x00 ")
            await reply.write("sentence 🎉")
            message = await reply.abandon(status)
        assert message is not None
        assert (message.role, message.content, message.status) == (
            "assistant",
            "half a \x00 sentence 🎉",
            status,
        )
        assert (await store.messages(session.id))[1:] == [message]
        await check_whole(store, session.id)

    async def test_no_words_no_message(self, store: Store) -> None:
        """A reply without a word leaves nothing, and its position free."""
        session = await begin(store, "question")
        async with store.reply(session.id, expect=1) as reply:
            await reply.write("")
            assert await reply.abandon(Status.FAILED) is None
        async with store.reply(session.id, expect=1):
            pass
        assert await store.session(session.id) == session
        await say(store, session.id, "next", expect=1)

    async def test_leaving_keeps_the_words(self, store: Store) -> None:
        """Leaving without finishing, by an error or not, keeps the words as interrupted."""
        session = await begin(store, "question")
        async with store.reply(session.id, expect=1) as reply:
            await reply.write("left")

        async def fail() -> None:
            async with store.reply(session.id, expect=2) as reply:
                await reply.write("failed")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        found = [(message.content, message.status) for message in await store.messages(session.id, 1)]
        assert found == [("left", "interrupted"), ("failed", "interrupted")]
        await check_whole(store, session.id)

    async def test_cancelling_keeps_the_words(self, store: Store) -> None:
        """A cancelled task leaves its reply's words as interrupted, and is cancelled."""
        session = await begin(store, "question")
        written = asyncio.Event()

        async def answer() -> None:
            async with store.reply(session.id, expect=1) as reply:
                await reply.write("cut")
                written.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(answer())
        await written.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (message,) = await store.messages(session.id, 1)
        assert (message.content, message.status) == ("cut", "interrupted")

    async def test_finish_without_words(self, store: Store) -> None:
        """A reply may be finished that was never written to, even with an empty text."""
        session = await begin(store, "question")
        async with store.reply(session.id, expect=1) as reply:
            message = await reply.finish(said("", "assistant"))
        assert await store.messages(session.id, 1) == [message]

    async def test_a_refused_finish_leaves_it_open(self, store: Store) -> None:
        """A draft that cannot be kept is refused; the words that came are not lost by it."""
        session = await begin(store, "question")
        async with store.reply(session.id, expect=1) as reply:
            await reply.write("words")
            with pytest.raises(ValueError, match=r".*"):
                await reply.finish(said("\ud800", "assistant"))
            with pytest.raises(ValueError, match=r".*"):
                await reply.write("\udfff")
        assert await texts(store, session.id) == ["question", "words"]

    async def test_closed_is_closed(self, store: Store) -> None:
        """Nothing can be done with a reply that is finished or abandoned."""
        session = await begin(store, "question")
        async with store.reply(session.id, expect=1) as reply:
            await reply.finish(said("answer", "assistant"))
            with pytest.raises(RuntimeError):
                await reply.write("more")
            with pytest.raises(RuntimeError):
                await reply.finish(said("again", "assistant"))
            with pytest.raises(RuntimeError):
                await reply.abandon(Status.FAILED)
        assert await texts(store, session.id) == ["question", "answer"]

    async def test_many_pieces(self, store: Store) -> None:
        """Pieces join in the order in which they were written."""
        session = await begin(store, "question")
        async with store.reply(session.id, expect=1) as reply:
            for n in range(100):
                await reply.write(f"{n},")
        assert (await texts(store, session.id))[1] == "".join(f"{n}," for n in range(100))
        await check_whole(store, session.id)
