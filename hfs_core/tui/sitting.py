"""One sitting: HFS from the first paint to the farewell."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hfs_core import api
from hfs_core.tui.commands import QUITTING, CommandRunner
from hfs_core.tui.conversation import Conversation, Views, sentence
from hfs_core.tui.garbage import collect_less
from hfs_core.tui.listener import Listener
from hfs_core.tui.results import Level, notice
from hfs_core.tui.text import one_line

if TYPE_CHECKING:
    from hfs_core.api import Host, Session, Subscription
    from hfs_core.tui.banner import Banner
    from hfs_core.tui.frame import Frame
    from hfs_core.tui.keys import Keys
    from hfs_core.tui.opening import Opening, Startable

log = logging.getLogger("hfs.tui")


class Sitting:
    """Starts HFS, passes on what the person sends, and stops it when they leave.

    Attributes:
        farewell: what is printed once the terminal is a plain one again.
        runner: runs commands, once HFS has started.
    """

    def __init__(
        self,
        start: Callable[[], Startable],
        opening: Opening,
        views: Views,
        banner: Banner,
        frame: Frame,
        *,
        confirm: Callable[[str], Awaitable[bool]],
        copy: Callable[[str], None],
        keys: Keys,
    ):
        self.farewell: list[str] = []
        self._start = start
        self._kernel: Startable | None = None
        self._opening = opening
        self._views = views
        self._banner = banner
        self._confirm = confirm
        self._copy = copy
        self._keys = keys
        self._frame = frame
        self._early: list[str] = []
        views.composer.take_back = self._take_back
        self._conversation: Conversation | None = None
        self.runner: CommandRunner | None = None
        self._fault = ""
        self._leaving = asyncio.Event()
        self._resuming = asyncio.Lock()
        self._events: Subscription | None = None
        self._listening: asyncio.Task[None] | None = None
        self._real_id: int | None = None
        self._is_gone = False
        self._background: set[asyncio.Task[None]] = set()

    @property
    def is_leaving(self) -> bool:
        """Tell whether the person has asked to leave."""
        return self._leaving.is_set()

    async def run(self) -> None:
        """Start HFS and keep it until the person leaves; one that does not start leaves the words readable."""
        try:
            self._kernel = kernel = await asyncio.to_thread(self._start)
            async with kernel as host:
                try:
                    await self._open(kernel, host)
                    await self._leaving.wait()
                finally:
                    await self._prepare_to_stop()
            await self._stop_listening()
        except Exception as error:  # noqa: BLE001 # whatever stops HFS is told as a sentence
            if self.is_leaving and self.runner is not None:
                self.farewell.append(f"HFS did not end as it should: {one_line(sentence(error))}")
            else:
                await self._failed(error)
                await self._leaving.wait()
        finally:
            for task in (*self._background, self._listening):
                if task is not None:
                    task.cancel()
            self._say_farewell()

    def leave(self) -> None:
        """End the sitting; replies under way are stopped and kept."""
        self._leaving.set()

    def submit(self, text: str) -> None:
        """Take what the person sent: a message, or a command after a slash; a path is a message's first word."""
        if text.strip().removeprefix("/") in QUITTING and text.lstrip().startswith("/"):
            self.leave()
        elif self._conversation is None or self.runner is None:
            self._wait_for_start(text)
        elif _is_command(text):
            self.runner.run(text[1:])
        else:
            self._conversation.waiting.say(text)

    def resume(self, session_id: int) -> None:
        """Go on with a session, after those that were asked for before."""
        self._spawn(self._resume(session_id))

    def interrupt(self) -> bool:
        """Stop the reply under way; where there is none, the commands; tell whether there was anything to stop."""
        if self._conversation is not None and self._conversation.is_busy:
            self._conversation.interrupt()
            return True
        return self.runner is not None and self.runner.cancel()

    async def _resume(self, session_id: int) -> None:
        conversation = self._conversation
        if conversation is None:
            return
        async with self._resuming:
            if session_id == conversation.session_id:
                return
            try:
                await conversation.switch(await conversation.host.sessions.resume(session_id))
            except api.HfsError as error:
                await self._tell(sentence(error), "error")

    def _wait_for_start(self, text: str) -> None:
        if self._fault:
            self._views.composer.give_back(text)
            self._views.status.progress = "not sent: HFS is not running"
        else:
            self._early.append(text)
            self._views.outbox.tell(self._early)

    def _take_back(self) -> str | None:
        """Return the last message that waits; None where none does."""
        if self._conversation is not None:
            return self._conversation.waiting.take_back()
        text = self._early.pop() if self._early else None
        self._views.outbox.tell(self._early)
        return text

    async def _open(self, kernel: Startable, host: Host) -> None:
        conversation = Conversation(host, self._views, self._opening.model)
        self._conversation = conversation
        self._events = await host.bus.subscribe()
        listener = Listener(conversation, self._banner)
        self._listening = asyncio.create_task(listener.listen(self._events), name="hfs:tui:events")
        self._banner.tell(*host.is_saved())
        await self._frame.open(conversation)
        if self._opening.notice:
            await self._tell(self._opening.notice, "info")
        for fault in kernel.faults:
            await self._tell(str(fault), "warning")
        for news in await asyncio.to_thread(kernel.news):
            await self._tell(news, "info")
        has_opened = await self._open_session(conversation)
        self.runner = runner = CommandRunner(
            conversation,
            confirm=self._confirm,
            copy=self._copy,
            leave=self.leave,
            keys=self._keys,
            decide=self._frame.decide,
        )
        runner.bind_keys()
        self._prepare_composer(host, runner)
        early, self._early = self._early, []
        conversation.show_status()
        if has_opened:
            for text in early:
                self.submit(text)
        elif early:
            self._views.composer.give_back("\n\n".join(early))
        self._spawn(self._warm_up(kernel))

    def _prepare_composer(self, host: Host, runner: CommandRunner) -> None:
        composer = self._views.composer
        composer.use_history(host.paths.state / "history.jsonl")
        composer.use_completer(runner.complete)

    async def _open_session(self, conversation: Conversation) -> bool:
        """Show the session that was asked for; False if it cannot be."""
        try:
            session = await self._chosen(conversation.host)
            if session is not None:
                await conversation.switch(session)
        except api.HfsError as error:
            await self._tell(sentence(error), "error")
            return False
        return True

    async def _chosen(self, host: Host) -> Session | None:
        opening = self._opening
        if not opening.continue_latest and opening.resume is None:
            return None
        if not host.store_name and not host.is_saved()[0]:
            raise api.CommandError(f"there are no sessions to continue: {host.is_saved()[1]}")
        if opening.resume is not None:
            return await host.sessions.resume((await host.sessions.find(opening.resume)).id)
        current = await host.sessions.current()
        if current is None:
            await self._tell("there is no session to continue: this is a new one", "info")
            return None
        return await host.sessions.resume(current.id)

    async def _failed(self, error: Exception) -> None:
        self._conversation = None
        self._fault = sentence(error)
        self._views.status.activity = "not running"
        await self._tell(
            f"HFS could not start: {self._fault}\n`hfs doctor` says more; Ctrl+D on an empty composer quits.",
            "error",
        )
        if self._early:
            self._views.composer.give_back("\n\n".join(self._early))
            self._early = []
            self._views.outbox.tell([])

    async def _tell(self, text: str, level: Level) -> None:
        await self._views.transcript.note(notice(text, level))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._logged(work), name="hfs:tui:background")
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _logged(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what nobody waits for; how it fails is in the log."""
        try:
            await work
        except Exception:  # the chat goes on without it
            log.exception("something in the background failed")

    async def _warm_up(self, kernel: Startable) -> None:
        """Import what the first reply needs, before it is needed."""
        await asyncio.to_thread(import_module, "hfs_core.tui.prose")
        collect_less()
        with suppress(api.HfsError):  # what fails in it is told by the plugin's state
            await kernel.load_unlisted()
            await kernel.load_widgets()
        if self.runner is not None:
            self.runner.bind_keys()  # also those of plugins whose manifest lists nothing
            await self._frame.show_decisions(self.runner.bind_keys)
        await self._frame.place_widgets()

    async def _prepare_to_stop(self) -> None:
        """Send nothing more, and ask for the id under which the session is kept.

        One that was made while the store could not write got another id when it could.
        """
        self._views.status.activity = "closing"
        await self._frame.close()
        conversation = self._conversation
        if self.runner is not None:
            await self.runner.stop()
        if conversation is not None:
            conversation.waiting.is_closed = True
            if conversation.session_id is not None:
                await self._look_up(conversation.host, conversation.session_id)

    async def _look_up(self, host: Host, session_id: int) -> None:
        """Take note of the id under which a session is kept, or that it is not there to be resumed."""
        try:
            session = await host.store.session(session_id)
        except api.NotFound:
            self._is_gone = True
        except api.HfsError:
            return  # then the id that it goes by is the best there is
        else:
            self._real_id, self._is_gone = session.id, session.deleted_at is not None

    async def _stop_listening(self) -> None:
        if self._events is not None and self._listening is not None and self._conversation is not None:
            await self._conversation.host.bus.unsubscribe(self._events)
            await self._listening

    def _say_farewell(self) -> None:
        conversation = self._conversation
        if conversation is not None:
            is_saved, reason = conversation.host.is_saved()
            lost = list(self._kernel.lost) if self._kernel else []
            if conversation.session_id is not None and not self._is_gone:
                session_id = self._real_id or conversation.session_id
                if conversation.host.store_name and (session_id > 0 or is_saved):
                    how = f"-r {session_id}" if session_id > 0 else "-c"
                    self.farewell.append(f"Resume with: hfs {how}")
                if not is_saved and not lost:
                    lost = [conversation.name]
            why = f": {one_line(reason)}" if reason else ""
            self.farewell.extend(f"Not saved: {one_line(name)}{why}" for name in lost)
        unsent = [
            *self._early,
            *(conversation.waiting.texts if conversation else ()),
            self._views.composer.written,
        ]
        self.farewell.extend(f"Not sent: {one_line(text)}" for text in unsent if text.strip())


def _is_command(text: str) -> bool:
    first, *_ = text[1:].split(maxsplit=1) or [""]
    return text.startswith("/") and "/" not in first
