"""The part of the app that is around the conversation: its layout, the sidebar, how much is shown, and Esc."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from hfs_core.tui import layout
from hfs_core.tui.dialogs import Dialogs
from hfs_core.tui.escape import Escape

if TYPE_CHECKING:
    from hfs_core.tui.frame import Frame
    from hfs_core.tui.gadget import Gadget
    from hfs_core.tui.session_list import SessionList
    from hfs_core.tui.sitting import Sitting


class Framed(Dialogs):
    """Gives the keys of the frame their meaning, and what is chosen in it to the sitting.

    Attributes:
        frame: what is around the conversation.
        sitting: what takes messages, commands and the wish for another session.
    """

    VERTICAL_BREAKPOINTS = layout.HEIGHTS
    HORIZONTAL_BREAKPOINTS = layout.WIDTHS
    CSS = layout.CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+b", "toggle_sidebar", "Sidebar", show=False),
        Binding("f6", "app.focus_next", "Go to the next part of the screen", show=False, priority=True),
        Binding("f2", "decide", "Decide about plugins that wait", show=False),
        Binding("ctrl+o", "toggle_output_mode", "More or less beside the words", show=False),
    ]
    frame: Frame
    sitting: Sitting

    def __init__(self) -> None:
        super().__init__()
        self._escape = Escape(self)

    def action_interrupt(self) -> None:
        """Stop the reply under way, keeping its words; where there is none, the commands; twice, run its command."""
        self._escape.press()

    def on_text_area_changed(self) -> None:
        """Take note that the person writes."""
        self._escape.forget()

    def action_toggle_sidebar(self) -> None:
        """Unfold the sidebar and go there, or fold it away."""
        self.frame.toggle_sidebar()

    def action_go_to_composer(self) -> None:
        """Go back to the composer; a sidebar that lies over the transcript goes."""
        self.frame.go_to_composer()

    def action_decide(self) -> None:
        """Ask about the plugins that wait for a decision."""
        self.frame.ask_all()

    def on_session_list_chosen(self, event: SessionList.Chosen) -> None:
        """Go on with the session that was chosen in the sidebar."""
        self.sitting.resume(event.session_id)
        self.frame.go_to_composer()

    def on_gadget_chosen(self, event: Gadget.Chosen) -> None:
        """Run the command line of a key of a plugin's widget."""
        self.sitting.submit(f"/{event.line}")

    def set_output_mode(self, mode: str) -> None:
        """Show as much beside the words as this mode says, `compact` or `verbose`, for this sitting."""
        self.frame.set_output_mode(mode)

    def action_toggle_output_mode(self) -> None:
        """Show more, or less, beside the words, for good."""
        self.frame.toggle_output_mode()
