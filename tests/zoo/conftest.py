"""Animals that live in files of their own, so that their frames can be told from the tests'."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from hfs_core.plugins.capabilities import CAPABILITIES
from hfs_core.plugins.info import PluginInfo

Capture = Callable[..., PluginInfo]

HEAD = """
import asyncio, contextlib, functools, json, logging, os, re, signal, sys, threading, time, warnings
from hfs_core.api import Command, CommandResult, Draft, Notice, WidgetSpec, hookimpl

"""


@pytest.fixture
def capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Capture:
    """Put a plugin's source into a module of its own and return what discovery would find."""
    folder = tmp_path / "animals"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def capture(name: str, source: str, *hooks: str, **manifest: Any) -> PluginInfo:
        (folder / f"{name}_animal.py").write_text(HEAD + dedent(source))
        monkeypatch.delitem(sys.modules, f"{name}_animal", raising=False)
        listed: dict[str, Any] = {
            "version": "1",
            "module": f"{name}_animal",
            "capabilities": tuple(CAPABILITIES),
            "hooks": hooks,
            "lists": True,
        }
        return PluginInfo(name, **{**listed, **manifest})

    return capture


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Install a plugin for child processes, as pip would; return the environment that has it."""
    site = tmp_path / "site"

    def install(name: str, source: str, *hooks: str, commands: str = "") -> dict[str, str]:
        info = site / f"{name}-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[hfs.plugins]\n{name} = {name}\n")
        (site / name).mkdir()
        (site / name / "__init__.py").write_text(HEAD + dedent(source))
        (site / name / "manifest.yaml").write_text(
            f"name: {name}\nversion: '1'\ndescription: An animal\n"
            f"capabilities: [{', '.join(CAPABILITIES)}]\nhooks: [{', '.join(hooks)}]\n"
            f"contributes: {{commands: [{', '.join(f'{{name: {each}}}' for each in commands.split())}]}}\n"
        )
        return {"PYTHONPATH": str(site)}

    return install
