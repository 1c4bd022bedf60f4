"""What a plugin is handed."""

from __future__ import annotations

from asyncio import Task
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hfs_core.contracts.services import Services
from hfs_core.contracts.storing import Records
from hfs_core.events import HfsEvent
from hfs_core.paths import Paths

if TYPE_CHECKING:
    from hfs_core.config import UserConfig

T = TypeVar("T")


class PluginContext(Protocol):
    """What the kernel hands a plugin in `activate`; everything acquired through it is released in reverse."""

    @property
    def name(self) -> str:
        """The plugin's name."""

    @property
    def settings(self) -> Any:
        """The plugin's section of the configuration, as its `Settings` model; a plain dict if it has none."""

    @property
    def config(self) -> UserConfig:
        """HFS' own settings as they are in force now; other plugins' sections are left out."""

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

    def has(self, capability: str) -> bool:
        """Tell whether the plugin was granted a capability, so that it can do without where it was not."""

    async def emit(self, event: HfsEvent) -> None:
        """Tell everybody of an event.

        One about a session that does not say at which position gets the one that the session has now.
        """

    def spawn(self, coroutine: Coroutine[Any, Any, T], name: str = "") -> Task[T]:
        """Run in the background until done or unloaded; a failure is reported under the plugin's name."""

    async def run_blocking(self, function: Callable[..., T], *arguments: object) -> T:
        """Run a blocking function in a thread."""

    def on_unload(self, callback: Callable[[], object]) -> None:
        """Call this, sync or async, when the plugin is unloaded; the last registered first."""


@dataclass(frozen=True, slots=True)
class Reject:
    """The answer of `on_message` that stops a user message; `reason` is told to the person."""

    reason: str
