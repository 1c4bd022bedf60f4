"""The plugin: which commands there are."""

from __future__ import annotations

from collections.abc import Sequence

from hfs_core.api import Command, hookimpl
from hfs_sessions.listing import list_sessions
from hfs_sessions.resuming import resume


class SessionsPlugin:
    """Commands for the sessions of HFS; naming and keeping them is the core's."""

    @hookimpl
    def provide_commands(self) -> Sequence[Command]:
        """Declare the commands."""
        return [
            Command("sessions", "List the sessions, the last active first", list_sessions),
            Command("resume", "Go on with a session", resume),
        ]
