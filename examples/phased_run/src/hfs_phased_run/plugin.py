"""The plugin, and its command `/phased`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

from hfs_core.api import (
    Command,
    CommandResult,
    Invocation,
    Notice,
    Param,
    PluginContext,
    Status,
    UsageError,
    hookimpl,
    replace_surrogates,
)
from hfs_phased_run.run import PhasedRun


class PhasedRunPlugin:
    """An author and a critic work on one topic."""

    @hookimpl
    def activate(self, context: PluginContext) -> None:
        """Keep the context: it emits events in this plugin's name, and runs what belongs to it."""
        self._context = context

    @hookimpl
    def provide_commands(self) -> Sequence[Command]:
        """Declare the command; name and summary are those of the manifest."""
        return [Command("phased", "Let an author and a critic work on a topic", self.phased)]

    async def phased(
        self, invocation: Invocation, *topic: Annotated[str, Param("what they are to work on")]
    ) -> CommandResult:
        """Let an author draft and a critic criticise; both claim the last word, and the one who gets it revises.

        What they say is kept in the current session, or in a new one.
        """
        text = replace_surrogates(" ".join(topic)).strip()
        if not text:
            raise UsageError("say what they are to work on, such as `phased a haiku about tea`")
        run = PhasedRun(self._context, invocation, text)
        # In a task of its own, which nobody cancels: the words that came are kept also when the command is stopped.
        task = asyncio.create_task(run.take(), name="phased_run")
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            run.interrupt()
            await asyncio.wait({task})
            raise
        return _told(run)


def _told(run: PhasedRun) -> CommandResult:
    where = f"what was said is kept in session {run.session_id}"
    if run.status is Status.COMPLETE:
        return CommandResult((Notice(f"The {run.winner} had the last word; {where}."),))
    if run.status is Status.INTERRUPTED:
        return CommandResult((Notice(f"The run was stopped; {where}.", "warning"),), ok=False)
    return CommandResult((Notice(f"The run failed: {run.error}; {where}.", "error"),), ok=False)
