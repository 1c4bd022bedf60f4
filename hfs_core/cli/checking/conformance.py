"""The process in which a store is held to the law of stores: `python -m` this module, with PLUGIN NOTES FOLDER."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from hfs_core.cli.checking.finding import Notes, fail, ok, warn
from hfs_core.cli.checking.running import new_kernel, prepare
from hfs_core.contracts import Store, StoreFactory
from hfs_core.errors import PluginError
from hfs_core.paths import Paths
from hfs_core.plugins.source import Source, find_source

CHECK = "store"

_SUITE = """
from hfs_core.cli.checking.conformance import factory_of
from hfs_core.testing import StoreConformance


class TestStore(StoreConformance):
    def make_factory(self, directory):
        return factory_of({plugin!r}, directory)
"""

_known: dict[str, Source] = {}


def main(plugin: str, notes_file: str, folder: str) -> None:
    """Run the suite, and leave what is found in a file, a line for each group of laws."""
    notes = Notes(Path(notes_file))
    notes.stage("holding the store to the law")
    try:
        import hypothesis  # noqa: F401
        import pytest
        import pytest_asyncio  # noqa: F401
    except ModuleNotFoundError as error:
        text = f"the law of stores was not tried for want of {error.name}: pip install 'hfs-core[testing]'"
        notes.add(warn(CHECK, text))
        notes.stage("done")
        return
    suite = Path(folder) / "test_store.py"
    suite.write_text(_SUITE.format(plugin=plugin), encoding="utf-8")
    kept = Kept()
    words = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        str(Path(folder) / "pytest.ini"),
        "--import-mode=importlib",
    ]
    (Path(folder) / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )
    pytest.main([*words, f"--basetemp={Path(folder) / 'stores'}", str(suite)], plugins=[kept])
    if not kept.outcomes:
        notes.add(fail(CHECK, "the law of stores could not be tried"))
    for group, outcomes in sorted(kept.outcomes.items()):
        passed, failed = outcomes["passed"], outcomes["failed"]
        text = f"{group}: {passed} of {passed + failed}"
        if failed:
            notes.add(fail(CHECK, f"{text}; {'; '.join(kept.failures[group][:3])}"))
        else:
            notes.add(ok(CHECK, text))
    notes.stage("done")


def factory_of(plugin: str, directory: Path) -> StoreFactory:
    """Return what opens the plugin's store in a folder; each opening has an HFS of its own."""
    if plugin not in _known:
        _known[plugin] = find_source(plugin, Paths(directory))
        prepare(_known[plugin])
    source = _known[plugin]
    return lambda: _opened(source, directory)


@asynccontextmanager
async def _opened(source: Source, directory: Path) -> AsyncIterator[Store]:
    kernel, name = new_kernel(source, directory), source.info.name
    async with kernel as host:
        if not await kernel.load(name):
            raise PluginError(host.plugins.entries[name].reason, plugin=name)
        factory: StoreFactory = await kernel.answer(name, "provide_store")
        opening: AbstractAsyncContextManager[Store] = factory()
        async with opening as store:
            yield store


class Kept:
    """What pytest tells of the tests: how many of each group went which way, and why."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Counter[str]] = {}
        self.failures: dict[str, list[str]] = {}
        self._groups: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Take note of which group of laws a test belongs to."""
        for item in items:
            group = item.function.__qualname__.partition(".")[0].removesuffix("Laws")
            self._groups[item.nodeid] = "everything at once" if group == "StoreConformance" else group.lower()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Take note of how a test went; one that fails before or after it counts as failed."""
        group = self._groups.get(report.nodeid, "suite")
        if report.failed or (report.when == "call" and report.passed):
            self.outcomes.setdefault(group, Counter())[report.outcome] += 1
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            reason = str(crash.message if crash else report.longrepr).strip().splitlines()[0][:160]
            name = report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")
            self.failures.setdefault(group, []).append(f"{name}: {reason}")

    def pytest_collectreport(self, report: Any) -> None:
        """Take note that the suite itself could not be read."""
        if report.failed:
            self.outcomes.setdefault("suite", Counter())["failed"] += 1
            lines = str(report.longrepr).strip().splitlines()
            self.failures.setdefault("suite", []).append(lines[-1][:160] if lines else "it cannot be read")


if __name__ == "__main__":
    main(*sys.argv[1:])
