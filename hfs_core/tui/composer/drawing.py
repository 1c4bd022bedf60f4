"""Shows the characters that a terminal would act on instead of drawing them."""

from __future__ import annotations

_PICTURES = {
    **{code: 0x2400 + code for code in range(0x20) if code != 0x09},
    0x7F: 0x2421,
    **dict.fromkeys(
        [*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, *range(0xD800, 0xE000)],
        0xFFFD,
    ),
}
"""As `hfs_core.tui.text.clean` knows them. Here each is drawn, as it will be sent."""


def visible(line: str) -> str:
    """Return a line of the same length in which control characters are pictures; tabs stay."""
    return line if line.isascii() and line.isprintable() else line.translate(_PICTURES)
