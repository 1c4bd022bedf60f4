"""What the terminal interface is started with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hfs_core.api import HfsError, Host


@dataclass(frozen=True, slots=True)
class Opening:
    """What the person asked for on the command line, and how the screen looks from its first paint on.

    Attributes:
        continue_latest: go on with the current session.
        resume: the id, name or part of a name of the session to go on with.
        model: `provider/model` for this sitting, the configured one where None.
        sidebar: whether it was shown when they left, None where they never said.
        notice: what is said first, "" for nothing.
    """

    continue_latest: bool = False
    resume: str | None = None
    model: str | None = None
    theme: str = "hfs-dark"
    output_mode: str = "verbose"
    keybinding_mode: str = "standard"
    sidebar: bool | None = None
    notice: str = ""


class Startable(Protocol):
    """An HFS that is not running yet: entering it gives the host, leaving it keeps every word."""

    @property
    def faults(self) -> Sequence[HfsError]:
        """What cannot be used of the settings, and which plugins are off without anybody's wish."""

    @property
    def lost(self) -> Sequence[str]:
        """The names of sessions of which something was not kept, once HFS has ended."""

    def news(self) -> Sequence[str]:
        """Return what is to be told once of plugins that are new here."""

    async def __aenter__(self) -> Host:
        """Start."""

    async def __aexit__(self, *exc_info: object) -> None:
        """Stop."""

    async def load_unlisted(self) -> None:
        """Import the plugins that must be imported to be known."""

    async def load_widgets(self) -> None:
        """Collect the widgets of all plugins."""
