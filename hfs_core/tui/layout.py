"""Where things stand on the screen, and what goes first where there is little room."""

from __future__ import annotations

HEIGHTS = [(0, "-tiny"), (4, "-short"), (12, "-tall")]
"""From which height on the screen has which class."""

WIDTHS = [(0, "-side-over"), (100, "-side-beside"), (120, "-side-shown")]
"""From which width on the sidebar lies over the transcript, stands beside it, and does so by default."""

CSS = """
Screen { layout: vertical; layers: default over; }
ToastRack { dock: top; align: right top; max-height: 40%; margin: 0; }
Toast { max-width: 100%; padding: 0 1; margin: 0; }
.-short Transcript, .-tiny Transcript { padding: 0; }
.-short Composer, .-tiny Composer { border: none; min-height: 1; padding: 0; }
.-short Composer:focus, .-tiny Composer:focus { border: none; }
.-short Banner, .-short Outbox { max-height: 1; padding: 0; }
.-short StatusLine { padding: 0; }
.-short Welcome, .-tiny Welcome { display: none; }
.-tiny Banner.-shown, .-tiny Outbox.-shown, .-tiny StatusLine { display: none; }
.-tiny Composer { max-height: 1; dock: bottom; }
"""
"""What concerns several widgets; each says itself how it looks."""
