"""The borders between rooms, and between plugins: store, models, commands, widgets and services.

A docstring here is law, and `hfs_core.testing` repeats it as conformance tests.
"""

from __future__ import annotations

from asyncio import Task
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar, runtime_checkable

from hfs_core.events import HfsEvent
from hfs_core.models import JSON, Delta, Draft, Message, ModelInfo, Record, Request, Session
from hfs_core.paths import Paths

if TYPE_CHECKING:
    from hfs_core.host import Host

T = TypeVar("T")

Ref = int | str
"""A session by its id, or by its uid, which the caller chooses: so one `apply` can make a session and use it."""


# --- what a store is asked to do -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Create:
    """Make an empty session. Outcome: `Session`; `Conflict` if the uid is taken."""

    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class Fork:
    """Make a session that shares messages `[0:at]` of `parent`: one row, nothing copied. Outcome: `Session`.

    `NotFound` if the parent has fewer than `at` messages.
    """

    uid: str
    name: str
    parent: Ref
    at: int


@dataclass(frozen=True, slots=True)
class Append:
    """Add a finished message. Outcome: `Message`.

    `expect` is the position that it must get; `Conflict` if the session has another number of messages, or if
    an open reply holds the position.
    """

    session: Ref
    draft: Draft
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Rename, hide (`deleted=True`) or restore a session. Outcome: `Session`.

    `expect` is the number of messages that it must have, else `Conflict`.
    """

    session: Ref
    name: str | None = None
    deleted: bool | None = None
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """Write a record of the namespace. Outcome: `Record`.

    `expect` is the revision that it must have (0: must not exist), else `Conflict`. `blobs` names, by SHA-256,
    what the record keeps alive; `NotFound` if one is not there. `position` orders the list of records.
    """

    key: str
    value: JSON
    session: Ref | None = None
    position: int = 0
    expect: int | None = None
    blobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a record of the namespace. Outcome: None; `NotFound` if it is not there, `Conflict` on `expect`."""

    key: str
    session: Ref | None = None
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class PutBlob:
    """Keep bytes. Outcome: their SHA-256. A blob that no record names at the end of the `apply` goes again."""

    data: bytes


Operation = Create | Fork | Append | Change | Put | Delete | PutBlob
Outcome = Session | Message | Record | str | None


class ReplyWriter(Protocol):
    """An open reply: it holds its position, so that another writer there gets `Conflict`."""

    @property
    def index(self) -> int:
        """The reply's place in the conversation."""

    async def write(self, text: str) -> None:
        """Keep more of the reply; durable on return."""

    async def finish(self, draft: Draft) -> Message:
        """Make `draft` the reply, whatever was written before. One transaction."""

    async def abandon(self, status: str) -> Message | None:
        """Keep the words that came, marked `failed` or `interrupted`; None, and no message, if none came."""


class Records(Protocol):
    """The JSON documents of one namespace."""

    async def get(self, key: str, *, session: Ref | None = None) -> Record | None:
        """Return a record, None if there is none."""

    async def list(self, *, session: Ref | None = None, inherited: bool = False) -> Sequence[Record]:
        """Return the records of a session (of none: the namespace's own), by position, then as they were made.

        With `inherited` also the ancestors' records whose position is at or below the fork point.
        """

    async def apply(self, *operations: Operation) -> Sequence[Outcome]:
        """Do `Store.apply` in this namespace."""

    async def blob(self, sha256: str) -> bytes:
        """Return a blob; raises NotFound."""


@runtime_checkable
class Store(Protocol):
    """Keeps sessions, messages, records and blobs. Frozen values in, frozen values out.

    A method is one transaction; an acknowledged write survives `kill -9` and power loss. Lone surrogates are
    refused (ValueError), NUL and U+2028 are kept. Metadata and record values are JSON with string keys, no NaN.
    """

    async def session(self, ref: Ref) -> Session:
        """Return a session, hidden or not; raises NotFound."""

    async def sessions(
        self, *, limit: int = 20, before: Session | None = None, deleted: bool = False
    ) -> Sequence[Session]:
        """Return sessions, the last active first (ties: the newest first); with `deleted` the hidden ones too.

        `before` continues a listing after that session. Touches `limit` rows, not all.
        """

    async def messages(self, ref: Ref, start: int = 0, stop: int | None = None) -> Sequence[Message]:
        """Return messages `[start:stop]` of the whole conversation, ancestors' included; raises NotFound."""

    async def apply(self, *operations: Operation, namespace: str = "") -> Sequence[Outcome]:
        """Do all operations or none, in one transaction; one outcome each.

        Raises:
            Conflict: an `expect` did not hold, or a uid is taken.
            NotFound: a session, record or blob is not there.
            StoreUnavailable: it cannot be written now.
        """

    def reply(self, ref: Ref, *, expect: int) -> AbstractAsyncContextManager[ReplyWriter]:
        """Open a reply at position `expect`; leaving without finishing keeps its words as interrupted.

        Raises Conflict on entry. A reply whose process died is finished as interrupted by whoever meets it.
        """

    def records(self, namespace: str) -> Records:
        """Return the records of one namespace."""

    async def verify(self, ref: Ref, at: int) -> int | None:
        """Return the index of the first message below `at` that is missing or whose digest does not hold.

        None if all hold.
        """

    async def purge(self, ref: Ref) -> int:
        """Remove a session for good and return the bytes freed; what living children share stays.

        The records of the session go; the session itself is gone for `session` and `sessions`, and its uid is
        free again. `Conflict` while a reply is open in it.
        """


StoreFactory = Callable[[], AbstractAsyncContextManager[Store]]
"""What `provide_store` returns: opens the store on entry and closes it on exit.

Entering raises StoreUnusable (corrupt, newer) or StoreUnavailable.
"""


# --- models ----------------------------------------------------------------------------------------------


class ModelProvider(Protocol):
    """Gives models; a model is named `provider/model`."""

    @property
    def name(self) -> str:
        """The word before the slash."""

    async def models(self) -> Sequence[ModelInfo]:
        """Return what is on offer now; raises ModelError. An unlisted name may still be asked for."""

    def stream(self, request: Request) -> AbstractAsyncContextManager[AsyncIterator[Delta]]:
        """Ask; the stream ends with `Finished`. Leaving the context cancels the request at the server.

        Raises ModelError, before or within the stream; never retries after the first delta.
        """


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach an OpenAI-compatible server that runs now.

    Attributes:
        base_url: up to and including `/v1`.
        socket: the unix socket to connect to instead of the URL's host.
        api_key: sent as a bearer token.
    """

    base_url: str
    socket: Path | None = None
    api_key: str | None = field(default=None, repr=False)


class ModelEndpoint(Protocol):
    """An OpenAI-compatible endpoint that a plugin runs or knows, offered to whoever speaks the dialect."""

    @property
    def name(self) -> str:
        """The provider name that its models get."""

    async def models(self) -> Sequence[ModelInfo]:
        """Return what it offers, without starting anything."""

    async def connect(self, model: str) -> Connection:
        """Make the model ready and return how to reach it; raises ModelError."""


@runtime_checkable
class Diagnosable(Protocol):
    """A store or a model provider that can say how it is; `hfs doctor` asks."""

    async def diagnose(self, subject: str = "") -> Sequence[tuple[str, bool]]:
        """Return sentences, each with whether it tells of something wrong; `subject` is a model's name."""


# --- services --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Service(Generic[T]):
    """A typed token by which plugins reach each other's abilities, never by import.

    T is invariant, so that a type checker refuses an incomplete provider.
    """

    name: str
    version: int = 1


STORE: Service[Store] = Service("hfs.store")
MODEL_ENDPOINT: Service[ModelEndpoint] = Service("hfs.model-endpoint")


class Services(Protocol):
    """What one plugin sees of the others' abilities."""

    def provide(self, service: Service[T], provider: T) -> None:
        """Offer an ability until the plugin is unloaded."""

    async def get(self, service: Service[T]) -> T:
        """Return the first provider, loading its plugin if need be; raises ServiceMissing."""

    async def all(self, service: Service[T]) -> Sequence[T]:
        """Return every provider, loading their plugins if need be."""


# --- commands --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Param:
    """What `Annotated[type, Param(...)]` says of a command's parameter.

    Attributes:
        help: one line.
        complete: the name of a completer (`session`, `model`, `file`, `command`), or the words themselves.
    """

    help: str = ""
    complete: str | tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Invocation:
    """The circumstances of a command's call.

    Attributes:
        session_id: the session that it is about, None before there is one.
        host: what surfaces and commands can ask of HFS.
        progress: tell the person what is going on: a text, and how much is done, from 0 to 1, if known.
    """

    session_id: int | None
    host: Host
    confirm: Callable[[str], Awaitable[bool]]
    progress: Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence to the person."""

    text: str
    level: Literal["info", "warning", "error"] = "info"


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
class Action:
    """A key on a row of a picker, and the command line that it runs."""

    key: str
    label: str
    command: str
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: JSON values by column key; what a picker shows of it and can do with it.

    Attributes:
        shown: texts that are drawn instead of values, by column key; `--json` holds the values.
    """

    values: Mapping[str, JSON]
    shown: Mapping[str, str] = field(default_factory=dict)
    preview: str = ""
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; `empty` is said where there is none."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    title: str = ""
    hint: str = ""
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A longer text."""

    text: str
    format: Literal["markdown", "text", "json"] = "markdown"


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a timeline: where (a position), what, and what was said there."""

    number: int
    position: int
    label: str
    preview: str = ""
    values: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Points in time; `on_select` is the command line that choosing one runs, `{number}` in it replaced."""

    points: tuple[Point, ...]
    title: str = ""
    hint: str = ""
    on_select: str = ""


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


Part = Notice | Table | Timeline | Document
Effect = SwitchTo | Send | Copy | Quit


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
        key: a key of the terminal interface that runs it without arguments, such as `ctrl+n`.
        surfaces: where it makes sense.
    """

    name: str
    summary: str
    handler: Callable[..., Awaitable[CommandResult]]
    key: str | None = None
    surfaces: tuple[Literal["chat", "shell"], ...] = ("chat", "shell")


# --- widgets ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WidgetSpec:
    """A declared widget, which the core owns and draws.

    Attributes:
        render: returns the text to show, in Markdown for `sidebar` and `panel`, plain for `status`.
        on_event: told each event; returns True where the widget must be drawn again.
        keys: pairs of a key and the command line that it runs.
    """

    slot: Literal["sidebar", "status", "panel"]
    title: str
    render: Callable[[], str]
    on_event: Callable[..., bool] | None = None
    keys: tuple[tuple[str, str], ...] = ()


# --- hooks' answers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reject:
    """The answer of `on_message` that stops a user message; `reason` is told to the person."""

    reason: str


# --- what a plugin is handed -----------------------------------------------------------------------------


class PluginContext(Protocol):
    """What the kernel hands a plugin in `activate`; everything acquired through it is released in reverse."""

    @property
    def name(self) -> str:
        """The plugin's name."""

    @property
    def settings(self) -> Any:
        """The plugin's section of the configuration, as its `Settings` model; a plain dict if it has none."""

    @property
    def log(self) -> Logger:
        """The plugin's own logger; it writes to a file, never to the screen."""

    @property
    def paths(self) -> Paths:
        """The folders of HFS."""

    @property
    def data_dir(self) -> Path:
        """A folder of the plugin's own, made on first use."""

    @property
    def records(self) -> Records:
        """The plugin's own namespace in the store; the store is opened on first use."""

    @property
    def services(self) -> Services:
        """The other plugins' abilities."""

    async def emit(self, event: HfsEvent) -> None:
        """Tell everybody of an event."""

    def spawn(self, coroutine: Coroutine[Any, Any, T], name: str = "") -> Task[T]:
        """Run in the background until done or unloaded; a failure is reported under the plugin's name."""

    async def run_blocking(self, function: Callable[..., T], *arguments: object) -> T:
        """Run a blocking function in a thread."""

    def on_unload(self, callback: Callable[[], object]) -> None:
        """Call this, sync or async, when the plugin is unloaded; the last registered first."""
