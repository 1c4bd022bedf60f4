"""Keys that Textual does not tell apart."""

from __future__ import annotations

from typing import cast


def teach_alt_enter() -> None:
    """Let Alt+Enter break the line where the terminal sends ESC CR for it: Textual takes that for Enter."""
    from textual import _ansi_sequences
    from textual.keys import Keys

    known = cast("dict[str, object]", _ansi_sequences.ANSI_SEQUENCES_KEYS)
    known.setdefault("\x1b\r", (Keys.ControlJ,))
