"""What a plugin was not granted: how it is told, what it still hears and sees, and that the rest of it works."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest

from hfs_core.api import (
    CAPABILITIES,
    MODEL_ENDPOINT,
    STATE,
    STORE,
    CapabilityDenied,
    Command,
    CommandError,
    CommandResult,
    Completion,
    Connection,
    Create,
    Diagnosable,
    Draft,
    EventBus,
    Grants,
    HfsEvent,
    Invocation,
    ModelInfo,
    Param,
    Paths,
    PluginEvent,
    PluginState,
    Reject,
    Request,
    RunEnded,
    RunSnapshot,
    Send,
    ServiceMissing,
    SessionCreated,
    Store,
    StoreFactory,
    WidgetSpec,
    complete,
    hookimpl,
    live_widgets,
)
from hfs_core.builtin.memory_store import MemoryStore, memory_store
from hfs_core.kernel import Kernel
from hfs_core.plugins.gated import gated_store
from hfs_core.plugins.gates import Gate, Gates
from hfs_core.plugins.info import PluginInfo
from hfs_core.testing import ScriptedModel, StoreConformance, in_process

from .conftest import StartKernel
from .test_capabilities import asking

ALL = Grants(frozenset(CAPABILITIES))


class TestGatedStore(StoreConformance):
    """A store behind a gate that lets everything through keeps every law."""

    persistent = False

    def make_factory(self, directory: Path) -> StoreFactory:
        @asynccontextmanager
        async def opened() -> AsyncIterator[Store]:
            async with memory_store() as store:
                yield gated_store(store, Gate(PluginInfo("tested"), ALL))

        return opened


def test_a_gated_store_is_what_the_store_is() -> None:
    class Telling(MemoryStore):
        async def diagnose(self, subject: str = "") -> Sequence[tuple[str, bool]]:
            return [("well", False)]

    gate = Gate(PluginInfo("curious"), ALL)
    assert isinstance(gated_store(MemoryStore(), gate), Store)
    assert not isinstance(gated_store(MemoryStore(), gate), Diagnosable)
    assert isinstance(gated_store(Telling(), gate), Store)
    assert isinstance(gated_store(Telling(), gate), Diagnosable)


class Shouting:
    """Answers every message, and every request, with another one."""

    heard: list[str] = []  # noqa: RUF012 # emptied by each test

    @hookimpl
    def on_message(self, message: Draft) -> Draft:
        self.heard.append(message.content)
        return replace(message, content=message.content.upper())

    @hookimpl
    def before_send(self, request: Request) -> Request:
        self.heard.append(f"asked {len(request.messages)}")
        return replace(request, messages=())


@pytest.mark.parametrize("on_failure", ["skip", "block"])
async def test_who_may_only_read_messages_sees_them_and_changes_none(
    start_kernel: StartKernel, home: Paths, on_failure: str
) -> None:
    """Its answers are ignored: the person denied changes, not the plugin, which must not be blamed for trying."""
    Shouting.heard.clear()
    model = ScriptedModel("hi", "again")
    shouting = in_process("shouting", Shouting, capabilities=("messages.read",), on_failure=on_failure)
    async with start_kernel(shouting, model=model) as host:
        for _ in range(2):
            run = await host.engine.send("hello", session_id=1 if Shouting.heard else None)
        said = [message.content for message in await host.store.messages(run.session.id)]
        entry = host.plugins.entries["shouting"]
        assert (entry.state, entry.reason) == (PluginState.ACTIVE, "")
    assert said == ["hello", "hi", "hello", "again"]
    assert [len(request.messages) for request in model.requests] == [1, 3]
    assert Shouting.heard == ["hello", "asked 1", "hi", "hello", "asked 3", "again"]
    assert (home.logs / "hfs.log").read_text().count("its answers are ignored") == 1


async def test_who_may_only_read_messages_refuses_none_and_blocks_none(start_kernel: StartKernel) -> None:
    class Refusing:
        @hookimpl
        def on_message(self, message: Draft) -> Reject:
            if message.content == "fail":
                raise ValueError("boom")
            return Reject("no")

    refusing = in_process("refusing", Refusing, capabilities=("messages.read",), on_failure="block")
    async with start_kernel(refusing, model=ScriptedModel("hi", "hi")) as host:
        await host.engine.send("hello")
        await host.engine.send("fail")


class Listening:
    """Writes down what it hears, by its hook, by the bus and by its widget."""

    told: list[str] = []  # noqa: RUF012 # emptied by each test
    asked: list[str] = []  # noqa: RUF012

    @hookimpl
    def on_event(self, event: HfsEvent) -> None:
        self.told.append(event.event_type)

    @hookimpl
    def provide_widgets(self) -> list[WidgetSpec]:
        return [WidgetSpec("status", "Ears", lambda session_id: "", self.wants)]

    def wants(self, event: HfsEvent) -> bool:
        self.asked.append(event.event_type)
        return True


@pytest.mark.parametrize("may_read", [True, False])
async def test_what_somebody_said_is_told_to_who_may_read_it(home: Paths, may_read: bool) -> None:
    """Events without words go to everybody, a plugin's own to it; the others to plugins that may read messages."""
    Listening.told.clear()
    Listening.asked.clear()
    granted = ("messages.read", "ui") if may_read else ("ui",)

    class Models:
        @hookimpl
        def provide_models(self) -> list[Any]:
            return [ScriptedModel("hi", name="test")]

    found = [in_process("ears", Listening, capabilities=granted), in_process("models", Models)]
    kernel = Kernel(home, found=found, project=home.root, environ={"HFS_MODEL": "test/any"})
    async with kernel as host:
        await kernel.load_widgets()
        ears, bus = live_widgets(host)[0], host.commands.seen("ears", asking(host)).host.bus
        assert isinstance(bus, EventBus)
        stream = await bus.subscribe("*")
        await host.engine.send("hello")
        own, foreign = PluginEvent(event_type="ears.ring"), PluginEvent(event_type="earsplitting.ring")
        for event in (own, foreign, HfsEvent(event_type="ears.pricked")):
            await host.bus.emit(event)
        await bus.unsubscribe(stream)
        streamed = [event.event_type async for event in stream]
        for event in (SessionCreated(name="hello"), own, foreign, RunEnded()):
            assert await ears.wants(event) == (may_read or event is own or isinstance(event, RunEnded))
    with_words = {"message.added", "message.delta", "session.created", "earsplitting.ring", "ears.pricked"}
    without = {"run.started", "run.ended", "ears.ring"}
    for heard in (Listening.told, streamed):
        assert with_words & set(heard) == (with_words if may_read else set())
        assert without <= set(heard)
    asked = ["session.created", "ears.ring", "earsplitting.ring", "run.ended"]
    assert Listening.asked == (asked if may_read else ["ears.ring", "run.ended"])


async def test_the_services_of_hfs_itself_are_gated_too(start_kernel: StartKernel) -> None:
    """To ask for the store needs `services`; what is done with it then, its own capability."""
    got: list[Any] = []

    class Asking:
        @hookimpl
        async def activate(self, context: Any) -> None:
            got.append(await context.services.get(STORE))
            got.append(await context.services.get(STATE))
            got.extend(await context.services.all(STORE))

    asker = in_process("asker", Asking, capabilities=("services", "store.read"))
    async with start_kernel(asker) as host:
        await host.commands.provided("asker")
        store, state, also = got
        assert await store.sessions() == []
        with pytest.raises(CapabilityDenied, match=r"asker was not granted store\.write"):
            await also.apply(Create("uid", "name"))
        with pytest.raises(CapabilityDenied, match=r"asker was not granted store\.write"):
            await store.records("plugin.other").apply()
        assert state.get_snapshot() is None
        with pytest.raises(CapabilityDenied, match=r"asker was not granted store\.write"):
            state.restore(1, RunSnapshot("run"))


class Endpoint:
    """A model endpoint of a plugin."""

    name = "own"

    async def models(self) -> Sequence[ModelInfo]:
        return []

    async def connect(self, model: str) -> Connection:
        return Connection("http://127.0.0.1:1/v1")


@pytest.mark.parametrize(
    ("granted", "lacking_to_offer", "lacking_to_use"),
    [
        (("services",), "models.provide", "models.call"),
        (("services", "models.provide"), "", "models.call"),
        (("services", "models.call"), "models.provide", ""),
        (("models.call", "models.provide"), "services", "services"),
    ],
)
async def test_endpoints_need_what_models_need(
    start_kernel: StartKernel, granted: tuple[str, ...], lacking_to_offer: str, lacking_to_use: str
) -> None:
    contexts: list[Any] = []

    class Speaking:
        @hookimpl
        def activate(self, context: Any) -> None:
            contexts.append(context)

    offered = (MODEL_ENDPOINT.name,)
    speaking = in_process("speaking", Speaking, capabilities=granted, services=offered)
    async with start_kernel(speaking) as host:
        await host.commands.provided("speaking")
        services = contexts[0].services
        if lacking_to_offer:
            with pytest.raises(CapabilityDenied, match=lacking_to_offer):
                services.provide(MODEL_ENDPOINT, Endpoint())
        else:
            services.provide(MODEL_ENDPOINT, Endpoint())
        for use in (services.all, services.get):
            if lacking_to_use:
                with pytest.raises(CapabilityDenied, match=lacking_to_use):
                    await use(MODEL_ENDPOINT)
            elif use == services.all:
                assert await use(MODEL_ENDPOINT) == []
            else:
                with pytest.raises(ServiceMissing):
                    await use(MODEL_ENDPOINT)


async def test_a_service_that_may_not_be_offered_is_not_looked_for(start_kernel: StartKernel) -> None:
    class Offering:
        @hookimpl
        def activate(self, context: Any) -> None:
            raise AssertionError("it was loaded for a service that it may not offer")

    offers = in_process("offers", Offering, capabilities=("services",), services=(MODEL_ENDPOINT.name,))
    using = in_process("using", type("Using", (), {}), capabilities=("services", "models.call"))
    async with start_kernel(offers, using) as host:
        seen = host.plugins.entries["offers"]
        assert seen.info.services == ()
        assert seen.reason == "has nothing to do without models.provide, which it was not granted"


async def peek(
    invocation: Invocation, word: Annotated[str, Param(complete=(lambda *asked: tried(*asked)))]
) -> CommandResult:
    """Do what the word says."""
    if word == "send":
        return CommandResult(effects=(Send("hello"),))
    await invocation.host.sessions.rename(1, word)
    return CommandResult()


async def tried(invocation: Invocation, word: str) -> Sequence[Completion]:
    """Offer the names of sessions."""
    return [Completion(session.name) for session in await invocation.host.store.sessions()]


class Peeking:
    @hookimpl
    def provide_commands(self) -> list[Command]:
        return [Command("peek", "Peek", peek, plugin="another")]


async def test_commands_and_completers_get_what_their_plugin_was_granted(start_kernel: StartKernel) -> None:
    """Also where a plugin says that the command is another's, and where another plugin runs it."""
    commands = (("peek", "Peek"),)
    peeking = in_process("peeking", Peeking, capabilities=("commands", "store.read"), commands=commands)
    powerful = in_process("powerful", type("Powerful", (), {}))
    async with start_kernel(peeking, powerful) as host:
        await host.store.apply(Create("uid", "first"))
        assert (await host.commands.get("peek")).plugin == "peeking"
        for asker in (asking(host), host.commands.seen("powerful", asking(host))):
            with pytest.raises(CapabilityDenied, match=r"peeking was not granted store\.write"):
                await host.commands.run("peek changed", asker)
            with pytest.raises(CapabilityDenied, match=r"peeking was not granted models\.call"):
                await host.commands.run("peek send", asker)
        found = await complete("peek ", asking(host))
        assert [candidate.text for candidate in found.candidates] == ["first"]
    blind = in_process("peeking", Peeking, capabilities=("commands", "store.write"), commands=commands)
    asker = in_process("asker", type("Asker", (), {}), capabilities=("services",))
    async with start_kernel(blind, asker) as host:
        await host.store.apply(Create("uid", "first"))
        seen = host.commands.seen("asker", asking(host)).host
        for said in (host, seen):  # who asks for a command lends it nothing, and takes nothing from it
            await said.commands.run(f"peek changed-{id(said)}", asking(said))
            assert (await host.store.session(1)).name == f"changed-{id(said)}"
        with pytest.raises(CapabilityDenied, match=r"peeking was not granted store\.read"):
            await complete("peek ", asking(host))


async def test_nobody_borrows_what_another_plugin_may_do(start_kernel: StartKernel) -> None:
    """A command that is made in another plugin's name, and one that is taken out to be called by hand, run nothing."""
    hosts: list[Any] = []

    async def take(invocation: Invocation) -> CommandResult:
        hosts.append(invocation.host)
        return CommandResult()

    commands = (("peek", "Peek"),)
    peeking = in_process("peeking", Peeking, commands=commands)
    asker = in_process("asker", type("Asker", (), {}), capabilities=("services",))
    meek = in_process("meek", type("Meek", (), {}), capabilities=("commands",))
    async with start_kernel(peeking, asker, meek) as host:
        real = await host.commands.get("peek")
        seen = host.commands.seen("asker", asking(host))
        for forged in (Command("take", "Take", take, plugin="peeking"), replace(real, handler=take)):
            with pytest.raises(CommandError, match="no command of plugin peeking"):
                await seen.host.commands.call(forged, {}, seen)
        assert not hosts
        seen = host.commands.seen("meek", asking(host))
        for ask in (seen.host.commands.get, seen.host.commands.provided):
            with pytest.raises(CapabilityDenied, match="meek was not granted services"):
                await ask("peek")


async def test_other_plugins_settings_are_seen_by_who_may_read(home: Paths) -> None:
    home.root.mkdir()
    home.config.write_text("plugins: {one: {key: a}, two: {api_key: b}}\nmodel: test/any\n")
    one = in_process("one", type("One", (), {}), capabilities=("commands",))
    two = in_process("two", type("Two", (), {}), capabilities=("commands", "store.read"))
    async with Kernel(home, found=[one, two], project=home.root, environ={}) as host:
        less, more = (host.commands.seen(name, asking(host)).host.settings for name in ("one", "two"))
        assert less.current.plugins == {"one": {"key": "a"}}
        assert (less.current.model, dict(less.current.sources)) == ("test/any", {})
        assert more.current.plugins == {"one": {"key": "a"}, "two": {"api_key": "b"}}
        assert more.current.sources["model"] == str(home.config)


@pytest.mark.parametrize(
    ("info", "grants", "remedy"),
    [
        (
            PluginInfo("acme", manifest="acme/manifest.yaml"),
            Grants(),
            "`store.write` must stand under `capabilities` in acme/manifest.yaml",
        ),
        (
            PluginInfo("acme", source="directory", manifest="acme/manifest.yaml"),
            Grants(),
            "`store.write` must stand under `capabilities` in acme/manifest.yaml; "
            "then `hfs plugins trust acme --grant store.write` grants it",
        ),
        (
            PluginInfo(
                "acme", source="directory", capabilities=("store.write",), manifest="acme/manifest.yaml"
            ),
            Grants(frozenset({"ui", "commands"}), denied=frozenset({"store.write"})),
            "`hfs plugins trust acme --grant commands,store.write,ui` grants it",
        ),
    ],
)
def test_a_refusal_says_what_to_do(info: PluginInfo, grants: Grants, remedy: str) -> None:
    gates = Gates()
    gates.admit(info, grants)
    with pytest.raises(CapabilityDenied) as denied:
        gates.of("acme").use("store.write")
    words = CAPABILITIES["store.write"].words
    assert str(denied.value) == f"plugin acme was not granted store.write ({words}): {remedy}"


async def test_what_it_cannot_do_without_is_its_reason(start_kernel: StartKernel) -> None:
    """Nothing is loaded for it; one of which something is left is as any other."""

    class Greeting:
        @hookimpl
        def activate(self, context: Any) -> None:
            raise AssertionError("it was loaded for nothing")

        @hookimpl
        def provide_commands(self) -> list[Command]:
            return []

    class Both(Greeting):
        @hookimpl
        def on_exit(self) -> None:
            """Hear of the end."""

    commands = (("greet", "Greet"),)
    idle = in_process("idle", Greeting, capabilities=("store.read",), commands=commands)
    busy = in_process("busy", Both, capabilities=("store.read",), commands=commands)
    async with start_kernel(idle, busy) as host:
        first, second = host.plugins.entries["idle"], host.plugins.entries["busy"]
        assert first.state is PluginState.FOUND
        assert first.reason == "has nothing to do without commands, which it was not granted"
        assert (second.state, second.reason) == (PluginState.FOUND, "")
        assert host.commands.names() == []
        first.info = replace(first.info, hooks=())  # neither is loaded when HFS ends
        second.info = replace(second.info, hooks=())


async def test_what_is_hidden_is_not_called_undeclared(start_kernel: StartKernel) -> None:
    """Code may have all hooks that its manifest lists, also those that it was not granted."""

    class Two:
        @hookimpl
        def provide_commands(self) -> list[Command]:
            return []

        @hookimpl
        def on_start(self, session_id: int) -> None:
            """Hear of it."""

    async with start_kernel(in_process("two", Two, capabilities=("ui",)), model=ScriptedModel("hi")) as host:
        await host.engine.send("hello")
        await host.commands.provided("two")
        entry = host.plugins.entries["two"]
        assert (entry.state, entry.reason) == (PluginState.ACTIVE, "")


def test_unknown_words_are_never_granted() -> None:
    from hfs_core.plugins.capabilities import expanded, listed, unknown

    info = in_process("odd", type("Odd", (), {}), capabilities=("telepathy", "widgets", "hooks", "telepathy"))
    grants = listed(info)
    assert grants.granted == {"ui", "messages.read", "messages.transform"}
    assert grants.unknown == unknown(info.capabilities) == ("telepathy",)
    assert expanded(["telepathy"]) == frozenset()
    gate = Gate(info, grants)
    assert gate.has("hooks")
    assert gate.has("widgets")
    assert not gate.has("telepathy")
    assert not gate.has("")
    assert not Gate(info, Grants(frozenset({"messages.read"}))).has("hooks")


def test_one_without_a_manifest_was_granted_everything() -> None:
    from hfs_core.plugins.capabilities import listed

    assert listed(PluginInfo("bare", module="bare")).granted == CAPABILITIES.keys()
    assert listed(PluginInfo("bare", module="bare", manifest="manifest.yaml")).granted == frozenset()


async def test_what_is_taken_away_while_hfs_runs_is_gone_at_once(home: Paths) -> None:
    contexts: list[Any] = []

    class Holding:
        @hookimpl
        def activate(self, context: Any) -> None:
            contexts.append(context)

    holding = in_process("holding", Holding)
    gates = Gates()
    gates.admit(holding, ALL)
    gate = gates.of("holding")
    store = gated_store(MemoryStore(), gate)
    assert await store.sessions() == []
    gates.admit(holding, Grants())
    with pytest.raises(CapabilityDenied):
        store.sessions()  # type: ignore[unused-coroutine] # it is refused before there is one
    assert not gates.may("holding", "store.read")
    assert not gates.may("nobody", "store.read")
