"""The example of `provide_widgets`."""

from hfs_core.api import HfsEvent, MessageAdded, WidgetSpec, hookimpl


class Counter:
    """Shows in the status line how many messages were added since HFS has started."""

    count = 0

    @hookimpl
    def provide_widgets(self) -> list[WidgetSpec]:
        return [WidgetSpec("status", "counter", self.render, on_event=self.hear)]

    def hear(self, event: HfsEvent) -> bool:
        self.count += isinstance(event, MessageAdded)
        return isinstance(event, MessageAdded)

    def render(self, session_id: int | None) -> str:
        return f"{self.count} messages"


async def test_it_is_on_the_screen(load_plugin, hfs_app):
    await load_plugin(Counter)
    async with hfs_app() as screen:
        await screen.sees("0 messages")
        await screen.say("hello")
        await screen.sees("2 messages")
