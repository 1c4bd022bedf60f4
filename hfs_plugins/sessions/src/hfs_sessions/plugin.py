"""The plugin: which commands there are."""

from __future__ import annotations

from collections.abc import Sequence

from hfs_core.api import Command, hookimpl
from hfs_sessions.branching import fork, new
from hfs_sessions.listing import list_sessions
from hfs_sessions.renaming import rename
from hfs_sessions.resuming import resume
from hfs_sessions.trash import delete, purge, restore


class SessionsPlugin:
    """Commands for the sessions of HFS; naming and keeping them is the core's."""

    @hookimpl
    def provide_commands(self) -> Sequence[Command]:
        """Declare the commands."""
        return [
            Command("sessions", "List the sessions, the last active first", list_sessions),
            Command("resume", "Go on with a session", resume),
            Command("rename", "Give a session another name", rename),
            Command("new", "Begin a new session", new, surfaces=("chat",)),
            Command("fork", "Go on in a copy of a session that shares what was said", fork),
            Command("delete", "Hide a session; restore brings it back", delete),
            Command("restore", "Bring a deleted session back", restore),
            Command("purge", "Remove a session for good", purge),
        ]
