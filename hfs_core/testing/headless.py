"""A running HFS without an interface, for the tests of a plugin: nothing installed is in it, only what they load."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, redirect_stderr
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.cli.render import write_result
from hfs_core.config_file import write_setting
from hfs_core.contracts import CommandResult, Effect, Invocation, Send, Store, SwitchTo, UseModel
from hfs_core.errors import PluginError
from hfs_core.events import HfsEvent
from hfs_core.hookspecs import hookimpl
from hfs_core.host import Host
from hfs_core.models import JSON, Message, Run
from hfs_core.paths import Paths
from hfs_core.plugins.capabilities import Grants
from hfs_core.plugins.states import Entry, PluginState
from hfs_core.plugins.trust import Trust
from hfs_core.testing.describing import PluginUnderTest, describe_plugin
from hfs_core.testing.failures import PluginFailures
from hfs_core.testing.plugins import in_process
from hfs_core.testing.scripted_model import Reply, ScriptedModel
from hfs_core.testing.watching import Watched, granted
from hfs_core.widgets import LiveWidget, live_widgets

KIT = "testing"
"""The plugin that gives the model and the store of a test."""


@dataclass(frozen=True, slots=True)
class Answered(CommandResult):
    """What a command answered.

    Attributes:
        text: all that the shell would write of it.
        rows: what `--json` would write of it.
        questions: what it asked the person.
        progress: what it said while it ran.
    """

    text: str = ""
    rows: tuple[JSON, ...] = ()
    questions: tuple[str, ...] = ()
    progress: tuple[str, ...] = ()


class HeadlessHfs:
    """HFS as one person has it, with the plugins that a test loads, a model with a script and a store in memory.

    Loading a plugin starts HFS anew with it, in the same home and with the same sessions: `host` is another object
    then.

    Attributes:
        model: what answers; `model.script("one", "two")` says with what, `model.requests` holds what it was asked.
        session_id: the session that the person is in; None before the first message.
        events: all that happened so far.
        failures: what plugins did wrong and the test did not expect.
    """

    def __init__(self, home: Path, project: Path, on_path: Callable[[str], None]):
        self.paths = Paths(home)
        self.model = ScriptedModel()
        self.session_id: int | None = None
        self.events: list[HfsEvent] = []
        self.failures = PluginFailures()
        self._project = project
        self._on_path = on_path
        self._model_name = f"{self.model.name}/model"
        self._found = [in_process(KIT, _kit_plugin(self.model, MemoryStore()))]
        self._grants: dict[str, Grants] = {}
        self._kernel: Watched | None = None
        self._host: Host | None = None
        self._streams = sys.stdout, sys.stderr
        write_setting(self.paths.config, "store", KIT)

    @property
    def host(self) -> Host:
        """What commands and surfaces can ask of HFS."""
        if self._host is None:
            raise RuntimeError("HFS is not running: leave the app first, or wait until it has started")
        return self._host

    def new_kernel(self) -> Watched:
        """Return an HFS with the plugins that were loaded, not running yet."""
        environ = {"HFS_MODEL": f"{self.model.name}/model"}
        kernel = Watched(self.paths, found=list(self._found), project=self._project, environ=environ)
        kernel.watch(self.failures.add, self.events.append)
        kernel.limit(self._grants)
        return kernel

    async def start(self) -> None:
        """Start, and load the plugins."""
        self._kernel = self.new_kernel()
        self._host = await self._kernel.__aenter__()
        self._streams = sys.stdout, sys.stderr
        for info in self._found:
            await self._kernel.load(info.name)
        await self._kernel.load_unlisted()

    async def stop(self) -> None:
        """End in order: plugins hear of it and are unloaded."""
        self.take_streams()
        kernel, self._kernel, self._host = self._kernel, None, None
        if kernel is not None:
            await kernel.__aexit__(None, None, None)

    def take_streams(self) -> None:
        """Take standard output as HFS has it: pytest takes it away between the phases of a test."""
        if self._host is not None:
            sys.stdout, sys.stderr = self._streams

    async def restart(self) -> None:
        """End and start again, as the next morning; sessions, settings and files are still there."""
        await self.stop()
        await self.start()

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """Let something else run on this home."""
        await self.stop()
        yield
        await self.start()

    async def load_plugin(
        self,
        plugin: PluginUnderTest,
        *,
        settings: Mapping[str, JSON] | None = None,
        grant: Iterable[str] | None = None,
        deny: Iterable[str] = (),
    ) -> Entry:
        """Load a plugin, and return its entry: what is known of it, and its state.

        A store becomes the store in use.

        Args:
            plugin: the folder of its project or of itself, the name of its package, its module, its class.
            settings: what stands under `plugins.<name>` in `config.yaml`.
            grant: the capabilities that it gets, of those that its manifest lists; all of them by default.
            deny: the capabilities that it does not get.

        Raises:
            PluginError: a capability is none, or not listed; or the plugin cannot be used; its own error, if there
                is one, is the cause.
        """
        info = describe_plugin(plugin, self.paths, self._on_path)
        self._grants[info.name] = granted(info, grant, deny)
        if info.source == "directory":
            trust = Trust(self.paths, environ={})
            trust.grant(trust.judge(info), self._grants[info.name].granted)
        self._found = [*(other for other in self._found if other.name != info.name), info]
        if settings is not None:
            write_setting(self.paths.config, f"plugins.{info.name}", dict(settings))
        if "provide_store" in info.hooks:
            write_setting(self.paths.config, "store", info.name)
        await self.restart()
        entry = self.host.plugins.entries[info.name]
        failures = [failure for failure in self.failures if failure.plugin == info.name]
        if failures:
            self.failures.forgive(failures[0])
            raise failures[0]
        if entry.state is not PluginState.ACTIVE:
            raise PluginError(f"plugin {info.name} is {entry.state}: {entry.reason}", plugin=info.name)
        saved, reason = self.host.is_saved()
        if "provide_store" in info.hooks and not saved:
            raise PluginError(f"the store {info.name} is not in use: {reason}", plugin=info.name)
        return entry

    async def run_command(self, line: str, *, confirm: bool = True) -> Answered:
        """Run a command as the person would write it, such as `/wc --words`; its effects are carried out.

        Args:
            confirm: what the person answers to questions.

        Raises:
            UsageError: the line does not fit the command.
            CommandError: there is no such command, or it failed.
        """
        questions: list[str] = []
        progress: list[str] = []

        async def answer(question: str) -> bool:
            questions.append(question)
            return confirm

        invocation = Invocation(
            self.session_id,
            self.host,
            answer,
            lambda text, share: progress.append(text),
            model=self._model_name,
            switch_to=self.switch_to,
            out=io.StringIO(),
        )
        result = await self.host.commands.run(line.removeprefix("/"), invocation)
        await self._carry_out(result.effects)
        await self._heard()
        shown = {field.name: getattr(result, field.name) for field in fields(CommandResult)}
        written = invocation.out.getvalue() if isinstance(invocation.out, io.StringIO) else ""
        rows = tuple(json.loads(_written(result, as_json=True)))
        return Answered(
            **shown,
            text=written + _written(result),
            rows=rows,
            questions=tuple(questions),
            progress=tuple(progress),
        )

    async def say(self, text: str, *replies: Reply) -> Run:
        """Send a message to the session, a new one if there is none, and return its run once plugins heard of it.

        Args:
            replies: what the model answers from now on.

        Raises:
            MessageRejected: a plugin refused it.
        """
        if replies:
            self.model.script(*replies)
        try:
            run = await self.host.engine.send(text, session_id=self.session_id, model=self._model_name)
        finally:
            await self._heard()
        self.session_id = run.session.id
        return run

    async def emit(self, event: HfsEvent) -> None:
        """Tell everybody of an event; plugins have heard of it on return."""
        await self.host.bus.emit(event)
        await self._heard()

    async def messages(self) -> list[Message]:
        """Return all that is kept of the session."""
        return [] if self.session_id is None else list(await self.host.store.messages(self.session_id))

    async def switch_to(self, session_id: int | None) -> None:
        """Go to another session; to None: to a new one, which the next message makes."""
        self.session_id = None if session_id is None else (await self.host.sessions.resume(session_id)).id

    async def go_on(self) -> None:
        """Go to the session that was written to last."""
        current = await self.host.sessions.current()
        self.session_id = None if current is None else current.id

    async def draw(self, title: str) -> str:
        """Return what the widget of that title shows of the session now."""
        assert self._kernel is not None
        await self._kernel.load_widgets()
        drawn = (each for each in live_widgets(self.host) if isinstance(each, LiveWidget))
        widgets = {widget.spec.title: widget for widget in drawn}
        if title not in widgets:
            raise LookupError(f"there is no widget {title!r}: there is {', '.join(widgets) or 'none'}")
        return await widgets[title].draw(self.session_id)

    def happened(self, *types: str) -> list[str]:
        """Return the types of what happened, in order; only of these types, if any are given."""
        return [event.event_type for event in self.events if not types or event.event_type in types]

    async def _heard(self) -> None:
        if self._kernel is not None:
            await self._kernel.told()

    async def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, SwitchTo):
                await self.switch_to(effect.session_id)
            elif isinstance(effect, Send):
                await self.say(effect.text)
            elif isinstance(effect, UseModel):
                self._model_name = effect.model


def _kit_plugin(model: ScriptedModel, store: Store) -> type[Any]:
    class Kit:
        @hookimpl
        def provide_models(self) -> list[ScriptedModel]:
            return [model]

        @hookimpl
        def provide_store(self) -> Callable[[], Any]:
            @asynccontextmanager
            async def opened() -> AsyncIterator[Store]:
                yield store

            return opened

    return Kit


def _written(result: CommandResult, *, as_json: bool = False) -> str:
    """Return what the shell writes, sentences on standard error included unless it is JSON."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stderr(err if as_json else out):
        write_result(result, out, as_json=as_json)
    return out.getvalue()
