"""HFS' own colours, one theme for the dark and one for the light: calm, with one accent.

Every text colour has at least the contrast of 4.5 that WCAG 2.2 (1.4.3, AA) asks for, on each ground that it may
stand on; tests/tui/test_themes.py computes it.
"""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.theme import Theme

HFS_DARK = Theme(
    name="hfs-dark",
    dark=True,
    primary="#6fb3c4",
    secondary="#97a3b6",
    accent="#6fb3c4",
    success="#8fc086",
    warning="#dcb270",
    error="#ea8484",
    foreground="#d4d8de",
    background="#15181d",
    surface="#1d2127",
    panel="#262b33",
    boost="#ffffff0b",
    variables={
        "text": "#d4d8de",
        "text-muted": "#969ea9",
        "text-disabled": "#6b737e",
        "text-primary": "#86c5d4",
        "text-secondary": "#a9b4c4",
        "text-accent": "#86c5d4",
        "text-success": "#9ccb94",
        "text-warning": "#e2bd83",
        "text-error": "#f09a98",
        "surface-lighten-2": "#3b424d",
        "border": "#6fb3c4",
        "border-blurred": "#3b424d",
        "markdown-h1-color": "#86c5d4",
        "markdown-h2-color": "#86c5d4",
        "markdown-h2-text-style": "bold",
        "markdown-h3-color": "#d4d8de",
        "markdown-h4-color": "#d4d8de",
        "markdown-h4-text-style": "bold italic",
        "markdown-h6-color": "#969ea9",
        "block-cursor-background": "#2c4a54",
        "block-cursor-foreground": "#eef3f5",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#262b33",
        "block-hover-background": "#262b33",
        "input-selection-background": "#6fb3c459",
        "screen-selection-background": "#6fb3c459",
        "scrollbar": "#3b424d",
        "scrollbar-hover": "#4c5563",
        "scrollbar-active": "#6fb3c4",
        "scrollbar-background": "#15181d",
        "link-color": "#86c5d4",
    },
)
"""For a dark terminal; the default."""

HFS_LIGHT = Theme(
    name="hfs-light",
    dark=False,
    primary="#0f6579",
    secondary="#566173",
    accent="#0f6579",
    success="#3a6b2a",
    warning="#8a5a0c",
    error="#a9323a",
    foreground="#2a2e35",
    background="#fbfaf7",
    surface="#f2f0ea",
    panel="#e9e6de",
    boost="#0000000a",
    variables={
        "text": "#2a2e35",
        "text-muted": "#5d636d",
        "text-disabled": "#8c919a",
        "text-primary": "#0f6579",
        "text-secondary": "#4d5868",
        "text-accent": "#0f6579",
        "text-success": "#356527",
        "text-warning": "#7d500a",
        "text-error": "#a12c35",
        "warning-muted": "#f3e3c3",
        "error-muted": "#f4d9d8",
        "surface-lighten-2": "#c8c3b8",
        "border": "#0f6579",
        "border-blurred": "#c8c3b8",
        "markdown-h1-color": "#0f6579",
        "markdown-h2-color": "#0f6579",
        "markdown-h2-text-style": "bold",
        "markdown-h3-color": "#2a2e35",
        "markdown-h4-color": "#2a2e35",
        "markdown-h4-text-style": "bold italic",
        "markdown-h6-color": "#5d636d",
        "block-cursor-background": "#cfe3e6",
        "block-cursor-foreground": "#14333b",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#e9e6de",
        "block-hover-background": "#e9e6de",
        "input-selection-background": "#0f657940",
        "screen-selection-background": "#0f657940",
        "scrollbar": "#c8c3b8",
        "scrollbar-hover": "#aea899",
        "scrollbar-active": "#0f6579",
        "scrollbar-background": "#fbfaf7",
        "link-color": "#0f6579",
    },
)
"""For a light terminal."""

THEMES = (HFS_DARK, HFS_LIGHT)
"""What HFS adds to Textual's own."""


def wear_first(app: App[Any], name: str) -> None:
    """Give an app that does not run yet our themes, and one of all of them from the first paint on.

    Setting `app.theme` would do, but parse all styles once more before that paint.
    """
    for theme in THEMES:
        app.register_theme(theme)
    app.set_reactive(App.theme, name)
    app.set_class(app.current_theme.dark, "-dark-mode", update=False)
    app.set_class(not app.current_theme.dark, "-light-mode", update=False)
    app.stylesheet.set_variables(app.get_css_variables())
