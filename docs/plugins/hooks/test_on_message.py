"""The example of `on_message`."""

from dataclasses import replace

import pytest

from hfs_core.api import Draft, MessageRejected, Reject, Role, Session, hookimpl


class Manners:
    """Says please, and refuses to shout."""

    @hookimpl
    def on_message(self, message: Draft, session: Session | None) -> Draft | Reject | None:
        if message.role != Role.USER:
            return None
        if message.content.isupper():
            return Reject("there is no need to shout")
        return replace(message, content=f"{message.content}, please")


async def test_it_says_please(load_plugin, say, hfs_host):
    await load_plugin(Manners)
    await say("tell me a story", "Once upon a time")
    assert [message.content for message in await hfs_host.messages()] == [
        "tell me a story, please",
        "Once upon a time",
    ]


async def test_it_does_not_shout(load_plugin, say, hfs_host):
    await load_plugin(Manners)
    with pytest.raises(MessageRejected, match="no need to shout"):
        await say("TELL ME A STORY")
    assert await hfs_host.messages() == []
