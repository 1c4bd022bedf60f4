"""In a running HFS a person decides about plugins in folders, and what they agreed to is usable at once."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hfs_core.api import (
    CapabilityDenied,
    CommandError,
    Decide,
    Draft,
    Host,
    Invocation,
    Notice,
    Paths,
    PluginError,
    PluginState,
    PluginStateChanged,
    Role,
    RunEnded,
)
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.gated_host import Porter
from hfs_core.kernel import Kernel
from hfs_core.plugins import exact
from hfs_core.plugins.capabilities import Grants
from hfs_core.plugins.directories import describe_folder, find
from hfs_core.plugins.gates import Gates
from hfs_core.plugins.selection import Choice
from hfs_core.plugins.trust import Trust
from hfs_core.testing import in_process
from tests.plugin_folders import MANIFEST, drop
from tests.tui.conftest import store_plugin

SHOUT = """
name: shout
version: 1.0.0
description: Shouts
entry_point: plugin
capabilities: [messages.read, messages.transform]
hooks: [on_message]
"""

SHOUTING = """
from dataclasses import replace

from hfs_core.api import hookimpl


@hookimpl
def on_message(message):
    return replace(message, content=message.content.upper())
"""

EAR = """
name: ear
version: 1.0.0
description: Listens
entry_point: plugin
capabilities: []
hooks: [{hooks}]
"""

HEARING = """
from hfs_core.api import hookimpl


@hookimpl
def on_start():
    pass
"""


async def filtered(host: Host, draft: Draft) -> str:
    """Return what becomes of a message on its way."""
    return (await host.engine.filter_message(draft, None)).content


@pytest.fixture
def greet(home: Paths) -> Path:
    """A plugin in the folder of plugins that nobody has decided about."""
    return drop(home.plugins)


@asynccontextmanager
async def started(home: Paths, **options: object) -> AsyncIterator[Host]:
    kernel = Kernel(home, found=find(home.plugins), project=home.root.parent, environ={}, **options)  # type: ignore[arg-type]
    async with kernel as host:
        yield host


async def said(host: Host, line: str = "greet") -> str:
    async def refuse(question: str) -> bool:
        return False

    invocation = Invocation(None, host, refuse, lambda text, share: None)
    (notice,) = (await host.commands.run(line, invocation)).parts
    assert isinstance(notice, Notice)
    return notice.text


def names(host: Host) -> list[str]:
    return [command.name for command in host.commands.names()]


async def agree(host: Host, plugin: str = "greet", capabilities: list[str] | None = None) -> None:
    await host.deciding.grant(plugin, (await host.deciding.question(plugin)).sha256, capabilities)


async def test_what_a_person_agrees_to_is_there_at_once_and_at_the_next_start(
    home: Paths, greet: Path
) -> None:
    async with started(home) as host:
        (entry,) = host.deciding.waiting()
        assert (entry.info.name, entry.state) == ("greet", PluginState.UNTRUSTED)
        assert names(host) == []
        events = await host.bus.subscribe("plugin.state")
        question = await host.deciding.question("greet")
        assert [asked.words for asked in question.asks] == ["add commands: /greet"]
        await host.deciding.grant("greet", question.sha256)
        assert host.deciding.waiting() == []
        assert names(host) == ["greet"]
        assert await said(host, "greet you") == "hello you"
        states = [(await anext(events)) for _ in range(2)]
        assert [event.state for event in states if isinstance(event, PluginStateChanged)] == [
            "found",
            "active",
        ]
    async with started(home) as host:
        assert host.deciding.waiting() == []
        assert await said(host) == "hello world"


async def test_what_changed_while_the_person_was_looking_is_not_agreed_to(home: Paths, greet: Path) -> None:
    async with started(home) as host:
        question = await host.deciding.question("greet")
        (greet / "words.py").write_text("HELLO = 'EVIL'\n")
        with pytest.raises(PluginError, match="changed while you were looking"):
            await host.deciding.grant("greet", question.sha256)
        assert [entry.info.name for entry in host.deciding.waiting()] == ["greet"]
        assert names(host) == []


async def test_a_plugin_that_changes_after_the_start_does_not_run(home: Paths, greet: Path) -> None:
    async with started(home) as host:
        await agree(host)
    async with started(home) as host:
        (greet / "words.py").write_text("HELLO = 'EVIL'\n")
        with pytest.raises(CommandError, match=r"plugin greet is changed: it has changed since .* 1 changed"):
            await said(host)
        assert host.plugins.entries["greet"].state is PluginState.CHANGED
        assert [entry.info.name for entry in host.deciding.waiting()] == ["greet"]
        question = await host.deciding.question("greet")
        assert question.change is not None
        assert question.change.changed == ("words.py",)
        await agree(host)
        assert await said(host) == "EVIL world"


async def test_a_filter_that_must_not_fail_blocks_while_its_change_waits(home: Paths) -> None:
    manifest = f"{SHOUT}on_failure: block\n"
    folder = drop(home.plugins, "shout", **{"manifest.yaml": manifest, "plugin.py": SHOUTING})
    async with started(home) as host:
        assert await filtered(host, Draft(Role.USER, "tea")) == "tea"  # nobody has agreed to it yet
        await agree(host, "shout")
        assert await filtered(host, Draft(Role.USER, "tea")) == "TEA"
    (folder / "more.py").write_text("")
    async with started(home) as host:
        with pytest.raises(PluginError, match="plugin shout blocks this, as it is changed"):
            await filtered(host, Draft(Role.USER, "tea"))
        await agree(host, "shout")
        assert await filtered(host, Draft(Role.USER, "tea")) == "TEA"


async def test_what_runs_stays_what_was_agreed_to_whatever_the_folder_holds_by_then(
    home: Paths, greet: Path
) -> None:
    async with started(home) as host:
        await agree(host)
        assert await said(host) == "hello world"
        (greet / "words.py").write_text("HELLO = 'EVIL'\n")
        assert await said(host) == "hello world"
        await host.settings.plugins.take_up("greet")  # is loaded anew, from what was agreed to
        assert await said(host) == "hello world"
    async with started(home) as host:
        assert host.plugins.entries["greet"].state is PluginState.CHANGED


async def test_what_is_agreed_to_anew_replaces_what_was_only_imported(home: Paths, greet: Path) -> None:
    async with started(home) as host:
        await agree(host)
        assert await host.settings.plugins.model_of("greet") is None
        (greet / "words.py").write_text("HELLO = 'bye'\n")
        await agree(host)
        assert await said(host) == "bye world"


async def test_a_consent_that_another_process_takes_back_holds_no_more(home: Paths, greet: Path) -> None:
    async with started(home) as host:
        await agree(host)
        assert Trust(home, environ={}).forget(describe_folder(greet))
        with pytest.raises(CommandError, match="plugin greet is untrusted: nobody has agreed to it yet"):
            await said(host)
        assert [entry.info.name for entry in host.deciding.waiting()] == ["greet"]


async def test_what_is_agreed_to_in_another_process_waits_here_until_the_person_says_so(
    home: Paths, greet: Path
) -> None:
    async with started(home) as host:
        trust = Trust(home, environ={})
        trust.grant(trust.judge(describe_folder(greet)))
        assert (await host.deciding.question("greet")).before[1] == "1.0.0"
        assert [entry.info.name for entry in host.deciding.waiting()] == ["greet"]
        await agree(host)
        assert await said(host) == "hello world"


async def test_what_is_off_is_not_even_read(
    home: Paths, greet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hfs_core.plugins.trust.read_tree", lambda folder: pytest.fail("it was read"))
    async with started(home, choice=Choice(is_safe=True)) as host:
        assert host.plugins.entries["greet"].state is PluginState.DISABLED
        assert host.deciding.waiting() == []


async def test_a_denial_lasts_and_is_not_asked_again(home: Paths, greet: Path) -> None:
    async with started(home) as host:
        await host.deciding.deny("greet")
        assert host.deciding.waiting() == []
        assert "refused it on" in host.plugins.entries["greet"].reason
    async with started(home) as host:
        assert host.deciding.waiting() == []
        assert host.plugins.entries["greet"].state is PluginState.UNTRUSTED
        await agree(host)
        assert await said(host) == "hello world"


async def test_a_capability_that_was_denied_is_hidden_until_it_is_granted(home: Paths, greet: Path) -> None:
    async with started(home) as host:
        await agree(host, capabilities=[])
        assert names(host) == []
        assert "has nothing to do without commands" in host.plugins.entries["greet"].reason
        await agree(host, capabilities=["commands"])
        assert await said(host) == "hello world"


async def test_what_is_taken_from_a_plugin_that_runs_is_gone_from_its_hooks(home: Paths) -> None:
    drop(home.plugins, "shout", **{"manifest.yaml": SHOUT, "plugin.py": SHOUTING})
    async with started(home) as host:
        await agree(host, "shout")
        draft = Draft(Role.USER, "hello")
        assert await filtered(host, draft) == "HELLO"
        await agree(host, "shout", ["messages.read"])
        assert host.plugins.entries["shout"].is_active
        assert await filtered(host, draft) == "hello"
        await agree(host, "shout", [])
        assert await filtered(host, draft) == "hello"
        assert host.used("shout")["messages.transform"] == (0, 1)


async def test_what_a_plugin_listens_to_is_what_its_new_manifest_lists(home: Paths) -> None:
    drop(home.plugins, "ear", **{"manifest.yaml": EAR.format(hooks="on_start"), "plugin.py": HEARING})
    async with started(home) as host:
        await agree(host, "ear")
        entry = host.plugins.entries["ear"]
        manifest = EAR.format(hooks="on_event")
        drop(
            home.plugins,
            "ear",
            **{"manifest.yaml": manifest, "plugin.py": HEARING.replace("_start", "_event")},
        )
        await host.deciding.revive("ear")
        await agree(host, "ear")
        await host.bus.emit(RunEnded())
        async with asyncio.timeout(10):
            while "on_event" not in dict(host.plugins.timings.hooks("ear")):  # noqa: ASYNC110 # nobody tells that one has heard
                await asyncio.sleep(0.01)
        assert entry.state is PluginState.ACTIVE


async def test_what_the_new_manifest_says_counts_at_once(home: Paths, greet: Path) -> None:
    async with started(home) as host:
        manifest, plugin = greet / "manifest.yaml", greet / "plugin.py"
        manifest.write_text(manifest.read_text().replace("[{name: greet,", "[{name: salute,"))
        plugin.write_text(plugin.read_text().replace('"greet"', '"salute"'))
        await agree(host)
        assert names(host) == ["salute"]
        assert await said(host, "salute") == "hello world"


async def test_a_plugin_that_needs_another_waits_for_it(home: Paths, greet: Path) -> None:
    manifest = greet / "manifest.yaml"
    manifest.write_text(manifest.read_text() + "requires: [{plugin: words}]\n")
    words = drop(home.plugins, "words")
    async with started(home) as host:
        await agree(host)
        assert host.plugins.entries["greet"].state is PluginState.MISSING_DEPENDENCY
        await agree(host, "words")
        assert host.plugins.entries["greet"].state is PluginState.FOUND
        assert await said(host) == "hello world"
        assert words.exists()


@pytest.mark.parametrize(
    ("wish", "state"), [(">=2", PluginState.MISSING_DEPENDENCY), (">=1", PluginState.FOUND)]
)
async def test_what_the_new_manifest_asks_of_versions_counts_at_once(
    home: Paths, greet: Path, wish: str, state: PluginState
) -> None:
    drop(home.plugins, "words")
    async with started(home) as host:
        await agree(host, "words")
        manifest = greet / "manifest.yaml"
        manifest.write_text(manifest.read_text() + f"requires: [{{plugin: words, version: '{wish}'}}]\n")
        await agree(host)
        entry = host.plugins.entries["greet"]
        assert (entry.state, "needs the plugin words in version" in entry.reason) == (state, wish == ">=2")


async def test_a_new_manifest_for_another_hfs_is_not_taken_up(home: Paths, greet: Path) -> None:
    async with started(home) as host:
        manifest = greet / "manifest.yaml"
        manifest.write_text(manifest.read_text() + 'api: ">=9"\n')
        with pytest.raises(PluginError, match="is made for version >=9 of HFS' interface"):
            await agree(host)
        assert names(host) == []


async def test_a_plugin_that_lists_nothing_is_known_once_it_is_agreed_to(home: Paths, greet: Path) -> None:
    manifest = greet / "manifest.yaml"
    manifest.write_text(manifest.read_text().partition("hooks")[0])
    async with started(home) as host:
        await agree(host)
        assert names(host) == ["greet"]


async def test_a_consent_for_one_run_is_nobody_elses(home: Paths, greet: Path) -> None:
    async with started(home, consented=[greet]) as host:
        assert host.deciding.waiting() == []
        assert await said(host) == "hello world"
    async with started(home) as host:
        assert [entry.info.name for entry in host.deciding.waiting()] == ["greet"]


async def test_an_installed_plugin_is_not_for_the_person_to_decide_about(home: Paths) -> None:
    class Plugin:
        pass

    async with Kernel(home, found=[in_process("greet", Plugin)], environ={}) as host:
        assert host.deciding.waiting() == []
        with pytest.raises(PluginError, match="no plugin greet in a folder"):
            await host.deciding.question("greet")


async def test_nothing_of_a_plugin_runs_before_it_is_agreed_to(
    home: Paths, greet: Path, tmp_path: Path
) -> None:
    """Neither its code nor its bytecode, whatever HFS does meanwhile."""
    mark = tmp_path / "ran"
    for file in ("__init__.py", "plugin.py", "sitecustomize.py", "conftest.py"):
        (greet / file).write_text(f"open({str(mark)!r}, 'w').close()\n")
    async with started(home) as host:
        await host.deciding.question("greet")
        with pytest.raises(CommandError, match="greet"):
            await said(host)
        with pytest.raises(PluginError, match="untrusted"):
            await host.settings.plugins.model_of("greet")
        await host.deciding.deny("greet")
    assert not mark.exists()
    assert not (greet / "__pycache__").exists()


async def test_a_broken_plugin_is_read_again_once_it_is_corrected(home: Paths, greet: Path) -> None:
    words = (greet / "words.py").read_text()
    (greet / "words.py").write_text("from words2 import HELLO\n")
    (greet / "words2.py").write_text(words)
    async with started(home) as host:
        await agree(host)
        with pytest.raises(CommandError, match=r"words2 is in its own folder: write `from \. import words2`"):
            await said(host)
        (greet / "words.py").write_text("from .words2 import HELLO\n")
        await agree(host)
        assert await said(host) == "hello world"


async def test_fifty_reloads_leave_no_old_class_alive(home: Paths, greet: Path) -> None:
    alive: list[weakref.ref[type]] = []
    kernel = Kernel(home, found=find(home.plugins), project=home.root.parent, environ={}, consented=[greet])
    async with kernel as host:
        for number in range(51):  # the last one's call may still be on its way out
            (greet / "words.py").write_text(f"HELLO = {number}\n")
            assert await said(host) == f"{number} world"
            alive.append(weakref.ref(sys.modules["hfs_dir_plugins.greet.plugin"].Plugin))
            await kernel._loader.unload("greet", "reload")
            exact.unmount("greet")
            host.commands.forget("greet")
        await kernel.told()
        gc.collect()
        assert [each for each in alive[:50] if each() is not None] == []


async def test_the_files_that_are_shown_are_those_of_the_question(home: Paths, greet: Path) -> None:
    async with started(home) as host:
        question = await host.deciding.question("greet")
        files = dict(await host.deciding.files("greet", question.sha256))
        assert list(files) == ["manifest.yaml", "plugin.py", "words.py"]
        assert files["words.py"] == b'HELLO = "hello"\n'
        (greet / "words.py").write_text("HELLO = 'EVIL'\n")
        with pytest.raises(PluginError, match="changed while you were looking"):
            await host.deciding.files("greet", question.sha256)
        with pytest.raises(PluginError, match="no plugin other in a folder"):
            await host.deciding.files("other", question.sha256)


async def test_a_consent_is_taken_back_and_what_runs_goes_on(home: Paths, greet: Path) -> None:
    async with started(home) as host:
        assert not await host.deciding.forget("greet")
        await agree(host)
        assert await said(host) == "hello world"
        assert await host.deciding.forget("greet")
        assert await said(host) == "hello world"
        await host.settings.plugins.take_up("greet")  # it ends, and would begin anew
        assert host.plugins.entries["greet"].state is PluginState.UNTRUSTED
        with pytest.raises(CommandError, match="Unknown command"):
            await said(host)
    async with started(home) as host:
        assert host.plugins.entries["greet"].state is PluginState.UNTRUSTED
        await agree(host)
        await host.deciding.forget("greet")
        assert host.plugins.entries["greet"].state is PluginState.UNTRUSTED
        assert names(host) == []


async def test_one_that_failed_is_given_another_try(home: Paths, greet: Path) -> None:
    (greet / "words.py").write_text("raise ValueError('not today')\n")
    async with started(home) as host:
        await agree(host)
        with pytest.raises(Exception, match="not today"):
            await said(host)
        assert host.plugins.entries["greet"].state is PluginState.QUARANTINED
        (greet / "words.py").write_text("HELLO = 'mended'\n")
        await agree(host)
        assert await said(host) == "mended world"
        (greet / "words.py").write_text("import itertools\nHELLO = f'{next(itertools.count())}'\n")
        await agree(host)
        await host.deciding.revive("greet")
        assert await said(host) == "0 world"  # its code was read again
        (greet / "words.py").write_text("HELLO = 'EVIL'\n")
        await host.deciding.revive("greet")
        with pytest.raises(Exception, match="plugin greet is changed"):
            await said(host)
        with pytest.raises(PluginError, match="there is no plugin other"):
            await host.deciding.revive("other")
        await host.deciding.forget("greet")


async def test_what_needed_one_that_failed_is_loaded_once_that_one_is_revived(
    home: Paths, greet: Path
) -> None:
    needy = MANIFEST.format(name="needy") + "requires: [{plugin: greet}]\n"
    drop(home.plugins, "needy", **{"manifest.yaml": needy})
    (greet / "words.py").write_text("import os\nHELLO = os.environ['NOT_THERE_YET']\n")
    async with started(home) as host:
        await agree(host)
        await agree(host, "needy")
        with pytest.raises(CommandError, match="needs the plugin greet, which is not in use"):
            await said(host, "needy")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NOT_THERE_YET", "hello")
            await host.deciding.revive("greet")
            assert await said(host, "needy") == "hello world"


async def test_what_is_decided_while_it_is_loaded_is_what_holds(home: Paths, greet: Path) -> None:
    (greet / "words.py").write_text("import time\ntime.sleep(0.2)\nHELLO = 'hello'\n")
    async with started(home) as host:
        await agree(host)
        loading = asyncio.create_task(said(host))
        while "hfs_dir_plugins.greet.words" not in sys.modules:  # noqa: ASYNC110 # an import tells nobody
            await asyncio.sleep(0)
        await agree(host, "greet", ["commands"])
        assert await loading == "hello world"
        assert host.plugins.entries["greet"].state is PluginState.ACTIVE


async def test_what_keeps_the_sessions_is_not_torn_away(home: Paths) -> None:
    found = [store_plugin(MemoryStore())]
    async with Kernel(home, found=found, project=home.root.parent, environ={}) as host:
        await host.store.sessions()
        with pytest.raises(PluginError, match="begins anew with the next start"):
            await host.deciding.revive("sqlite_store")
        assert host.plugins.may_call("sqlite_store")


async def test_only_who_may_use_services_takes_back_a_consent_or_revives() -> None:
    gates = Gates()
    gates.admit(in_process("meek", object), Grants())
    gates.admit(in_process("bold", object), Grants(frozenset({"services"})))
    porter = Porter(gates)
    porter.check("meek", Decide("greet"))
    for what in ("untrust", "revive"):
        with pytest.raises(CapabilityDenied, match="services"):
            porter.check("meek", Decide("greet", what))  # type: ignore[arg-type]
        porter.check("bold", Decide("greet", what))  # type: ignore[arg-type]
