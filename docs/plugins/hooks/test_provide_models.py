"""The example of `provide_models`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hfs_core.api import Delta, Finished, ModelInfo, ModelProvider, Request, TextDelta, hookimpl


class Echo:
    """A model that repeats what it hears, a word at a time."""

    name = "echo"

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo("parrot", note="repeats what it hears")]

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncIterator[Delta]]:
        async def deltas() -> AsyncIterator[Delta]:
            for word in request.messages[-1].content.split():
                yield TextDelta(f"{word} ")
            yield Finished()

        yield deltas()


class EchoPlugin:
    """Offers `echo/parrot`."""

    @hookimpl
    def provide_models(self) -> list[ModelProvider]:
        return [Echo()]


async def test_it_repeats(load_plugin, hfs_host):
    await load_plugin(EchoPlugin)
    run = await hfs_host.host.engine.send("hello there", model="echo/parrot")
    assert run.reply.content == "hello there "
