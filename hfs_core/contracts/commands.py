"""Commands, what they answer, and what a surface makes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TextIO

from hfs_core.models import JSON

if TYPE_CHECKING:
    from hfs_core.host import Host


@dataclass(frozen=True, slots=True)
class Completion:
    """A word that a person may mean, and a line about it."""

    text: str
    summary: str = ""


Completer = Callable[["Invocation", str], Awaitable[Sequence[Completion]]]
"""Returns what a parameter may be, for what is written of it so far; the surface chooses and ranks.

It must answer quickly and ask nobody: `confirm` answers no, `progress` goes nowhere.
"""


@dataclass(frozen=True, slots=True)
class Param:
    """What `Annotated[type, Param(...)]` says of a command's parameter.

    Attributes:
        help: one line.
        complete: the name of a completer (`session`, `deleted session`, `model`, `file`, `command`), the words
            themselves, or a completer of the plugin's own.
    """

    help: str = ""
    complete: str | tuple[str, ...] | Completer = ()


async def _nowhere(session_id: int) -> None:
    """Show no session: nobody looks at one."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """The circumstances of a command's call.

    Attributes:
        session_id: the session that it is about, None before there is one.
        host: what surfaces and commands can ask of HFS.
        progress: tell the person what is going on: a text, and how much is done, from 0 to 1, if known. A command
            that tells how much is done takes its time: the chat does not wait for it with what is said next.
        model: the model that will answer there, as `provider/model`; "" for the configured one.
        keys: what the surface's keys do, as pairs of a key and a sentence; none in the shell.
        written: the words before the one that is being completed; none where a command runs.
        switch_to: make a session the current one at once; the effect `SwitchTo` does so when the command has ended.
        out: standard output; None in the chat.
    """

    session_id: int | None
    host: Host
    confirm: Callable[[str], Awaitable[bool]]
    progress: Callable[[str, float | None], None]
    model: str = ""
    keys: tuple[tuple[str, str], ...] = ()
    written: tuple[str, ...] = ()
    switch_to: Callable[[int], Awaitable[None]] = _nowhere
    out: TextIO | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A key on a row of a picker or on a notice, and the command line that it runs.

    Attributes:
        confirm: the key must be pressed twice.
    """

    key: str
    label: str
    command: str
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence to the person.

    Attributes:
        actions: what can be done about it, such as to undo what it tells of; offered for a while.
    """

    text: str
    level: Literal["info", "warning", "error"] = "info"
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        key: under which rows and `--json` hold it.
        title: its heading; "" keeps it out of the drawn table and only in `--json`.
        kind: how its values are shown; `time` values are ISO 8601 and shown in local time.
    """

    key: str
    title: str = ""
    kind: Literal["text", "number", "time"] = "text"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: JSON values by column key; what a picker shows of it and can do with it.

    Attributes:
        shown: texts that are drawn instead of values, by column key; `--json` holds the values.
        preview: Markdown about the row, or what fetches it once it is looked at.
        actions: the one of the key `enter` chooses the row and closes the picker.
        children: rows that belong under it, and that a picker folds away.
        is_current: it is what is in use now: it is marked, and a picker begins there.
    """

    values: Mapping[str, JSON]
    shown: Mapping[str, str] = field(default_factory=dict)
    preview: str | Callable[[], Awaitable[str]] = ""
    actions: tuple[Action, ...] = ()
    children: tuple[Row, ...] = ()
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; `empty` is said where there is none.

    Where rows have actions, a surface that can lets the person choose one.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    title: str = ""
    hint: str = ""
    empty: str = ""

    def walk(self) -> Iterator[tuple[int, Row]]:
        """Go through all rows, children after their own, each with how deep it lies."""
        waiting = [(0, row) for row in reversed(self.rows)]
        while waiting:
            depth, row = waiting.pop()
            yield depth, row
            waiting.extend((depth + 1, child) for child in reversed(row.children))


@dataclass(frozen=True, slots=True)
class Document:
    """A longer text."""

    text: str
    format: Literal["markdown", "text", "json"] = "markdown"


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a timeline.

    Attributes:
        number: what it is called by.
        position: how many messages lie before it.
        label: what happened there, in few words: they are drawn one below the other.
        marks: further words below them, such as `pinned`.
        details: what happened there, at length; the label where empty.
        moment: when, aware.
        preview: Markdown about what was said there, or what fetches it once it is looked at.
        values: what `--json` holds of it; number, position, label and moment where empty.
        actions: further keys on it; `enter` is the timeline's own.
    """

    number: int
    position: int
    label: str
    marks: tuple[str, ...] = ()
    details: str = ""
    moment: datetime | None = None
    preview: str | Callable[[], Awaitable[str]] = ""
    values: Mapping[str, JSON] = field(default_factory=dict)
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """Points in time, by position; a surface that can lets the person move along them.

    Attributes:
        on_select: the command line that choosing a point runs, `{number}` in it replaced; "" where none can be.
        select: what choosing one is called, such as `Rewind`.
        empty: what is said where there is no point.
    """

    points: tuple[Point, ...]
    title: str = ""
    hint: str = ""
    on_select: str = ""
    select: str = "Select"
    empty: str = ""


@dataclass(frozen=True, slots=True)
class SwitchTo:
    """Effect: make a session the current one."""

    session_id: int | None


@dataclass(frozen=True, slots=True)
class Send:
    """Effect: send a message."""

    text: str


@dataclass(frozen=True, slots=True)
class Copy:
    """Effect: put a text on the clipboard."""

    text: str


@dataclass(frozen=True, slots=True)
class Quit:
    """Effect: end HFS."""


@dataclass(frozen=True, slots=True)
class UseModel:
    """Effect: let this model, `provider/model`, answer from the next message on."""

    model: str


@dataclass(frozen=True, slots=True)
class Decide:
    """Effect: let the person decide about a plugin; nothing but their answer lets one run that did not.

    Attributes:
        what: `ask` the question whether a plugin in a folder may run, `untrust` it, or give one that was put off
            another try: `revive`.
    """

    plugin: str
    what: Literal["ask", "untrust", "revive"] = "ask"


Part = Notice | Table | Timeline | Document
Effect = SwitchTo | Send | Copy | UseModel | Decide | Quit


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command answers: data, which the surface renders, and effects, which it carries out."""

    parts: tuple[Part, ...] = ()
    effects: tuple[Effect, ...] = ()
    ok: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """A command, declared once for `/name`, `hfs name` and the palette.

    Attributes:
        handler: `async def handler(invocation, ...)`; its annotated parameters are the command's: positional
            ones are arguments, keyword-only ones are `--options`, `*words` takes the rest of the line.
            Types are str, int, float, bool, `Literal[...]`, any of them `| None`, and `Annotated` with `Param`.
        key: a key of the terminal interface that runs it without arguments, such as `ctrl+n`; one that HFS uses
            itself is not given away. Where the manifest lists the command with its key, it works from the start.
            `escape escape` means Esc twice on an empty prompt.
        surfaces: where it makes sense.
        plugin: whose it is; HFS says so, whatever stands here.
    """

    name: str
    summary: str
    handler: Callable[..., Awaitable[CommandResult]]
    key: str | None = None
    surfaces: tuple[Literal["chat", "shell"], ...] = ("chat", "shell")
    plugin: str = ""
