"""HFS' own colours: readable everywhere, and the ones that the setting knows."""

from __future__ import annotations

import itertools

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from hfs_core.config import SETTINGS
from hfs_core.tui.app import ChatApp
from hfs_core.tui.themes import THEMES

AA = 4.5
"""The contrast of text that WCAG 2.2 asks for at level AA (1.4.3)."""

TEXTS = (
    "foreground", "text", "text-muted", "text-primary", "text-secondary", "text-accent", "text-success",
    "text-warning", "text-error", "primary", "accent", "markdown-h1-color", "markdown-h2-color",
    "markdown-h3-color", "markdown-h4-color", "markdown-h6-color", "link-color",
)  # fmt: skip


def luminance(color: Color) -> float:
    """The relative luminance of WCAG 2.2."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2.2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def grounds(theme: Theme) -> dict[str, Color]:
    """What text may stand on: the plain grounds, and those that are laid over them."""
    colors = {
        name: Color.parse(value)
        for name, value in theme.to_color_system().generate().items()
        if value.startswith("#")
    }
    ground = colors["background"]
    plain = {name: colors[name] for name in ("background", "surface")}
    return plain | {"boost": ground + colors["boost"]}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_text_can_be_read(theme: Theme) -> None:
    colors = {**theme.to_color_system().generate(), **theme.variables}
    for text, (name, ground) in itertools.product(TEXTS, grounds(theme).items()):
        found = contrast(Color.parse(colors[text]), ground)
        assert found >= AA, f"{text} on {name}: {found:.2f}"


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_what_is_marked_can_be_read(theme: Theme) -> None:
    colors = {**theme.to_color_system().generate(), **theme.variables}
    ground = Color.parse(colors["background"])
    foreground = Color.parse(colors["foreground"])
    for name in ("input-selection-background", "screen-selection-background"):
        assert contrast(foreground, ground + Color.parse(colors[name])) >= AA, name
    cursor = Color.parse(colors["block-cursor-background"])
    assert contrast(Color.parse(colors["block-cursor-foreground"]), cursor) >= AA
    blurred = Color.parse(colors["block-cursor-blurred-background"])
    assert contrast(foreground, blurred) >= AA
    for name in ("warning", "error"):
        muted = Color.parse(colors[f"{name}-muted"])
        assert contrast(Color.parse(colors[f"text-{name}"]), muted) >= AA, name


def test_the_setting_knows_every_theme_that_there_is() -> None:
    app = ChatApp(lambda: pytest.fail("started"))
    assert set(app.available_themes) == set(SETTINGS["theme"].allowed)
    assert {theme.name for theme in THEMES} == set(app.available_themes) - set(BUILTIN_THEMES)
    assert app.theme == SETTINGS["theme"].default
