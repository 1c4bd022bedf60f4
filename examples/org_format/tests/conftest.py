"""A person who exports and imports, with a real kernel, a real store and this plugin beside those of HFS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hfs_org_format.plugin import OrgPlugin

from hfs_core.api import CommandResult, Host, Invocation, Notice, Paths, hookimpl
from hfs_core.kernel import Kernel
from hfs_core.plugins.discovery import discover
from hfs_core.testing import ScriptedModel, in_process

SERVICES = ("hfs.export-format", "hfs.import-format")


@dataclass
class Person:
    """Writes command lines, and sees what comes of them."""

    host: Host
    session_id: int | None = None

    def invocation(self) -> Invocation:
        async def agree(question: str) -> bool:
            return True

        return Invocation(self.session_id, self.host, agree, lambda text, share: None)

    async def run(self, line: str) -> CommandResult:
        return await self.host.commands.run(line, self.invocation())

    async def told(self, line: str) -> list[str]:
        """Run a line and return the sentences that it answers."""
        return [part.text for part in (await self.run(line)).parts if isinstance(part, Notice)]


@pytest.fixture
async def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Person]:
    """A person whose HFS has this plugin."""
    monkeypatch.setenv("HFS_HOME", str(tmp_path / "home"))
    model = ScriptedModel("ok")

    class Models:
        @hookimpl
        def provide_models(self) -> list[Any]:
            return [model]

    paths = Paths(tmp_path / "home")
    found = [
        *discover(paths),
        in_process("models", Models),
        in_process("org_format", OrgPlugin, services=SERVICES),
    ]
    environ = {"HFS_MODEL": f"{model.name}/any"}
    async with Kernel(paths, found=found, project=tmp_path, environ=environ) as host:
        yield Person(host)
