"""What says, above the transcript, that nothing is saved."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from hfs_core.tui.text import one_line


class Banner(Static):
    """Says that what is written is not saved, and why."""

    DEFAULT_CSS = """
    Banner {
        height: auto; max-height: 3; padding: 0 2; display: none;
        color: $text-warning; background: $warning-muted;
    }
    Banner.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def tell(self, is_saved: bool, reason: str) -> None:
        """Show that nothing is saved; hide where it is."""
        self.set_class(not is_saved, "-shown")
        self.update(Content(f"not saved: {one_line(reason)}"))
