"""The question whether a plugin in a folder may run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from textual import events
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from hfs_core import api
from hfs_core.tui import consent_text as text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hfs_core.api import Asked, ConsentQuestion


STANDINGS = {
    "waiting": "a plugin waits for your decision",
    "changed": "a plugin has changed and waits for your decision",
    "trusted": "you have agreed to this plugin",
    "denied": "you have refused this plugin",
}
"""What is said of a plugin below its question."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person decided.

    Attributes:
        kind: to `trust` it, to `refuse` it for good, or to decide `later`.
        granted: the capabilities that it gets.
    """

    kind: Literal["trust", "refuse", "later"]
    granted: frozenset[str] = frozenset()


class Consent(ModalScreen[Answer | None]):
    """Shows what a plugin is, what HFS will let it do and what else its author says; dismissed with the answer.

    Args:
        read: shows the plugin's files.
    """

    DEFAULT_CSS = """
    Consent { align: center middle; }
    Consent > Vertical {
        width: 96%; max-width: 96; height: auto; max-height: 96%; padding: 0 1;
        background: $surface; border: round $warning; border-title-color: $text-warning;
        border-title-style: bold; border-subtitle-color: $text-muted;
    }
    Consent VerticalScroll { height: auto; max-height: 1fr; scrollbar-size-vertical: 1; }
    Consent Static { width: 1fr; height: auto; }
    Consent .name { display: none; text-style: bold; color: $text-warning; }
    Consent.-low .name { display: block; }
    Consent .hidden { color: $text-error; }
    Consent .part { margin: 1 0 0 0; }
    Consent .heading { margin: 1 0 0 0; text-style: bold; color: $text-accent; }
    Consent .unenforced { color: $text-muted; }
    Consent .none { display: none; }
    Consent #keys { margin: 1 0 0 0; color: $text-muted; }
    Consent.-low > Vertical { width: 100%; max-width: 100%; height: 100%; max-height: 100%; border: none; }
    Consent.-low VerticalScroll { height: 1fr; }
    Consent.-low .part, Consent.-low .heading, Consent.-low #keys { margin: 0; }
    """

    AUTO_FOCUS = ""

    def __init__(self, asked: ConsentQuestion, read: Callable[[], Awaitable[None]]):
        super().__init__()
        self._asked = asked
        self._read = read
        self._granted = {each.capability for each in asked.asks if each.before != "denied"}
        self._current = 0
        self._is_armed = False
        self._page = VerticalScroll(can_focus=False)
        self._ticks = [Tick() for _ in asked.asks]
        self._keys = Static(id="keys", markup=False)
        self._box = Vertical(self._page, self._keys)

    def compose(self) -> Iterator[Widget]:
        """Draw the page, and the keys below it."""
        yield self._box

    async def on_mount(self) -> None:
        """Show the question."""
        asked = self._asked
        name = text.author(f"{asked.name} {asked.version}")
        self._box.border_title = Content(f" {name} ")
        self._box.border_subtitle = Content(f" {STANDINGS.get(asked.standing, STANDINGS['waiting'])} ")
        parts: list[Widget] = [
            _part(Content(name), "name"),
            _part(text.head(asked), ""),
            _part(text.warning(asked)),
        ]
        if not asked.refused:
            parts += [
                _part(text.change(asked)),
                _heading(f"{api.CONSENT_LETS}:"),
                *self._ticks,
                _part(text.rest(asked), ""),
                *_section(f"{api.CONSENT_SAYS}:", text.says(asked), "unenforced"),
                *_section("What a reader of its source does not see:", text.hidden(asked), "hidden"),
            ]
        await self._page.mount_all(parts)
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """Leave away what there is no room for."""
        self.set_class(event.size.width < 60 or event.size.height < 18, "-low")
        self._draw()

    async def on_key(self, event: events.Key) -> None:
        """Answer, tick, or move."""
        event.stop()
        event.prevent_default()
        if not self.is_current:
            return  # it was typed before the answer had taken the question away
        key, was_armed = event.key, self._is_armed
        self._is_armed = False
        if key in ("escape", "ctrl+c"):
            self.dismiss(None)
        elif key == "n":
            self.dismiss(Answer("later"))
        elif key == "v" and not self._asked.refused:
            await self._read()
        elif key == "d" and not self._asked.refused:
            self.dismiss(Answer("refuse"))
        elif key == "t" and not self._asked.refused:
            if self._asked.hidden and not was_armed:
                self._is_armed = True
            else:
                self.dismiss(Answer("trust", frozenset(self._granted)))
        elif key in ("space", "enter", "x"):
            self._toggle()
        else:
            self._move(key)
        self._draw()

    def _toggle(self) -> None:
        if self._asked.asks:
            self._granted ^= {self._asked.asks[self._current].capability}

    def _move(self, key: str) -> None:
        page = self._page
        steps = {"up": -1, "down": 1}
        if key in steps and 0 <= self._current + steps[key] < len(self._ticks):
            self._current += steps[key]
            page.scroll_to_widget(self._ticks[self._current], animate=False)
        elif key in ("up", "down"):
            page.scroll_relative(y=steps[key], animate=False)
        elif key == "pageup":
            page.scroll_page_up(animate=False)
        elif key == "pagedown":
            page.scroll_page_down(animate=False)
        elif key == "home":
            page.scroll_home(animate=False)
        elif key == "end":
            page.scroll_end(animate=False)

    def _draw(self) -> None:
        for place, (each, line) in enumerate(zip(self._asked.asks, self._ticks, strict=True)):
            is_granted = each.capability in self._granted
            line.show(each, is_granted=is_granted, is_current=place == self._current)
        if self._is_armed:
            armed = "t again: trust it, with what you cannot see"
            self._keys.update(Content.styled(armed, "$text-warning bold"))
            return
        keys = [("n", "Not now")] if self._asked.refused else self._told_keys()
        parts = [Content.assemble((key, "$text-accent bold"), " ", does) for key, does in keys]
        self._keys.update(Content("   " if self.size.width >= 60 else "  ").join(parts))

    def _told_keys(self) -> list[tuple[str, str]]:
        keys = [("t", "Trust"), ("n", "Not now"), ("d", "Never"), ("v", "Files")]
        if self._asked.asks and self.size.width >= 60:
            keys.append(("Space", "Tick"))
        return keys


class Tick(Horizontal):
    """A capability that may be ticked off."""

    DEFAULT_CSS = """
    Tick { height: auto; }
    Tick > .box { width: 6; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._box = Static(markup=False, classes="box")
        self._words = Static(markup=False)

    def compose(self) -> Iterator[Widget]:
        """Draw the box beside the words."""
        yield self._box
        yield self._words

    def show(self, asked: Asked, *, is_granted: bool, is_current: bool) -> None:
        """Draw what is asked for, whether it is granted, and whether the cursor is here."""
        self._box.update(text.box(is_granted=is_granted, is_current=is_current))
        self._words.update(text.asked_for(asked, is_granted=is_granted))


def _part(content: Content, classes: str = "part") -> Static:
    return Static(content, markup=False, classes=classes if content.plain else "none")


def _heading(words: str) -> Static:
    return Static(Content(words), markup=False, classes="heading")


def _section(heading: str, content: Content, classes: str) -> list[Widget]:
    return [_heading(heading), _part(content, classes)] if content.plain else []
