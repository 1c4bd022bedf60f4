"""A plugin that is being written: each version is taken up whole, and nothing is left of the one before."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import CommandError, Host, Invocation, Notice, Paths
from hfs_core.cli import developing
from hfs_core.cli.developing import DevKernel
from hfs_core.config_file import write_setting
from hfs_core.plugins.source import find_source
from hfs_core.testing import Answer, OpenAIServer

MODULES = {"hfs_dir_plugins.weather.plugin", "hfs_weather.plugin"}
MANIFEST = """
name: weather
version: 1.0
description: Tells the weather
entry_point: "plugin:Weather"
capabilities: [commands, messages.read, ui, services, store.write]
hooks: [activate, deactivate, on_message, provide_commands, provide_widgets]
contributes: {commands: [{name: weather, summary: Tell the weather}]}
"""
PLUGIN = """
from dataclasses import dataclass
from hfs_core.api import Command, CommandResult, Notice, WidgetSpec, hookimpl
from .words import SKY

@dataclass
class Cloud:
    name: str

class Weather:
    @hookimpl
    def activate(self, context):
        self.log = context.log
        context.spawn(self.forever())
        context.on_unload(lambda: self.log.info("unloaded"))
    @hookimpl
    def deactivate(self, context, reason): ...
    @hookimpl
    def on_message(self, message): ...
    @hookimpl
    def provide_commands(self):
        return [Command("weather", "Tell the weather", self.tell)]
    @hookimpl
    def provide_widgets(self):
        return [WidgetSpec("status", "Sky", self.draw)]
    def draw(self, session_id):
        return SKY
    async def tell(self, invocation) -> CommandResult:
        return CommandResult((Notice(Cloud(SKY).name),))
    async def forever(self):
        import asyncio
        await asyncio.Event().wait()
"""


class Author:
    """Somebody who writes a plugin, and uses it meanwhile."""

    def __init__(self, kernel: DevKernel, host: Host, code: Path):
        self.kernel = kernel
        self.host = host
        self.code = code

    def write(self, sky: str) -> None:
        (self.code / "words.py").write_text(f"SKY = {sky!r}\n")

    async def ask(self) -> str:
        """What the command answers now."""

        async def never(question: str) -> bool:
            return False

        invocation = Invocation(None, self.host, never, lambda text, share: None)
        (part,) = (await self.host.commands.run("weather", invocation)).parts
        assert isinstance(part, Notice)
        return part.text

    @property
    def state(self) -> str:
        return str(self.host.plugins.entries["weather"].state)

    def class_of(self) -> weakref.ref[Any]:
        (name,) = MODULES & sys.modules.keys()
        return weakref.ref(sys.modules[name].Weather)


def written(folder: Path, kind: str) -> Path:
    """The folder of the code of a new plugin."""
    code = folder / "weather" if kind == "directory" else folder / "hfs-weather" / "src" / "hfs_weather"
    code.mkdir(parents=True)
    (code / "__init__.py").write_text("")
    (code / "manifest.yaml").write_text(MANIFEST)
    (code / "plugin.py").write_text(PLUGIN)
    (code / "words.py").write_text("SKY = 'blue'\n")
    if kind == "package":
        (code.parents[1] / "pyproject.toml").write_text(
            '[project]\nname = "hfs-weather"\nversion = "1.0"\n'
            '[project.entry-points."hfs.plugins"]\nweather = "hfs_weather"\n'
        )
    return code


Develop = Callable[..., Any]


@pytest.fixture
def develop(home: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Develop:
    monkeypatch.setattr(developing, "POLL", 0.02)
    monkeypatch.setattr(developing, "CALM", 0.005)

    @asynccontextmanager
    async def start(kind: str = "directory", **files: str) -> AsyncIterator[Author]:
        code = written(tmp_path, kind)
        for name, text in files.items():
            (code / f"{name}.{'yaml' if name == 'manifest' else 'py'}").write_text(text)
        kernel = DevKernel(home, find_source(str(code), home))
        async with kernel as host:
            yield Author(kernel, host, code)

    return start


async def test_who_writes_a_plugin_is_not_told_that_it_is_new(develop: Develop, home: Paths) -> None:
    async with develop("package") as author:
        assert author.kernel.news() == []
        assert not (home.state / "announced.json").exists()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 # a file system tells nobody
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("kind", ["directory", "package"])
async def test_fifty_versions_leave_nothing_of_the_ones_before(
    develop: Develop, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)  # as it is for people
    async with develop(kind) as author:
        classes = []
        for number in range(51):
            author.write(f"sky {number:02}")  # the same size, within one tick of the clock
            told = await author.kernel.renew()
            assert told.error == ""
            await author.kernel.load_widgets()
            assert await author.ask() == f"sky {number:02}"
            ((_, spec),) = author.host.widgets()
            assert spec.render(None) == f"sky {number:02}"
            classes.append(author.class_of())
            del spec
        await asyncio.sleep(0)
        gc.collect()
        assert [number for number, kept in enumerate(classes) if kept() is not None] == [50]
    assert not MODULES & sys.modules.keys()
    assert not author.code.joinpath("__pycache__").exists()


async def test_a_version_that_cannot_be_used_is_off_until_one_can(develop: Develop) -> None:
    async with develop() as author:
        assert (await author.kernel.renew()).error == ""
        for source, said in (
            ("from hfs_core.api import nothing_like_it", "cannot import name"),
            ("class (:", "SyntaxError"),
            (PLUGIN.replace("self, message", "self, msg"), "did you mean message?"),
            (
                PLUGIN.replace("self.log = context.log", "raise KeyError('boom')"),
                "weather/plugin.py:13 in activate",
            ),
            (PLUGIN.replace('Command("weather"', 'Command("storm"'), "does not list the command storm"),
            ("import sys; sys.exit(1)", "SystemExit"),
        ):
            (author.code / "plugin.py").write_text(source)
            told = await author.kernel.renew()
            assert said in told.error
            with pytest.raises(CommandError):
                await author.ask()
            (author.code / "plugin.py").write_text(PLUGIN)
            assert (await author.kernel.renew()).error == ""
            assert await author.ask() == "blue"
            assert author.state == "active"


async def test_what_the_manifest_says_is_taken_up(develop: Develop) -> None:
    async with develop() as author:
        await author.kernel.renew()
        manifest = MANIFEST.replace("name: weather, summary", "name: sky, summary")
        (author.code / "manifest.yaml").write_text(manifest)
        (author.code / "plugin.py").write_text(PLUGIN.replace('Command("weather"', 'Command("sky"'))
        assert (await author.kernel.renew()).error == ""
        assert "sky" in {name.name for name in author.host.commands.names()}
        assert "weather" not in {name.name for name in author.host.commands.names()}
        for broken, said in (
            ("name: [", "is not YAML"),
            ("name: other\n" + manifest[14:], "the folder's is weather"),
        ):
            (author.code / "manifest.yaml").write_text(broken)
            assert said in (await author.kernel.renew()).error
            assert author.state == "incompatible"
        (author.code / "manifest.yaml").unlink()
        assert "there is no manifest.yaml" in (await author.kernel.renew()).error
        assert author.state == "incompatible"


async def test_another_name_is_another_plugin(develop: Develop) -> None:
    async with develop("package") as author:
        await author.kernel.renew()
        toml = author.code.parents[1] / "pyproject.toml"
        text = toml.read_text()
        toml.write_text(text.replace("weather =", "storm ="))
        (author.code / "manifest.yaml").write_text(MANIFEST.replace("name: weather\nv", "name: storm\nv"))
        told = await author.kernel.renew()
        assert told.error == "weather is off: it is called storm now: leave, and start again"
        with pytest.raises(CommandError):
            await author.ask()


STORE = """
from contextlib import asynccontextmanager
from hfs_core.api import hookimpl
from hfs_core.builtin.memory_store import MemoryStore

class Weather:
    @hookimpl
    def provide_store(self):
        @asynccontextmanager
        async def opened():
            yield MemoryStore()
        return opened
"""


async def test_the_store_in_use_stays_until_the_end(develop: Develop, home: Paths) -> None:
    write_setting(home.config, "store", "weather")
    manifest = (
        MANIFEST.partition("capabilities")[0] + "capabilities: [store.provide]\nhooks: [provide_store]\n"
    )
    async with develop(plugin=STORE, manifest=manifest) as author:
        assert author.host.store_name == "weather"
        told = await author.kernel.renew()
        assert told.error.startswith("weather keeps the sessions that are open: leave, and start again")
        assert author.state == "active"


async def test_changes_are_taken_up_as_they_come(develop: Develop) -> None:
    told: list[tuple[str, str]] = []
    async with develop() as author:
        author.host.bus.listen(
            lambda event: (
                told.append((event.plugin, event.error)) if event.event_type == "plugin.reloaded" else None
            )
        )
        await author.kernel.load_unlisted()
        await until(lambda: told == [("weather", "")])
        author.write("grey")
        await until(lambda: len(told) == 2)
        assert await author.ask() == "grey"
        (author.code / "words.py").unlink()
        await until(lambda: len(told) == 3)
        assert "weather.words" in told[2][1]
        author.write("red")
        await until(lambda: len(told) == 4)
        assert await author.ask() == "red"
        (author.code / "__pycache__").mkdir()
        (author.code / "__pycache__" / "x.pyc").write_bytes(b"")
        (author.code / "more.py").write_text("")
        await until(lambda: len(told) == 5)
    assert [error for _, error in told if error] == [told[2][1]]


@pytest.mark.parametrize("kind", ["directory", "package"])
async def test_what_needs_it_meanwhile_never_gets_a_half(develop: Develop, kind: str) -> None:
    async with develop(kind) as author:
        for number in range(10):
            author.write(f"sky {number}")
            before, after = author.kernel.load("weather"), author.kernel.load_for("on_message")
            _, told, again, _ = await asyncio.gather(
                before, author.kernel.renew(), author.kernel.renew(), after
            )
            assert (told.error, again.error) == ("", "")
            assert await author.ask() == f"sky {number}"
        assert author.state == "active"


async def test_it_is_not_there_while_it_is_taken_up(
    develop: Develop, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def find_slowly(named: str, paths: Paths) -> Any:
        reading.set()
        assert go_on.wait(20)
        return find_source(named, paths)

    async with develop() as author:
        await author.kernel.renew()
        monkeypatch.setattr(developing, "find_source", find_slowly)
        renewing = asyncio.create_task(author.kernel.renew())
        await asyncio.to_thread(reading.wait, 20)
        assert not await author.kernel.load("weather")
        go_on.set()
        assert (await renewing).error == ""
        assert await author.ask() == "blue"


async def test_nothing_is_trusted_or_kept(develop: Develop, home: Paths) -> None:
    async with develop(plugin="1 / 0") as author:
        assert "ZeroDivisionError" in (await author.kernel.renew()).error
        await author.kernel.told()
    left = {str(file.relative_to(home.root)) for file in home.root.rglob("*") if file.is_file()}
    assert not {name for name in left if "trust" in name or "failures" in name or "loading" in name}


async def test_a_reply_is_not_disturbed(
    develop: Develop, home: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = asyncio.Event()
    async with OpenAIServer(Answer("one", release, "two")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("HFS_MODEL", "openai/test")
        async with develop() as author:
            told: list[bool] = []
            author.host.bus.listen(
                lambda event: (
                    told.append(author.host.engine.is_busy) if event.event_type == "plugin.reloaded" else None
                )
            )
            await author.kernel.load_unlisted()
            await until(lambda: told == [False])
            sending = asyncio.create_task(author.host.engine.send("hello"))
            await server.wait_for_chats()
            looks = count_looks(monkeypatch)
            author.write("grey")
            await until(lambda: len(looks) > 3)
            assert told == [False], "it was taken up while it was asked"
            release.set()
            assert (await sending).reply is not None
            await until(lambda: len(told) == 2)
            assert await author.ask() == "grey"
    assert told == [False, False]


def count_looks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The looks at the files from now on."""
    looks: list[Path] = []
    look = developing.stamps

    def counted(folder: Path) -> developing.Stamps:
        looks.append(folder)
        return look(folder)

    monkeypatch.setattr(developing, "stamps", counted)
    return looks


async def test_one_version_ends_before_the_next_begins(develop: Develop, home: Paths) -> None:
    plugin = """
from hfs_core.api import hookimpl

class Weather:
    @hookimpl
    def activate(self, context):
        self.file = context.data_dir / "seen"
        self.note("begins")
        context.on_unload(lambda: self.note("releases"))
    @hookimpl
    async def deactivate(self, context, reason):
        self.note(reason)
    def note(self, text):
        with self.file.open("a") as file:
            file.write(f"{text} ")
"""
    manifest = MANIFEST.partition("capabilities")[0] + "capabilities: []\nhooks: [activate, deactivate]\n"
    async with develop(plugin=plugin, manifest=manifest) as author:
        await author.kernel.renew()
        await author.kernel.renew()
    seen = (home.data / "weather" / "seen").read_text()
    assert seen == "begins reload releases begins exit releases "


async def test_a_version_that_ended_everything_is_tried_again(develop: Develop, home: Paths) -> None:
    notes = home.state / "loading"
    notes.mkdir(parents=True)
    (notes / "1-gone.json").write_text('{"plugins": {"weather": "1.0"}, "when": "2026-01-01T00:00:00"}')
    async with develop("package") as author:
        assert author.state == "quarantined"
        assert (await author.kernel.renew()).error == ""
        assert await author.ask() == "blue"
        await author.kernel.told()
    assert not [each for each in notes.iterdir() if each.suffix == ".json"]
