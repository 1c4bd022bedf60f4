"""What an empty transcript says."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Welcome(Static):
    """The keys that a newcomer needs."""

    DEFAULT_CSS = """
    Welcome { height: auto; margin: 0 0 1 0; padding: 0 2; color: $text-muted; }
    """

    def __init__(self) -> None:
        super().__init__(
            Content.from_markup(
                "[bold]hfs[/]\nEnter sends, Ctrl+J breaks the line, Esc stops a reply.\n"
                "A slash begins a command; /exit or Ctrl+D quits."
            )
        )
