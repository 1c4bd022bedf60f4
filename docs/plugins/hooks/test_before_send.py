"""The example of `before_send`."""

from dataclasses import replace

from hfs_core.api import PromptMessage, Request, Role, hookimpl


class Clock:
    """Tells the model what day it is; nothing of it is kept."""

    @hookimpl
    def before_send(self, request: Request) -> Request:
        day = PromptMessage(Role.SYSTEM, "Today is a Saturday.")
        return replace(request, messages=(day, *request.messages))


async def test_the_model_knows_the_day(load_plugin, say, hfs_host):
    await load_plugin(Clock)
    await say("what day is it?", "Saturday")
    asked = hfs_host.model.requests[0].messages
    assert [turn.content for turn in asked] == ["Today is a Saturday.", "what day is it?"]
    assert [message.content for message in await hfs_host.messages()] == ["what day is it?", "Saturday"]
