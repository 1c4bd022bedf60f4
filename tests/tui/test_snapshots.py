"""What each screen looks like, in a dark and in a light theme."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hfs_core.api import (
    Action,
    Append,
    Column,
    CommandResult,
    Create,
    Draft,
    Fork,
    Paths,
    Point,
    Role,
    Row,
    Table,
    Timeline,
    WidgetSpec,
    hookimpl,
)
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.plugins.directories import find
from hfs_core.sessions import NAMESPACE, make_current
from hfs_core.testing import in_process
from hfs_core.tui import consent_text
from hfs_core.tui.app import Opening
from hfs_core.tui.text import one_line
from tests.plugin_folders import drop
from tests.tui.conftest import StartChat, answers, commands_plugin
from tests.tui.snapshots import Snapshots

BEGAN = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)
"""When the conversations of these screens took place."""

REPLY = """\
# A plan

Start with *one* table, and keep **every write** in `BEGIN IMMEDIATE`:

```python
class Store:
    \"\"\"Keeps what is said.\"\"\"

    async def append(self, text: str, expect: int = 0) -> int:
        # a position is never given twice
        return await self._run(INSERT, text, expect + 1)
```

1. Write the test first
2. Measure, then change
   - one thing at a time

> What cannot be measured cannot be promised.

| Engine | Rows | Cost |
|--------|-----:|------|
| memory | 1,000 | 0.6 ms |
| SQLite | 1,000 | 1.2 ms |

See [the manual](https://example.com).
"""


async def talk(store: MemoryStore) -> int:
    """Keep a conversation, a branch of it and others; returns the first one's id."""
    contents = ["How would you keep a chat in SQLite?", REPLY, "And when two write at once?"]
    names = ["Groceries for the weekend", "Chat in SQLite - 2026-03-14_09-26", "A tour of the Alps by train"]
    for name in names:
        await store.apply(Create(f"uid of {name}", name))
    main = f"uid of {names[1]}"
    for index, content in enumerate(contents):
        role = Role.ASSISTANT if index % 2 else Role.USER
        metadata: dict[str, Any] = {}
        if role == Role.ASSISTANT:
            usage = {"prompt_tokens": 11_900, "completion_tokens": 400}
            metadata = {"model": "scripted/model", "usage": usage, "duration_ms": 4200}
        draft = Draft(role, content, BEGAN + timedelta(minutes=index), metadata=metadata)
        await store.apply(Append(main, draft))
    session = await store.session(main)
    await store.apply(Fork("uid of fork", "Chat in SQLite - 2026-03-14_09-26 (fork)", session.id, 2))
    await store.apply(make_current(main), namespace=NAMESPACE)
    return session.id


def tokens_plugin() -> Any:
    """A plugin with a widget in each place."""

    class Places:
        @hookimpl
        def provide_widgets(self) -> list[WidgetSpec]:
            return [
                WidgetSpec("sidebar", "Checkpoints", lambda _: "- #2 after the plan\n- #1 first try"),
                WidgetSpec("panel", "Notes", lambda _: "Ask about *WAL* next."),
                WidgetSpec("status", "Branch", lambda _: "main*"),
            ]

    return in_process("places", Places)


@pytest.fixture(params=["hfs-dark", "hfs-light"])
def theme(request: pytest.FixtureRequest) -> str:
    """One dark and one light theme."""
    return str(request.param)


async def test_empty(start_chat: StartChat, snapshots: Snapshots, theme: str) -> None:
    async with start_chat(opening=Opening(theme=theme), environ={"HFS_THEME": theme}) as chat:
        await snapshots.match(chat, f"empty-{theme}")


async def test_conversation(
    start_chat: StartChat, store: MemoryStore, snapshots: Snapshots, theme: str
) -> None:
    session_id = await talk(store)
    opening = Opening(theme=theme, resume=str(session_id))
    async with start_chat(opening=opening, environ={"HFS_THEME": theme}, size=(90, 52)) as chat:
        await chat.sees("And when two", "12.3k tok")
        await snapshots.match(chat, f"conversation-{theme}")


async def test_sidebar_and_widgets(
    start_chat: StartChat, store: MemoryStore, snapshots: Snapshots, theme: str
) -> None:
    session_id = await talk(store)
    opening = Opening(theme=theme, resume=str(session_id))
    environ = {"HFS_THEME": theme}
    async with start_chat(tokens_plugin(), opening=opening, environ=environ, size=(124, 30)) as chat:
        await chat.sees("Checkpoints", "first try", "Notes", "main*", "(fork)", "12.3k tok")
        await chat.pilot.press("f6", "down")
        await snapshots.match(chat, f"sidebar-{theme}")


async def test_sidebar_over_a_narrow_screen(
    start_chat: StartChat, store: MemoryStore, snapshots: Snapshots, theme: str
) -> None:
    session_id = await talk(store)
    opening = Opening(theme=theme, resume=str(session_id))
    async with start_chat(opening=opening, environ={"HFS_THEME": theme}) as chat:
        await chat.pilot.press("ctrl+b")
        await chat.sees("Groceries", "12.3k tok")
        await snapshots.match(chat, f"sidebar-over-{theme}")


async def test_completions(start_chat: StartChat, snapshots: Snapshots, theme: str) -> None:
    opening = Opening(theme=theme)
    plugin = commands_plugin(rename=answers(), resume=answers(), retry=answers())
    async with start_chat(plugin, opening=opening, environ={"HFS_THEME": theme}, size=(80, 20)) as chat:
        await chat.pilot.press(*"/re")
        await chat.sees("does rename", "does retry")
        await snapshots.match(chat, f"completions-{theme}")


async def test_picker(start_chat: StartChat, store: MemoryStore, snapshots: Snapshots, theme: str) -> None:
    opening = Opening(theme=theme)
    plugin = commands_plugin(books=answers(books()))
    async with start_chat(plugin, opening=opening, environ={"HFS_THEME": theme}, size=(110, 30)) as chat:
        await chat.say("/books")
        await chat.sees("weekly report", "Enter Read")
        await chat.pilot.press("down")
        await chat.sees("message two")
        await snapshots.match(chat, f"picker-{theme}")


async def test_timeline(start_chat: StartChat, snapshots: Snapshots, theme: str) -> None:
    opening = Opening(theme=theme)
    plugin = commands_plugin(points=answers(points()))
    async with start_chat(plugin, opening=opening, environ={"HFS_THEME": theme}, size=(80, 28)) as chat:
        await chat.say("/points")
        await chat.sees("Enter Rewind", "before #12")
        await chat.pilot.press("left", "left", "left")
        await chat.sees("before #9")
        await snapshots.match(chat, f"timeline-{theme}")


async def test_question(start_chat: StartChat, snapshots: Snapshots, theme: str) -> None:
    async def delete(invocation: Any) -> CommandResult:
        assert not await invocation.confirm("Delete the session that you are in?")
        return CommandResult()

    opening = Opening(theme=theme)
    plugin = commands_plugin(delete=delete)
    async with start_chat(plugin, opening=opening, environ={"HFS_THEME": theme}, size=(80, 20)) as chat:
        await chat.say("/delete")
        await chat.sees("y yes")
        await snapshots.match(chat, f"question-{theme}")


async def test_trouble(start_chat: StartChat, snapshots: Snapshots, theme: str) -> None:
    """What is not saved, a failed command, and an interrupted answer."""
    opening = Opening(theme=theme)
    environ = {"HFS_THEME": theme}
    async with start_chat(opening=opening, environ=environ, size=(80, 20), is_saved=False) as chat:
        await chat.say("/nonsense")
        await chat.sees("Unknown command", "not saved")
        await snapshots.match(chat, f"trouble-{theme}")


def books() -> Table:
    """A table to choose from, with a branch and long names."""
    columns = (
        Column("id", "ID", "number"),
        Column("name", "Name"),
        Column("messages", "Messages", "number"),
        Column("created", "Created", "time"),
    )
    names = (
        "weekly report",
        "Chat in SQLite - 2026-03-14_09-26 (rewind from #3)",
        "[red]plans[/] for spring",
    )
    actions = (Action("enter", "Read", "read"), Action("d", "Delete", "delete", confirm=True))
    rows = tuple(
        Row(
            {"id": number, "name": name, "messages": 7 * number, "created": BEGAN.isoformat()},
            preview=f"**{name}**\n\n- message one\n- message two",
            actions=actions,
        )
        for number, name in enumerate(names, 1)
    )
    return Table(columns, rows, title="Books", hint="Type to filter")


def points() -> Timeline:
    """A timeline of two rows, with what was marked and named."""
    labels = ("run ended", "phase ended", "negotiation resolved", "manual")
    actions = (Action("p", "Pin", "pin"), Action("d", "Delete", "delete", confirm=True))
    made = tuple(
        Point(
            number,
            2 * number,
            labels[number % 4],
            marks=(("+2",) if number % 4 == 1 else ("pinned",) if number % 3 == 0 else ()),
            details=f"{labels[number % 4]}: [b]before[/] the refactor",
            moment=BEGAN + timedelta(minutes=7 * number),
            preview=f"*{number} earlier messages*\n\n> what was asked\n\nThe answer before #{number}",
            actions=actions,
        )
        for number in range(1, 13)
    )
    title = "Checkpoints for Session 7: Chat in SQLite"
    return Timeline(made, title, "Use /rewind <#> to restore to a checkpoint.", "rewind {number}", "Rewind")


async def test_palette(start_chat: StartChat, snapshots: Snapshots, theme: str) -> None:
    opening = Opening(theme=theme)
    plugin = commands_plugin(rename=answers(), resume=answers(), retry=answers())
    async with start_chat(plugin, opening=opening, environ={"HFS_THEME": theme}, size=(90, 26)) as chat:
        await chat.pilot.press("ctrl+p")
        await chat.sees("does rename", "says what a script")  # the models come later than the commands
        await snapshots.match(chat, f"palette-{theme}")


async def test_help(start_chat: StartChat, snapshots: Snapshots, theme: str) -> None:
    opening = Opening(theme=theme)
    plugin = commands_plugin(rename=answers(), resume=answers(), retry=answers())
    async with start_chat(plugin, opening=opening, environ={"HFS_THEME": theme}, size=(90, 60)) as chat:
        await chat.pilot.press("f1")
        await chat.sees("Ctrl+B")
        await snapshots.match(chat, f"help-{theme}")


async def test_a_plugin_waits(
    start_chat: StartChat, home: Paths, snapshots: Snapshots, theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line above the composer, and the question that it leads to."""
    folder = drop(home.plugins, "weather")
    manifest = (folder / "manifest.yaml").read_text().replace("[commands]", "[commands, store.write, fly]")
    (folder / "manifest.yaml").write_text(f"{manifest}advisory: {{net: [api.example.com]}}\n")
    folder_shown = str(folder.resolve())
    monkeypatch.setattr(
        consent_text, "author", lambda text: one_line(text).replace(folder_shown, "~/.hfs/plugins/weather")
    )
    opening = Opening(theme=theme)
    environ = {"HFS_THEME": theme}
    async with start_chat(*find(home.plugins), opening=opening, environ=environ, size=(80, 26)) as chat:
        await chat.sees("1 plugin waits")
        await chat.pilot.press("f2")
        await chat.sees("not enforced", "t Trust")
        await snapshots.match(chat, f"consent-{theme}")
