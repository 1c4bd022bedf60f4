"""Leaves out of a layout what is far from the reader.

Textual goes through every widget at each layout, seen or not: a reply of 5,000 tokens has 1,400 of them. What is
left out keeps its place and its height, and is laid out when it comes near.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.layout import DockArrangeResult

if TYPE_CHECKING:
    from textual.geometry import Region
    from textual.widget import Widget

Near = tuple[int, int] | None
"""The first and the last line that are near, counted from the top of a widget; None if all of it is."""


def nearby(arranged: DockArrangeResult, near: Near) -> DockArrangeResult:
    """Return an arrangement as high as the given one that places only what is near."""
    if near is None:
        return arranged
    first, last = near
    placements = [
        placement
        for placement in arranged.placements
        if placement.fixed or (placement.region.bottom >= first and placement.region.y <= last)
    ]
    return DockArrangeResult(
        placements, arranged.widgets, arranged.scroll_spacing, _spatial_map=arranged.spatial_map
    )


def tell(widget: Widget, region: Region, near: Near) -> None:
    """Let a widget in this region know what of it is near, if it wants to."""
    if hasattr(widget, "near"):
        widget.near = None if near is None else (near[0] - region.y, near[1] - region.y)
