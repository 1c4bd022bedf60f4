"""What the tests share: a home of their own, and a kernel with plugins of the test's own."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import Host, Paths, hookimpl
from hfs_core.kernel import Kernel
from hfs_core.plugins.discovery import PluginInfo
from hfs_core.testing import ScriptedModel, in_process

StartKernel = Callable[..., Any]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the screens of tests/tui/test_snapshots.py be kept as they look now."""
    parser.addoption("--update-snapshots", action="store_true", help="keep the screens as they look now")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A home folder that nobody has used, and an environment without HFS' variables."""
    import os

    for variable in list(os.environ):
        if variable.startswith(("HFS_", "OPENAI_")) and variable not in ("HFS_TEST_MODELS", "HFS_UV"):
            monkeypatch.delenv(variable)
    root = tmp_path / "home"
    monkeypatch.setenv("HFS_HOME", str(root))
    return Paths(root)


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every distribution of the project, built from a copy of the tree."""
    from tests.installing import build_wheels

    dist = tmp_path_factory.mktemp("dist")
    build_wheels(tmp_path_factory.mktemp("tree"), dist)
    return dist


def models_plugin(*providers: Any) -> PluginInfo:
    """A plugin that provides these models."""

    class Models:
        @hookimpl
        def provide_models(self) -> list[Any]:
            return list(providers)

    return in_process("models", Models)


@pytest.fixture
def start_kernel(home: Paths, tmp_path: Path) -> StartKernel:
    """Start a kernel with these plugins, and a scripted model as `test/model` if one is given."""

    @asynccontextmanager
    async def start(
        *plugins: PluginInfo, model: ScriptedModel | None = None, **options: Any
    ) -> AsyncIterator[Host]:
        found = [*plugins, *([models_plugin(model)] if model else [])]
        environ = {"HFS_MODEL": f"{model.name}/any"} if model else {}
        async with Kernel(home, found=found, project=tmp_path, environ=environ, **options) as host:
            yield host

    return start


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder from which anything is imported, for distributions of the test's own."""
    import importlib_metadata  # noqa: F401 # what discovery imports is loaded before
    import ruamel.yaml  # noqa: F401

    import hfs_core.plugins.directories
    import hfs_core.plugins.manifest
    import hfs_core.plugins.versions  # noqa: F401

    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.setattr(sys, "path", [str(site)])
    return site
