"""Shows what happens: takes the events of the bus to the transcript and the status line."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from hfs_core import api
from hfs_core.tui.conversation import sentence
from hfs_core.tui.results import notice

if TYPE_CHECKING:
    from hfs_core.api import HfsEvent, Subscription
    from hfs_core.tui.banner import Banner
    from hfs_core.tui.conversation import Conversation

log = logging.getLogger("hfs.tui")


class Listener:
    """Hears of everything in order, in one task."""

    def __init__(self, conversation: Conversation, banner: Banner):
        self._conversation = conversation
        self._transcript = conversation.views.transcript
        self._toasts = conversation.views.toasts
        self._banner = banner
        self._marked_runs: set[str] = set()

    async def listen(self, events: Subscription) -> None:
        """Show events until the subscription ends."""
        async for event in events:
            try:
                await self._hear(event)
            except Exception as error:  # one event that cannot be shown must not silence the others
                log.exception("%s", event.event_type)
                await self._tell(f"{event.event_type} could not be shown: {sentence(error)}")

    async def _hear(self, event: HfsEvent) -> None:
        if event.session_id is None:
            await self._hear_of_all(event)
            return
        session_id = await self._named(event.session_id)
        if isinstance(event, api.SessionCreated):
            self._conversation.adopt(session_id, event.name, event.run_id)
        is_shown = session_id == self._conversation.session_id
        if isinstance(event, api.MessageDelta):
            self._conversation.live.setdefault(session_id, []).append(event.text)
            if is_shown:
                await self._transcript.hear(event.text)
        elif isinstance(event, api.MessageAdded):
            await self._message_added(event, session_id, is_shown)
        elif isinstance(event, api.RunStarted):
            self._conversation.run_started(session_id, event.run_id)
        elif isinstance(event, api.RunEnded):
            await self._run_ended(event, session_id, is_shown)
        elif isinstance(event, api.SessionRenamed) and is_shown:
            self._conversation.name = event.name
            self._conversation.show_status()
        elif isinstance(event, api.ErrorOccurred):
            await self._error_occurred(event, is_shown)

    async def _hear_of_all(self, event: HfsEvent) -> None:
        if isinstance(event, api.StoreStateChanged):
            self._banner.tell(event.saved, event.reason)
            if event.saved and event.reason:
                await self._tell(event.reason)
        elif isinstance(event, api.ErrorOccurred):
            self._toasts.fail(event.source, self._with_more(event.source, event.text))
        elif isinstance(event, api.PluginReloaded):
            await self._plugin_reloaded(event)
        elif isinstance(event, api.PluginStateChanged):
            self._plugin_changed(event)

    async def _named(self, session_id: int) -> int:
        """Return the id by which the conversation knows a session.

        One that was made while the store could not write has a negative id here, for good; its events go over to
        another id once it is kept.
        """
        conversation = self._conversation
        if session_id > 0 and session_id not in conversation.aliases:
            for known in conversation.unsaved_ids:
                with suppress(
                    api.StoreError
                ):  # then it cannot be the one: that could be read when it was kept
                    if (await conversation.host.store.session(known)).id == session_id:
                        conversation.aliases[session_id] = known
        return conversation.aliases.get(session_id, session_id)

    async def _message_added(self, event: api.MessageAdded, session_id: int, is_shown: bool) -> None:
        if event.message.role == api.Role.ASSISTANT:
            self._conversation.live.pop(session_id, None)
        if is_shown:
            await self._transcript.add(event.message)
            if event.run_id and event.message.metadata.get("error"):
                self._marked_runs.add(event.run_id)
            self._conversation.show_status()

    async def _run_ended(self, event: api.RunEnded, session_id: int, is_shown: bool) -> None:
        if is_shown:
            await self._transcript.forget_open()
        self._conversation.run_ended(session_id, event.run_id)

    async def _error_occurred(self, event: api.ErrorOccurred, is_shown: bool) -> None:
        if event.run_id in self._marked_runs:
            self._marked_runs.discard(event.run_id)  # the failed reply says so itself
        elif is_shown:
            await self._transcript.note(notice(event.text, "error"))

    async def _plugin_reloaded(self, event: api.PluginReloaded) -> None:
        """Say that a plugin is another one now; what is wrong with it stays to be read."""
        if event.error:
            await self._transcript.note(notice(event.error, "error"))
        else:
            self._conversation.views.status.hint(f"{event.plugin} reloaded in {event.duration_ms:.0f} ms")

    def _plugin_changed(self, event: api.PluginStateChanged) -> None:
        states = api.PluginState
        # That one is untrusted is what the person said, or what a line above the composer tells.
        if event.state not in (states.FOUND, states.ACTIVE, states.FAILING, states.UNTRUSTED):
            # A failure that changes a plugin's state comes as two events with one text: it is told once.
            text = event.reason or f"plugin {event.plugin} is {event.state}"
            self._toasts.fail(event.plugin, self._with_more(event.plugin, text), "warning")

    def _with_more(self, plugin: str, text: str) -> str:
        """Return what is said of a plugin, and which command says more, if there is that command."""
        host = self._conversation.host
        has_more = plugin in host.plugins.entries and any(
            command.name == "plugins" for command in host.commands.names()
        )
        return f"{text}\n/plugins {plugin} says more" if has_more else text

    async def _tell(self, text: str) -> None:
        await self._transcript.note(notice(text, "warning"))
