"""A column that is read: what the reader looks at stays where it is, whatever happens around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.geometry import Region, Size
from textual.widget import Widget

from hfs_core.tui.nearby import Near, nearby, tell

if TYPE_CHECKING:
    from textual.layout import DockArrangeResult


class Reading(VerticalScroll, can_focus=False):
    """Scrolls; keeps the reader's place, or follows the end while the reader is there.

    Attributes:
        regions: where its children are, by the last layout.
    """

    def __init__(self, *children: Widget) -> None:
        super().__init__(*children)
        self.regions: dict[Widget, Region] = {}

    def on_mount(self) -> None:
        """Follow the end from the beginning."""
        self.anchor()

    def arrange(self, size: Size, optimal: bool = False) -> DockArrangeResult:
        """Lay the messages out; what is read stays where it is while others come, go or change around it.

        Where the end is followed, Textual's anchor has the last word after this.
        """
        result = super().arrange(size, optimal)
        if optimal:
            return result
        regions = {placement.widget: placement.region for placement in result.placements}
        moved = self._moved(regions)
        self.regions = regions
        if moved:
            scroll_y = max(self.scroll_y + moved, 0)
            self.set_reactive(Widget.scroll_y, scroll_y)
            self.set_reactive(Widget.scroll_target_y, scroll_y)
        near = self._near(result.total_region.bottom)
        for widget, region in regions.items():
            tell(widget, region, near)
        return nearby(result, near)

    def _moved(self, regions: dict[Widget, Region]) -> int:
        """Return by how many lines the first message in view has moved since the last layout."""
        for widget, region in self.regions.items():
            if region.bottom > self.scroll_y and widget in regions:
                return regions[widget].y - region.y
        return 0

    def _near(self, bottom: int) -> Near:
        """Return what is laid out: all, but while the end is followed and nothing is being selected."""
        is_following = self._anchored and not self._anchor_released
        if not is_following or self.screen.selections:
            return None
        return bottom - 2 * self.size.height, bottom
