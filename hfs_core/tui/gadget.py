"""What one widget of a plugin shows in the sidebar or the panel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from hfs_core.tui.prose import Prose
from hfs_core.tui.text import drawable, one_line

if TYPE_CHECKING:
    from textual import events

    from hfs_core.api import WidgetSpec

KEPT_KEYS = frozenset({"escape", "tab", "shift+tab", "ctrl+c", "ctrl+d", "ctrl+q", "ctrl+b", "f1", "f6"})
"""Keys that no plugin gets, so that a person can always leave its widget."""


class Gadget(Widget, can_focus=True):
    """One widget of a plugin; away where it shows nothing."""

    DEFAULT_CSS = """
    Gadget { height: auto; width: 1fr; display: none; padding: 0 1; border-left: blank; }
    Gadget.-shown { display: block; }
    Gadget:focus { border-left: outer $primary; }
    Gadget > .title { color: $text-muted; text-style: bold; height: auto; }
    Gadget > .keys { color: $text-muted; height: auto; display: none; }
    Gadget:focus > .keys.-some { display: block; }
    Gadget > .failure { color: $text-warning; height: auto; display: none; }
    Gadget.-failed > .failure { display: block; }
    Gadget.-failed > Prose { display: none; }
    Gadget > Prose { padding: 0; margin: 0; background: transparent; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.go_to_composer", "Back to the composer", show=False),
    ]

    class Chosen(Message):
        """The person pressed one of the widget's keys.

        Attributes:
            line: the command line that it runs.
        """

        def __init__(self, line: str):
            super().__init__()
            self.line = line

    def __init__(self, spec: WidgetSpec):
        super().__init__()
        self._spec = spec
        self._keys = [(key, line) for key, line in spec.keys if key not in KEPT_KEYS]
        self._failure = Static(markup=False, classes="failure")
        self._body = Prose()

    def compose(self) -> Iterator[Widget]:
        """Draw the title, the text and what the keys do."""
        title = one_line(self._spec.title)
        if title:
            yield Static(Content(title), markup=False, classes="title")
        yield self._body
        yield self._failure
        keys = Content("\n").join(Content(one_line(f"{key} /{line}")) for key, line in self._keys)
        yield Static(keys, markup=False, classes="keys -some" if self._keys else "keys")

    async def show(self, text: str, *, has_failed: bool) -> None:
        """Show a text, or why there is none."""
        self.set_class(bool(text.strip()), "-shown")
        self.set_class(has_failed, "-failed")
        if has_failed:
            self._failure.update(Content(drawable(text)))
        else:
            await self._body.update(drawable(text))

    def on_key(self, event: events.Key) -> None:
        """Run the command line of a key."""
        for key, line in self._keys:
            if key in (event.key, event.character):
                event.stop()
                event.prevent_default()
                self.post_message(self.Chosen(line))
                return
