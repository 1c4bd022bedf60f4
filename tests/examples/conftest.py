"""An example as its users have it: in the shell, beside HFS as it is here. `EXAMPLE` of a module names it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import Paths
from hfs_core.testing import OpenAIServer
from tests.cli.conftest import Done, environment
from tests.installing import copy_of, install_beside

Hfs = Callable[..., Coroutine[Any, Any, Done]]


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example, as an author would copy it."""
    return copy_of(request.module.EXAMPLE, tmp_path_factory.mktemp("author"), "tests")


@pytest.fixture(scope="module")
def installed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which it is installed."""
    target = tmp_path_factory.mktemp("installed")
    install_beside(project, target)
    return target


@pytest.fixture
def home(tmp_path: Path) -> Paths:
    """The home folder of whoever uses it."""
    return Paths(tmp_path / "home")


@pytest.fixture
def hfs(installed: Path, home: Paths, tmp_path: Path) -> Hfs:
    """Run `hfs` with the example installed; once `interrupts` has ended, Ctrl+C is pressed.

    `path` replaces the folder of what is installed; `env` adds variables.
    """

    async def run(
        *words: str,
        server: OpenAIServer | None = None,
        interrupts: Coroutine[Any, Any, None] | None = None,
        path: str = str(installed),
        env: dict[str, str] | None = None,
    ) -> Done:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hfs_core.cli", *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(home, server, PYTHONPATH=path, **(env or {})),
            cwd=tmp_path,
        )
        try:
            if interrupts is not None:
                await interrupts
        finally:
            if interrupts is not None:
                process.send_signal(signal.SIGINT)
            out, err = await process.communicate()
        assert process.returncode is not None
        assert b"Traceback" not in err, err.decode()
        return Done(process.returncode, out.decode(), err.decode())

    return run
