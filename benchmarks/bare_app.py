"""The smallest Textual app that takes words: what the framework itself needs to its first paint."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input


class BareApp(App[None]):
    """One Input, one VerticalScroll."""

    def compose(self) -> ComposeResult:
        """Put the scroll above the input."""
        yield VerticalScroll(can_focus=False)
        yield Input(placeholder="Type a message")


if __name__ == "__main__":
    BareApp().run()
