"""A table whose rows can be chosen: moved in, unfolded, filtered, looked at and acted on by keys."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.events import Key

from hfs_core.api import (
    Action,
    Column,
    CommandResult,
    Invocation,
    Notice,
    Row,
    Send,
    Table,
)
from hfs_core.tui.choices import Choices
from hfs_core.tui.picker import Picker
from tests.tui.conftest import Chat, StartChat, commands_plugin

COLUMNS = (
    Column("id", "ID", "number"),
    Column("name", "Name"),
    Column("messages", "Messages", "number"),
    Column("created", "Created", "time"),
    Column("last", "Last activity", "time"),
)
CREATED = "2026-01-02T03:04:05+00:00"
NAMES = (
    "weekly report",
    "design of the plugin host",
    "delete me",
    "[red]plans[/] for spring",
    "x" * 70 + " end",
)


def row(number: int, name: str, preview: Any = "", children: tuple[Row, ...] = ()) -> Row:
    """A book: Enter reads it, d twice takes it away, f asks for one like it."""
    actions = (
        Action("enter", "Read", f"/read {number}"),
        Action("d", "Delete", f"drop {number}", confirm=True),
        Action("f", "Fork", f"fork {number}"),
    )
    values = {"id": number, "name": name, "messages": number * 7, "created": CREATED, "last": CREATED}
    return Row(values, preview=preview, actions=actions, children=children)


class Shelf:
    """A command that lists books, and those that its rows run."""

    def __init__(self, *names: str, preview: Callable[[int], Any] = lambda number: ""):
        self.names = dict(enumerate(names or NAMES, 1))
        self.children: dict[int, tuple[Row, ...]] = {}
        self.preview = preview
        self.read: list[int] = []

    @property
    def plugin(self) -> Any:
        """The plugin that has it."""
        return commands_plugin(shelf=self._shelf, read=self._read, drop=self._drop, fork=self._fork)

    async def _shelf(self, invocation: Invocation) -> CommandResult:
        rows = tuple(
            row(number, name, self.preview(number), self.children.get(number, ()))
            for number, name in self.names.items()
        )
        return CommandResult((Table(COLUMNS, rows, "Books", empty="no books"),))

    async def _read(self, invocation: Invocation, number: int) -> CommandResult:
        self.read.append(number)
        return CommandResult((Notice(f"read {number}"),), (Send(f"what is in {number}?"),))

    async def _drop(self, invocation: Invocation, number: int) -> CommandResult:
        name = self.names.pop(number)
        return CommandResult((Notice(f"gone: {name}"),))

    async def _fork(self, invocation: Invocation, number: int) -> CommandResult:
        raise RuntimeError("no [paper]")


async def opened(chat: Chat) -> Picker:
    """Ask for the list."""
    await chat.say("/shelf")
    await chat.until(lambda: isinstance(chat.app.screen, Picker), "a picker")
    picker = chat.app.screen
    assert isinstance(picker, Picker)
    return picker


def cursor(chat: Chat) -> str:
    """The row under the cursor."""
    return next((line for line in chat.screen if re.search("│ ?› ", line)), "")


async def test_a_table_with_actions_is_chosen_from(start_chat: StartChat) -> None:
    shelf = Shelf()
    async with start_chat(shelf.plugin) as chat:
        await opened(chat)
        await chat.sees("Books", "Messages", "Last activity", "[red]plans", "type to filter")
        assert "weekly report" in cursor(chat)
        await chat.sees("Enter Read   d Delete   f Fork   Esc Close")
        await chat.pilot.press("down", "down", "up", "end", "home", "pagedown", "pageup", "down", "enter")
        await chat.sees("read 2", "what is in 2?", "Good day.")
        assert shelf.read == [2]
        assert "Books" not in chat.text


async def test_begins_at_what_is_in_use(start_chat: StartChat) -> None:
    shelf = Shelf(*(f"book {number}" for number in range(200)))
    in_use = replace(row(1500, "the one in use"), is_current=True)
    shelf.children[150] = (row(1499, "another copy", children=(in_use,)),)
    async with start_chat(shelf.plugin) as chat:
        await opened(chat)
        await chat.until(lambda: "the one in use" in cursor(chat), "the one in use")
        await chat.pilot.press("up", "up", "up")
        await chat.until(lambda: "book 148" in cursor(chat), "the one above its origin")


async def test_branches_are_told_apart_and_the_one_in_use_is_marked(start_chat: StartChat) -> None:
    shelf = Shelf("a plan about the refactoring")
    branches = [row(n, f"a plan about the refactoring (rewind from #{n})") for n in (1, 2)]
    shelf.children[1] = (branches[0], replace(branches[1], is_current=True))
    async with start_chat(shelf.plugin, size=(80, 24)) as chat:
        await opened(chat)
        await chat.sees("a plan… (rewind from #2) *", "a plan a… (rewind from #1)", "01-02 ")
        await chat.pilot.resize_terminal(140, 24)
        await chat.sees("a plan about the refactoring (rewind from #2) (current)", f"{CREATED[:10]} ")


async def test_escape_closes_and_leaves_the_composer_as_it_was(start_chat: StartChat) -> None:
    shelf = Shelf()
    async with start_chat(shelf.plugin) as chat:
        for key in ("escape", "ctrl+c"):
            await opened(chat)
            await chat.pilot.press(key)
            await chat.until(lambda: not isinstance(chat.app.screen, Picker))
            assert "Books" not in chat.text
        await chat.pilot.press(*"typed")
        assert chat.written == "typed"
    assert not shelf.read


async def test_an_empty_table_is_a_sentence(start_chat: StartChat) -> None:
    shelf = Shelf()
    shelf.names.clear()
    async with start_chat(shelf.plugin) as chat:
        await chat.say("/shelf")
        await chat.sees("no books", "ready")


async def test_typing_filters_and_enter_takes_the_best(start_chat: StartChat) -> None:
    shelf = Shelf()
    async with start_chat(shelf.plugin) as chat:
        await opened(chat)
        # In one go: Enter takes what these letters find, also where they are still being looked for.
        await chat.pilot.press(*"rdpl", "enter")
        await chat.until(lambda: shelf.read == [4], "the plans")
        await opened(chat)
        await chat.pilot.press(*"plans", "space", *"spr")
        await chat.sees("› plans spr", "1 of 5")
        assert "[red]plans" in cursor(chat)
        await chat.pilot.press(*["backspace"] * 9)
        await chat.sees("type to filter")
        await chat.pilot.press(*"zzz")
        await chat.sees("0 of 5")
        await chat.pilot.press("enter", "ctrl+u")
        await chat.sees("type to filter", "weekly report")
        assert shelf.read == [4]


async def test_keys_of_actions_wait_while_something_is_looked_for(start_chat: StartChat) -> None:
    shelf = Shelf()
    async with start_chat(shelf.plugin) as chat:
        await opened(chat)
        await chat.pilot.press("d")
        await chat.sees("d again: Delete")
        await chat.pilot.press(*"es")
        await chat.sees("› des", "design of", "1 of 5")
        await chat.pilot.press("d", "d")
        await chat.sees("› desdd", "0 of 5")
        assert len(shelf.names) == 5
        await chat.pilot.press("backspace", "backspace", "down", "d")
        await chat.sees("d again: Delete")
        await chat.pilot.press("up")
        await chat.until(lambda: "d again" not in chat.text)
        await chat.pilot.press("d", "d")
        await chat.until(lambda: 2 not in shelf.names, "the design gone")


async def test_after_an_action_the_list_is_as_it_is_then(start_chat: StartChat) -> None:
    shelf = Shelf()
    async with start_chat(shelf.plugin) as chat:
        await opened(chat)
        await chat.pilot.press("down", "down", "d", "d")
        await chat.sees("gone: delete me")  # a toast: the list stays
        await chat.until(lambda: "[red]plans" in cursor(chat), "the cursor on the next one")
        assert chat.text.count("delete me") == 1
        await chat.pilot.press("f")
        await chat.sees("RuntimeError: no [paper]")
        assert "[red]plans" in cursor(chat)
        for left in (3, 2, 1):
            await chat.pilot.press("home", "d", "d")
            await chat.sees(f" {left} ─╯")
        await chat.pilot.press("d", "d")
        await chat.until(lambda: not isinstance(chat.app.screen, Picker), "closed, as nothing is left")
        await chat.sees("no books")


async def test_children_are_folded_under_their_origin(start_chat: StartChat) -> None:
    shelf = Shelf()
    shelf.children[2] = (row(21, "first copy"), row(22, "second copy", children=(row(23, "copy of a copy"),)))
    async with start_chat(shelf.plugin) as chat:
        await opened(chat)
        await chat.pilot.press("down")
        await chat.until(lambda: "host ▸ 2" in cursor(chat), "a mark")
        assert "copy" not in chat.text
        await chat.pilot.press("right")
        await chat.sees("host ▾ 2", "└ first copy", "└ second copy ▸ 1")
        await chat.pilot.press("right", "down", "right", "right")
        await chat.until(lambda: "  └ copy of a copy" in cursor(chat))
        await chat.pilot.press("left")
        await chat.until(lambda: "└ second copy ▾ 1" in cursor(chat))
        await chat.pilot.press("left", "left", "left")
        await chat.until(lambda: "first copy" not in chat.text and "host ▸ 2" in cursor(chat))
        await chat.pilot.press(*"ofacopy")
        await chat.sees("host ▸ 2", "└ second copy ▸ 1", "  └ copy of a copy")
        assert "first copy" not in chat.text
        await chat.pilot.press("enter")
        await chat.until(lambda: shelf.read == [23])


def test_a_new_current_one_is_unfolded_and_may_be_folded_away() -> None:
    def table(*branches: Row) -> Table:
        return Table(COLUMNS, (row(1, "origin", children=branches), row(2, "other")))

    listed = Choices(table())
    branch = replace(row(3, "branch"), is_current=True)
    again = Choices(table(branch))
    again.adopt(listed)
    assert [choice.row.values["name"] for choice in again.lines] == ["origin", "branch", "other"]
    again.fold(again.lines[0])
    later = Choices(table(branch))
    later.adopt(again)
    assert [choice.row.values["name"] for choice in later.lines] == ["origin", "other"]


async def test_the_preview_is_that_of_the_row_under_the_cursor(start_chat: StartChat) -> None:
    asked: list[int] = []
    go_on = asyncio.Event()

    def preview(number: int) -> Any:
        async def fetch() -> str:
            asked.append(number)
            if number == 2:
                await go_on.wait()
            if number == 3:
                raise RuntimeError("no [light]")
            return f"**bold** words of {number} [red] \x1b[31m"

        return fetch

    shelf = Shelf(preview=preview)
    async with start_chat(shelf.plugin) as chat:
        await opened(chat)
        await chat.sees("bold words of 1 [red]")
        await chat.pilot.press("down")
        await chat.until(lambda: asked == [1, 2])
        await chat.pilot.press("down")
        await chat.sees("RuntimeError: no [light]")
        go_on.set()
        await chat.pilot.press("down")
        await chat.sees("words of 4")
        assert "words of 2" not in chat.text
        await chat.pilot.resize_terminal(39, 24)
        await chat.until(lambda: "words of 4" not in chat.text, "no room for a preview")
        await chat.pilot.press("down")
        await chat.pilot.resize_terminal(130, 24)
        await chat.sees("words of 5")
        assert asked == [1, 2, 3, 4, 5]


async def test_narrow_screens_keep_the_name(start_chat: StartChat) -> None:
    shelf = Shelf()
    async with start_chat(shelf.plugin) as chat:
        await opened(chat)
        await chat.sees(
            "weekly report                        7",
            "[red]plans[/] for spring",
            "xxxxxxxxxxxxxx…xxxxxxxxx end",
        )
        await chat.pilot.resize_terminal(50, 24)
        await chat.sees("Messages", "weekly report")
        assert "Last activity" not in chat.text
        await chat.pilot.resize_terminal(20, 10)
        await chat.sees("› weekly report", "… spring")
        assert "Messages" not in chat.text
        await chat.pilot.press("down", "right")
        await chat.pilot.resize_terminal(20, 1)
        await chat.sees("› design")
        await chat.pilot.press("enter")
        await chat.until(lambda: shelf.read == [2])


async def test_a_click_chooses_and_a_second_one_takes(start_chat: StartChat) -> None:
    shelf = Shelf()
    async with start_chat(shelf.plugin) as chat:
        await opened(chat)
        await chat.sees("delete me")
        line = next(y for y, text in enumerate(chat.screen) if "delete me" in text)
        await chat.pilot.click(offset=(20, line))
        await chat.until(lambda: "delete me" in cursor(chat))
        assert not shelf.read
        await chat.pilot.click(offset=(20, line), times=2)
        await chat.until(lambda: shelf.read == [3])


@pytest.mark.slow
async def test_ten_thousand_rows_stall_nothing(start_chat: StartChat) -> None:
    shelf = Shelf(*(f"session {number} about the plan of week {number % 53}" for number in range(10_000)))
    async with start_chat(shelf.plugin) as chat:
        await opened(chat)
        await chat.sees("10,000", "session 0 about")
        busy: list[float] = []

        async def watch() -> None:
            last = time.thread_time()
            while True:
                await asyncio.sleep(0)
                now = time.thread_time()  # not the clock's: other programs are not to blame
                busy.append(now - last)
                last = now

        watching = asyncio.create_task(watch())
        await chat.pilot.press(*"plan 9987")
        await chat.sees("session 9987 abou")
        watching.cancel()
        assert max(busy) < 0.05
        await chat.pilot.press("ctrl+u")
        await chat.sees("type to filter")
        # At once, as a fast typist's: Enter takes what they find, though they are still being looked for.
        for key in (*"9986", "enter"):
            chat.app.post_message(Key(key, key if len(key) == 1 else None))
        await chat.until(lambda: shelf.read, "a book is read")
        assert shelf.read == [9987]  # the one with that in its name
