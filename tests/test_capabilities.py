"""Each capability opens its hooks and its calls, and nothing else does; without it the rest of a plugin works."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any
from uuid import uuid4

import pytest

from hfs_core.api import (
    CAPABILITIES,
    STORE,
    CapabilityDenied,
    Command,
    CommandResult,
    Create,
    Host,
    Invocation,
    NotFound,
    Paths,
    PluginFailed,
    PluginState,
    Put,
    RunSnapshot,
    Service,
    StoreFactory,
    WidgetSpec,
    hookimpl,
)
from hfs_core.builtin.memory_store import memory_store
from hfs_core.hookspecs import HOOKS
from hfs_core.kernel import Kernel
from hfs_core.plugins.capabilities import CALLS
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.views import OPEN, SHUT
from hfs_core.testing import ScriptedModel, in_process

from .conftest import StartKernel, models_plugin

WORDS: Service[str] = Service("test.words")


@dataclass
class Scene:
    """What HFS hands to a plugin: the context, and the host that its commands get."""

    context: Any
    host: Host
    session: int = 0

    @property
    def invocation(self) -> Invocation:
        return asking(self.host)


def asking(host: Host) -> Invocation:
    async def no(question: str) -> bool:
        return False

    return Invocation(None, host, no, lambda text, share: None)


async def other(invocation: Invocation) -> CommandResult:
    """A command of another plugin."""
    return CommandResult()


OTHER = Command("other", "Other", other)


class Stored:
    @hookimpl
    def provide_store(self) -> StoreFactory:
        return memory_store


class Other:
    @hookimpl
    def provide_commands(self) -> list[Command]:
        return [OTHER]


@asynccontextmanager
async def on_stage(start_kernel: StartKernel, granted: Iterable[str]) -> AsyncIterator[Scene]:
    """A plugin that was granted this, in a running HFS with one session and another plugin."""
    contexts = []

    class Probe:
        @hookimpl
        def activate(self, context: Any) -> None:
            contexts.append(context)

    plugins = (
        in_process("probe", Probe, capabilities=tuple(granted), services=(WORDS.name,)),
        in_process("other", Other, commands=(("other", "Other"),)),
        in_process("sqlite_store", Stored),
    )
    async with start_kernel(*plugins, model=ScriptedModel("ok")) as host:
        await host.commands.provided("probe")  # loads it
        await host.commands.get("other")
        yield Scene(contexts[0], host.commands.seen("probe", asking(host)).host)


async def new_session(scene: Scene) -> None:
    """Let the next call have a session of its own."""
    real = scene.host._real  # type: ignore[attr-defined] # what the plugin cannot do, the test must
    (made,) = await real.store.apply(Create(uuid4().hex, "new"))
    scene.session = made.id


CALLED: dict[str, Callable[[Scene], Any]] = {
    "context.records.get": lambda scene: scene.context.records.get("k"),
    "context.records.list": lambda scene: scene.context.records.list(),
    "context.records.blob": lambda scene: scene.context.records.blob("0" * 64),
    "context.records.apply": lambda scene: scene.context.records.apply(Put("k", 1)),
    "context.services.provide": lambda scene: scene.context.services.provide(WORDS, "words"),
    "context.services.get": lambda scene: scene.context.services.get(STORE),
    "context.services.all": lambda scene: scene.context.services.all(WORDS),
    "store.session": lambda scene: scene.host.store.session(scene.session),
    "store.sessions": lambda scene: scene.host.store.sessions(),
    "store.messages": lambda scene: scene.host.store.messages(scene.session),
    "store.verify": lambda scene: scene.host.store.verify(scene.session, 0),
    "store.diagnose": lambda scene: _diagnose(scene.host.store),
    "store.apply": lambda scene: scene.host.store.apply(Create("another", "another")),
    "store.reply": lambda scene: _entered(scene.host.store.reply(scene.session, expect=0)),
    "store.purge": lambda scene: scene.host.store.purge(scene.session),
    "host.sessions.current": lambda scene: scene.host.sessions.current(),
    "host.sessions.find": lambda scene: scene.host.sessions.find(str(scene.session)),
    "host.sessions.all": lambda scene: anext(aiter(scene.host.sessions.all())),
    "host.sessions.resume": lambda scene: scene.host.sessions.resume(scene.session),
    "host.sessions.rename": lambda scene: scene.host.sessions.rename(scene.session, "plans"),
    "host.sessions.fork": lambda scene: scene.host.sessions.fork(scene.session),
    "host.sessions.delete": lambda scene: scene.host.sessions.delete(scene.session),
    "host.sessions.restore": lambda scene: scene.host.sessions.restore(scene.session),
    "host.sessions.purge": lambda scene: scene.host.sessions.purge(scene.session),
    "host.settings.write": lambda scene: scene.host.settings.write("model", "test/other"),
    "host.settings.unset": lambda scene: scene.host.settings.unset("model"),
    "host.settings.change_names": lambda scene: scene.host.settings.change_names(
        "disabled_plugins", add=["x"]
    ),
    "host.settings.plugins.section_of": lambda scene: scene.host.settings.plugins.section_of("other"),
    "host.settings.plugins.take_up": lambda scene: scene.host.settings.plugins.take_up("other"),
    "host.state.restore": lambda scene: scene.host.state.restore(scene.session, RunSnapshot("run")),
    "host.bus.listen": lambda scene: scene.host.bus.listen(lambda event: None),
    "host.engine.send": lambda scene: scene.host.engine.send("hello"),
    "host.engine.hold": lambda scene: _entered(scene.host.engine.hold(scene.session, "run", lambda: None)),
    "host.engine.interrupt": lambda scene: scene.host.engine.interrupt(scene.session),
    "host.providers.all": lambda scene: scene.host.providers.all(),
    "host.providers.get": lambda scene: scene.host.providers.get("scripted/any"),
    "host.commands.get": lambda scene: scene.host.commands.get("other"),
    "host.commands.provided": lambda scene: scene.host.commands.provided("other"),
    "host.commands.run": lambda scene: scene.host.commands.run("other", scene.invocation),
    "host.commands.call": lambda scene: _called(scene),
    "host.plugins.succeeded": lambda scene: scene.host.plugins.succeeded("other", "on_event"),
    "host.plugins.failed": lambda scene: scene.host.plugins.failed(
        PluginFailed("it failed", plugin="other", hook="on_event")
    ),
    "host.plugins.set_state": lambda scene: scene.host.plugins.set_state("other", PluginState.ACTIVE),
}
"""How each call that needs a capability is made."""


async def _called(scene: Scene) -> CommandResult:
    """Call another plugin's command; it is there, whether the call is let through or not."""
    real = scene.host._real  # type: ignore[attr-defined] # what the plugin cannot do, the test must
    return await scene.host.commands.call(await real.commands.get("other"), {}, scene.invocation)


def _diagnose(store: Any) -> Any:
    return store.diagnose()


async def _entered(manager: Any) -> None:
    async with manager:
        pass


async def made(call: str, scene: Scene) -> None:
    """Make a call to its end."""
    answer = CALLED[call](scene)
    if inspect.isawaitable(answer):
        await answer


def test_every_call_that_needs_a_capability_is_tried() -> None:
    assert CALLED.keys() == CALLS.keys()


WITH_CALLS = [name for name, capability in CAPABILITIES.items() if capability.calls]


@pytest.mark.parametrize("needed", WITH_CALLS)
async def test_calls_are_refused_without_their_capability(start_kernel: StartKernel, needed: str) -> None:
    async with on_stage(start_kernel, CAPABILITIES.keys() - {needed}) as scene:
        await new_session(scene)
        assert not scene.context.has(needed)
        for call in CAPABILITIES[needed].calls:
            with pytest.raises(CapabilityDenied, match=f"^plugin probe was not granted {needed} ") as denied:
                await made(call, scene)
            assert (denied.value.plugin, denied.value.capability) == ("probe", needed), call


@pytest.mark.parametrize("needed", WITH_CALLS)
async def test_calls_need_no_other_capability(start_kernel: StartKernel, needed: str) -> None:
    async with on_stage(start_kernel, {needed}) as scene:
        assert scene.context.has(needed)
        for call in CAPABILITIES[needed].calls:
            await new_session(scene)
            if call == "context.records.blob":
                with pytest.raises(NotFound):  # it came as far as the store
                    await made(call, scene)
            else:
                await made(call, scene)


VIEWED = {
    "host.settings": {"current", "plugins"},
    "host.bus": {"subscribe"},
}
"""What a plugin sees in another way than HFS itself."""


AS_IT_IS = {"paths", "widgets", "load_widgets", "is_saved", "store_name", "grants", "may", "used"}
"""What of the host is open to every plugin."""


async def test_everything_that_a_plugin_can_ask_for_is_decided(start_kernel: StartKernel) -> None:
    """What is new in a part of HFS is either open, or needs a capability, or is shut; and it is said which."""
    async with on_stage(start_kernel, CAPABILITIES) as scene:
        real = scene.host._real  # type: ignore[attr-defined] # to know of all that there is
        parts = {
            field.name
            for field in fields(Host)
            if type(getattr(scene.host, field.name)) is not type(getattr(real, field.name))
        }
        assert {f"host.{name}" for name in parts - {"store"}} | {"host.settings.plugins"} == OPEN.keys()
        assert {field.name for field in fields(Host)} - parts == AS_IT_IS
        for subject in OPEN:
            part = attrgetter(subject.removeprefix("host."))(real)
            there = {name for name in dir(part) if not name.startswith("_")}
            gated = {call.rpartition(".")[2] for call in CALLS if call.rpartition(".")[0] == subject}
            decided = [set(OPEN[subject].split()), gated, set(SHUT.get(subject, "").split())]
            decided.append(VIEWED.get(subject, set()))
            assert there <= set().union(*decided), subject
            assert sum(map(len, decided)) == len(set().union(*decided)), subject
            assert all(hasattr(part, name) for name in set().union(*decided)), subject
            seen = attrgetter(subject.removeprefix("host."))(scene.host)
            assert isinstance(seen, type(part))
            for name in decided[2]:
                with pytest.raises(AttributeError, match=f"{subject}.{name} is not open to plugins"):
                    getattr(seen, name)
            for name in decided[0]:
                assert getattr(seen, name) is not None or getattr(part, name) is None


class All:
    """A plugin that has every hook, and writes down which of them are called."""

    called: set[str]

    @hookimpl
    def activate(self, context: Any) -> None:
        type(self).called = {"activate"}

    @hookimpl
    def deactivate(self, context: Any, reason: str) -> None:
        self.called.add("deactivate")

    @hookimpl
    def on_message(self, message: Any) -> None:
        self.called.add("on_message")

    @hookimpl
    def on_event(self, event: Any) -> None:
        self.called.add("on_event")

    @hookimpl
    def provide_commands(self) -> list[Command]:
        self.called.add("provide_commands")
        return [Command("own", "Own", other, key="ctrl+n")]

    @hookimpl
    def provide_store(self) -> Any:
        self.called.add("provide_store")
        return memory_store

    @hookimpl
    def provide_models(self) -> list[Any]:
        self.called.add("provide_models")
        return [ScriptedModel("ok", name="own")]

    @hookimpl
    def provide_widgets(self) -> list[WidgetSpec]:
        self.called.add("provide_widgets")
        return [WidgetSpec("status", "Own", lambda session_id: "own")]

    @hookimpl
    def before_send(self, request: Any) -> None:
        self.called.add("before_send")

    @hookimpl
    def on_start(self, session_id: int) -> None:
        self.called.add("on_start")

    @hookimpl
    def on_run_complete(self, run_snapshot: Any) -> None:
        self.called.add("on_run_complete")

    @hookimpl
    def on_exit(self) -> None:
        self.called.add("on_exit")


CLOSED = {
    "commands": {"provide_commands"},
    "messages.read": set(),  # who may change messages sees them
    "messages.transform": set(),  # who may read them sees them, too
    "store.read": set(),
    "store.write": set(),
    "store.provide": {"provide_store"},
    "models.provide": {"provide_models"},
    "models.call": set(),
    "services": set(),
    "ui": set(),  # what it draws itself may still be shown
    "ui.raw": set(),
}
"""The hooks that are not called where one capability is missing."""


def everything(granted: Iterable[str], **manifest: Any) -> PluginInfo:
    """The plugin with all hooks, as the manifest of one describes it."""
    return in_process(
        "whole",
        All,
        capabilities=tuple(granted),
        commands=(("own", "Own"),),
        keys=(("own", "ctrl+n"),),
        services=("test.words",),
        **manifest,
    )


async def called(home: Paths, info: PluginInfo) -> tuple[set[str], set[str]]:
    """Let HFS do all that plugins have a part in; which hooks were called, and what of the plugin could be seen."""
    All.called = set()
    environ = {"HFS_MODEL": "test/any"}
    found = [info, models_plugin(ScriptedModel("ok", name="test"))]
    home.root.mkdir(exist_ok=True)
    home.config.write_text("store: whole\n")
    kernel = Kernel(home, found=found, project=home.root, environ=environ)
    async with kernel as host:
        await kernel.load_unlisted()
        await kernel.load_widgets()
        await host.engine.send("hello")
        await host.commands.provided("whole")
        seen = {
            "command": "own" in {each.name for each in host.commands.names()},
            "key": bool(host.commands.wanted_keys()),
            "model": "own" in await host.providers.all(),
            "store": host.store_name == "whole",
            "widget": bool(host.widgets()),
        }
    return All.called, {name for name, is_there in seen.items() if is_there}


def test_every_capability_is_tried() -> None:
    assert CLOSED.keys() == CAPABILITIES.keys()
    assert HOOKS.keys() <= vars(All).keys()


CONTRIBUTED = {
    "commands": {"command", "key"},
    "store.provide": {"store"},
    "models.provide": {"model"},
    "ui": {"widget"},
}
"""What is hidden where one capability is missing."""


@pytest.mark.parametrize("is_listed", [True, False])
@pytest.mark.parametrize("missing", CLOSED)
async def test_without_a_capability_its_hooks_are_closed_and_the_others_open(
    home: Paths, missing: str, is_listed: bool
) -> None:
    """Whether the manifest lists the hooks, or lists nothing so that they are known once it is imported."""
    manifest = {} if is_listed else {"lists": False, "hooks": (), "manifest": "whole/manifest.yaml"}
    info = everything(CAPABILITIES.keys() - {missing}, **manifest)
    if not is_listed:
        info = replace(info, commands=(), keys=(), services=())
    hooks, seen = await called(home, info)
    if not is_listed and missing != "store.provide":
        hooks |= {"provide_store"}  # nobody knows of such a store before it is opened
        seen |= {"store"}
    assert hooks == HOOKS.keys() - CLOSED[missing]
    assert seen == {"command", "key", "model", "store", "widget"} - CONTRIBUTED.get(missing, set())


async def test_with_no_capability_the_life_of_a_plugin_goes_on(home: Paths) -> None:
    hooks, seen = await called(home, everything(()))
    assert hooks == {"activate", "deactivate", "on_event", "on_start", "on_run_complete", "on_exit"}
    assert seen == set()


@pytest.mark.parametrize(
    ("granted", "is_called"),
    [((), False), (("messages.read",), True), (("messages.transform",), True), (("hooks",), True)],
)
async def test_messages_are_seen_by_who_may_read_or_change_them(
    home: Paths, granted: tuple[str, ...], is_called: bool
) -> None:
    hooks, _ = await called(home, everything(granted))
    assert ({"on_message", "before_send"} <= hooks) == is_called


async def test_a_widget_word_is_read_as_its_capability(home: Paths) -> None:
    hooks, seen = await called(home, everything(["widgets"]))
    assert ("provide_widgets" in hooks, seen) == (True, {"widget"})


async def test_who_draws_only_by_itself_shows_no_declared_widget(home: Paths) -> None:
    hooks, seen = await called(home, everything(["ui.raw"]))
    assert ("provide_widgets" in hooks, seen) == (True, set())
