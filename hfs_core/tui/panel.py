"""The place of plugins between the transcript and the composer."""

from __future__ import annotations

from textual.containers import VerticalScroll


class Panel(VerticalScroll, can_focus=False):
    """Holds the widgets of plugins that go there; away while none of them shows anything."""

    DEFAULT_CSS = """
    Panel {
        height: auto; max-height: 33vh; display: none; padding: 0 1;
        border-top: solid $border-blurred; scrollbar-size-vertical: 1;
    }
    Panel.-shown { display: block; }
    .-short Panel { border-top: none; padding: 0; }
    .-tiny Panel.-shown { display: none; }
    """
