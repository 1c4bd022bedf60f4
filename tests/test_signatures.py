"""What is wrong with a plugin's hooks is said when it is loaded: what, where, and what was likely meant."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from hfs_core.plugins.discovery import PluginInfo
from hfs_core.plugins.signatures import PARAMETERS, faults_of

FaultsOf = Callable[..., list[str]]

IMPORTS = """
from contextlib import asynccontextmanager
from functools import lru_cache, wraps
from hfs_core.api import hookimpl
"""
LINE = IMPORTS.count("\n") + 1
"""Where a source of these tests begins."""


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaultsOf:
    """Say what is wrong with a plugin of this source, whose manifest lists these hooks, all by default."""

    def find(
        source: str, *, attribute: str = "", hooks: tuple[str, ...] | None = None, **more: Any
    ) -> list[str]:
        package = tmp_path / "weather"
        package.mkdir(exist_ok=True)
        (package / "__init__.py").write_text("")
        (package / "plugin.py").write_text(IMPORTS + dedent(source))
        monkeypatch.syspath_prepend(tmp_path)
        for name in ("weather", "weather.plugin"):
            monkeypatch.setitem(sys.modules, name, ModuleType(name))  # and gone again when the test is over
            del sys.modules[name]
        module = import_module("weather.plugin")
        plugin = getattr(module, attribute) if attribute else module
        listed = tuple(PARAMETERS) if hooks is None else hooks
        info = PluginInfo(
            "weather",
            module="weather.plugin",
            attribute=attribute,
            manifest=str(package / "manifest.yaml"),
            hooks=listed,
            lists=True,
            **more,
        )
        return faults_of(plugin() if isinstance(plugin, type) else plugin, info)

    return find


ON_FUNCTIONS = [
    ("@hookimpl\ndef on_mesage(message): ...", "there is no hook on_mesage; did you mean on_message?"),
    ("@hookimpl\ndef frobnicate(): ...", "there is no hook frobnicate"),
    (
        "@hookimpl\ndef on_message(msg): ...",
        "on_message has no parameter msg: the hook provides message, session; did you mean message?",
    ),
    (
        "@hookimpl\ndef on_message(message, sesion=None): ...",
        "on_message has no parameter sesion: the hook provides message, session; did you mean session?",
    ),
    ("@hookimpl\ndef on_exit(event): ...", "on_exit has no parameter event: the hook provides nothing"),
    (
        "@hookimpl\nasync def provide_store(): ...",
        "provide_store must not be async: it only declares, and what it returns may wait",
    ),
    (
        "@hookimpl\n@asynccontextmanager\nasync def provide_store():\n    yield 5",
        "provide_store is a context manager: it must return the function that makes one",
    ),
    (
        "@hookimpl\ndef provide_commands():\n    yield 5",
        "provide_commands yields its answer: it must return it, several as a list",
    ),
    (
        "@hookimpl\nasync def on_message(message):\n    yield message",
        "on_message yields its answer: it must return it, several as a list",
    ),
    (
        "def on_message(message): ...",
        "on_message is the name of a hook, but it is not marked: put @hookimpl above it, or give it another name",
    ),
    (
        "@hookimpl\ndef on_message(*, message, session): ...",
        "on_message takes message, session after a '*', where HFS does not look: remove the '*'",
    ),
    (
        "@hookimpl\ndef on_message(message, /): ...",
        "on_message takes parameters by position only, and gets them by name: remove the '/'",
    ),
    (
        "@hookimpl\ndef on_message(*words): ...",
        "on_message takes *words, which stays empty: the hook provides message, session, by name",
    ),
    (
        "@hookimpl\ndef on_message(message, **rest): ...",
        "on_message takes **rest, which stays empty: the hook provides message, session, by name",
    ),
    (
        "@hookimpl\ndef on_message(self, message): ...",
        "on_message takes self, but it is not a method of an object: remove self",
    ),
    (
        "@hookimpl(wrapper=True)\ndef on_message(message):\n    return (yield)",
        "on_message is a wrapper: HFS calls each implementation by itself; remove wrapper=True",
    ),
    (
        "@hookimpl(specname='on_mesage')\ndef fix(message): ...",
        "there is no hook on_mesage; did you mean on_message?",
    ),
]


@pytest.mark.parametrize(("source", "said"), ON_FUNCTIONS)
def test_a_hook_that_cannot_be_called_is_told_with_its_place(
    faults: FaultsOf, source: str, said: str
) -> None:
    assert faults(source) == [f"weather/plugin.py:{LINE}: {said}"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("@hookimpl\n    def on_message(message, session): ...", "on_message is a method and has no self"),
        ("@hookimpl\n    def on_exit(): ...", "on_exit is a method and has no self"),
        ("@hookimpl\n    def on_message(self, msg): ...", "on_message has no parameter msg"),
        ("@hookimpl\n    @classmethod\n    def on_message(cls, msg): ...", "on_message has no parameter msg"),
        ("@hookimpl\n    @staticmethod\n    def on_message(msg): ...", "on_message has no parameter msg"),
        ("def on_event(self, event): ...", "on_event is the name of a hook, but it is not marked"),
    ],
)
def test_a_method_is_told_with_its_place(faults: FaultsOf, source: str, said: str) -> None:
    (fault,) = faults(f"class Weather:\n    {source}", attribute="Weather")
    assert fault.startswith(f"weather/plugin.py:{LINE + 1}: {said}")


def test_what_is_marked_but_no_function_is_told(faults: FaultsOf) -> None:
    said = (
        "on_exit is a _lru_cache_wrapper, which HFS cannot call as a hook: make it a plain function or method"
    )
    assert faults("@hookimpl\n@lru_cache\ndef on_exit(): ...") == [f"weather/plugin.py:{LINE}: {said}"]


def test_a_class_that_nobody_makes_an_object_of_is_told(faults: FaultsOf) -> None:
    source = "class Weather:\n    @hookimpl\n    def on_exit(self): ..."
    said = (
        "the hooks are in the class Weather, which nobody makes an object of: name it in the entry point, as "
    )
    assert faults(source) == [f"weather/plugin.py:{LINE + 1}: {said}plugin:Weather"]


def test_an_entry_point_that_names_no_plugin_is_told(faults: FaultsOf) -> None:
    (fault,) = faults("class Weather: ...\ndef make(): return Weather()", attribute="make")
    assert fault == "weather.plugin:make is a function: a plugin is a module, a class or an object with hooks"


def test_who_wants_to_be_first_says_so_in_the_manifest(faults: FaultsOf) -> None:
    marked = "@hookimpl(tryfirst=True)\ndef on_exit(): ..."
    (fault,) = faults(marked)
    assert fault.endswith("on_exit is marked tryfirst=True: list it in the manifest as `on_exit: first`")
    assert faults(marked, tryfirst=("on_exit",)) == []
    (fault,) = faults("@hookimpl\ndef on_exit(): ...", trylast=("on_exit",))
    assert "lists `on_exit: last`: mark the hook with @hookimpl(trylast=True), too" in fault


def test_a_hook_that_the_manifest_does_not_list_is_told(faults: FaultsOf) -> None:
    source = "@hookimpl\ndef on_message(message): ...\n"
    assert faults(source, hooks=("on_exit",)) == [
        f"weather/plugin.py:{LINE}: its manifest does not list the hook on_message"
    ]
    (fault,) = faults(source, hooks=("on_mesage",))
    assert fault.endswith("does not list the hook on_message; it lists on_mesage, which is no hook")


def test_all_that_is_wrong_is_told_at_once(faults: FaultsOf) -> None:
    assert len(faults("@hookimpl\ndef on_mesage(): ...\n@hookimpl\ndef on_message(msg, *more): ...")) == 3


@pytest.mark.parametrize(
    "source",
    [
        "@hookimpl\ndef on_message(message, session): ...",
        "@hookimpl\nasync def on_message(session): ...",
        "@hookimpl\ndef on_message(): ...",
        "@hookimpl\ndef on_message(message, session=None, limit=5): ...",
        "@hookimpl\nasync def provide_models(): ...",
        "@hookimpl(optionalhook=True)\ndef on_something_of_tomorrow(it): ...",
        "@hookimpl(specname='on_message')\ndef fix(message): ...",
        "def kept(f):\n    @wraps(f)\n    def call(*a, **k): return f(*a, **k)\n    return call\n"
        "@hookimpl\n@kept\ndef on_message(message): ...",
        "from os import path as on_exit\nfrom json import dumps as on_event\n@hookimpl\ndef activate(context): ...",
    ],
)
def test_what_can_be_called_is_left_alone(faults: FaultsOf, source: str) -> None:
    assert faults(source) == []


async def test_a_parameter_with_a_default_is_given_its_value(start_kernel: Any) -> None:
    from hfs_core.api import Draft, hookimpl
    from hfs_core.testing import ScriptedModel, in_process

    given: list[Any] = []

    class Weather:
        @hookimpl
        def on_message(self, message: Draft | None = None, limit: int = 5) -> None:
            given.append((message, limit))

    async with start_kernel(in_process("weather", Weather), model=ScriptedModel("hi")) as host:
        await host.engine.send("hello")
    message, limit = given[0]
    assert message is not None
    assert (message.content, limit) == ("hello", 5)


async def test_a_plugin_whose_hooks_cannot_be_called_is_incompatible(start_kernel: Any) -> None:
    from hfs_core.api import hookimpl
    from hfs_core.testing import ScriptedModel, in_process

    class Weather:
        @hookimpl
        def on_message(self, msg: Any) -> None: ...

    async with start_kernel(in_process("weather", Weather), model=ScriptedModel("hi")) as host:
        await host.engine.send("hello")
        entry = host.plugins.entries["weather"]
    assert entry.state == "incompatible"
    assert f"{Path(__file__)}:" in entry.reason
    assert "did you mean message?" in entry.reason


def test_settings_that_are_no_model_are_told(faults: FaultsOf) -> None:
    source = """
        class Settings:
            greeting = "Hello"

        @hookimpl
        def activate(context): ...
    """
    (fault,) = faults(source)
    assert fault == "its Settings is no pydantic model: `class Settings(pydantic.BaseModel)`"


def test_looking_at_a_plugin_takes_half_a_millisecond() -> None:
    from hfs_commands.plugin import CommandsPlugin

    info = PluginInfo("commands", hooks=tuple(PARAMETERS), lists=True)
    plugin, times = CommandsPlugin(), []
    for _ in range(50):
        started = time.perf_counter()
        assert faults_of(plugin, info) == []
        times.append(time.perf_counter() - started)
    assert min(times) < 0.0005
