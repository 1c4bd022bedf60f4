"""A timeline that the person moves along, to go on from one of its points."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from hfs_core.tui.chooser import Act, Chooser, is_key, told
from hfs_core.tui.preview import Preview
from hfs_core.tui.text import cut_middle, one_line
from hfs_core.tui.timeline import moment_of
from hfs_core.tui.timeline_track import Track

if TYPE_CHECKING:
    from hfs_core.api import Action, Point, Timeline

DIGITS_SECONDS = 1.5
"""Within which digits make one number."""

TITLE_EDGES = 4
"""Cells of the box's width that its title cannot have."""

STEPS = {"left": -1, "right": 1, "h": -1, "l": 1}
ROW_STEPS = {"up": -1, "down": 1, "k": -1, "j": 1}


class TimelineScreen(Chooser[str, "Timeline"]):
    """Shows a timeline, and of the point that is chosen what was said there; what can be done with it has a key.

    Dismissed with the command line that choosing a point runs, or with None.
    """

    DEFAULT_CSS = """
    TimelineScreen { align: center middle; }
    TimelineScreen > #timeline { background: $surface; border: round $primary; border-title-color: $text-accent; }
    TimelineScreen.-roomy > #timeline { width: 96%; max-width: 140; height: 92%; padding: 0 1; }
    TimelineScreen.-low > #timeline { border: none; }
    TimelineScreen #track { max-height: 50%; margin: 0 0 0 1; }
    TimelineScreen.-roomy #track { margin: 1 0 0 1; }
    TimelineScreen #point { height: auto; max-height: 3; padding: 0 0 0 1; margin: 1 0 0 0; }
    TimelineScreen #keys {
        height: 1; padding: 0 0 0 1; text-wrap: nowrap; text-overflow: ellipsis; color: $text-muted;
    }
    TimelineScreen Preview { height: 1fr; border-top: solid $surface-lighten-2; }
    TimelineScreen Preview > Markdown > MarkdownBlock:last-child { margin: 0; }
    TimelineScreen.-bare Preview { display: none; }
    TimelineScreen.-bare #track { max-height: 100%; height: 1fr; }
    TimelineScreen.-bare #point, TimelineScreen.-close #point { margin: 0; max-height: 1; }
    TimelineScreen.-tiny #point, TimelineScreen.-tiny #keys { display: none; }
    """

    def __init__(self, timeline: Timeline, act: Act[Timeline] | None = None):
        super().__init__(act)
        self._timeline = timeline
        self._typed, self._typed_at = "", 0.0
        self._track = Track(timeline.points)
        self._track.id = "track"
        self._point = Static(id="point", markup=False)
        self._preview = Preview(at_end=True)
        self._box = Vertical(self._track, self._point, self._preview, self._keys, id="timeline")

    def compose(self) -> Iterator[Widget]:
        """Draw the timeline above the chosen point, and the keys below it."""
        yield self._box

    def on_mount(self) -> None:
        """Show the last point."""
        self._tell()
        self.on_track_moved()

    def on_resize(self, event: events.Resize) -> None:
        """Leave away what there is no room for."""
        width, height = event.size
        self.set_class(width >= 60 and height >= 16, "-roomy")
        self.set_class(height < 6, "-low")
        self.set_class(height < 16, "-close")
        self.set_class(width < 30 or height < 10, "-bare")
        self.call_after_refresh(self._tell)

    async def show(self, timeline: Timeline) -> None:
        """Show the timeline as it is now, the cursor on the same point, or on the one in its place."""
        chosen, place = self._track.chosen, self._track.cursor
        self._timeline = timeline
        number = chosen.number if chosen else None
        at = next((at for at, point in enumerate(timeline.points) if point.number == number), place)
        self._track.show(timeline.points, at)
        self._tell()

    def on_track_moved(self) -> None:
        """Tell of the point under the cursor."""
        self._armed = None
        self._tell_point()
        self._say_keys()
        self._preview.look_at(self._track.chosen)

    def on_track_chosen(self) -> None:
        """Take the point that was clicked twice."""
        self._take()

    async def on_key(self, event: events.Key) -> None:
        """Move, act or take; in the order of the keys, so not as bindings."""
        event.stop()
        event.prevent_default()
        key, track = event.key, self._track
        action = self._action(event)
        if action is None or key == "enter":
            self._arm(None)
        if key in ("escape", "ctrl+c"):
            self.dismiss(None)
        elif key == "enter":
            self._take()
        elif action is not None:
            self._offer(action)
        elif key in STEPS:
            track.move(STEPS[key])
        elif key in ROW_STEPS:
            track.move_rows(ROW_STEPS[key])
        elif key in ("pageup", "pagedown"):
            track.move_pages(-1 if key == "pageup" else 1)
        elif key in ("home", "end"):
            track.go(0 if key == "home" else len(track.points))
        elif event.character is not None and event.character in "0123456789":
            self._jump(event.character)
            return
        self._typed = ""

    def _action(self, event: events.Key) -> Action | None:
        point = self._track.chosen
        actions = point.actions if point else ()
        return next((action for action in actions if is_key(action, event)), None)

    def _jump(self, digit: str) -> None:
        """Go to the point whose number is being typed."""
        now = time.monotonic()
        is_more = now - self._typed_at < DIGITS_SECONDS
        places = {str(point.number): place for place, point in enumerate(self._track.points)}
        typed = self._typed + digit if is_more else digit
        if not any(number.startswith(typed) for number in places):
            typed = digit
        self._typed, self._typed_at = typed, now
        if typed in places:
            self._track.go(places[typed])

    def _take(self) -> None:
        point = self._track.chosen
        if point is not None and self._timeline.on_select:
            self.dismiss(self._timeline.on_select.replace("{number}", str(point.number)))

    def _tell(self) -> None:
        timeline, room = self._timeline, max(self._box.size.width - TITLE_EDGES, 0)
        self._box.border_title = Content(cut_middle(one_line(timeline.title), room) if room else "")
        count, hint = f"{len(timeline.points):,}", one_line(timeline.hint)
        self._box.border_subtitle = Content(f"{hint} · {count}" if hint else count)

    def _tell_point(self) -> None:
        point = self._track.chosen
        self._point.update(_about(point) if point else Content(""))

    def _told_keys(self) -> Sequence[tuple[str, str]]:
        point = self._track.chosen
        choosing = [("Enter", one_line(self._timeline.select))] if self._timeline.on_select else []
        moving = [("← →", "Move"), ("1-9", "Go to #")]
        return [*choosing, *told(point.actions if point else ()), ("Esc", "Close"), *moving]


def _about(point: Point) -> Content:
    """Return a line about a point; what is said at length of it goes on below."""
    label, details = one_line(point.label), one_line(point.details)
    facts = [f"message {point.position:,}", label, moment_of(point)]
    more = details.removeprefix(label).lstrip(" :")
    head = Content.assemble((f"#{point.number}", "$text-accent bold"))
    return head + "".join(f" · {fact}" for fact in facts if fact) + (f"\n{more}" if more else "")
