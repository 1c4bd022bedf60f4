"""A plugin that fails fails its author's test, and the author sees where."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = """
from hfs_core.api import Draft, HfsEvent, hookimpl


class Bad:
    @hookimpl
    def on_message(self, message: Draft):
        return {}["of the plugin"]

    @hookimpl
    def deactivate(self, context, reason):
        if context.settings.get("stays"):
            raise ValueError("cannot let go")
"""
TESTS = """
import pytest

from bad import Bad


async def test_unexpected(load_plugin, say):
    await load_plugin(Bad)
    await say("hello")


async def test_expected(load_plugin, say, plugin_failures):
    await load_plugin(Bad)
    with plugin_failures.expected("KeyError") as failures:
        await say("hello")
    assert len(failures) == 2  # the person's message and the reply


async def test_failed_anyway(load_plugin, say, hfs_host):
    await load_plugin(Bad)
    await say("hello")
    assert (await hfs_host.messages())[0].content == "HELLO"


async def test_at_the_end(load_plugin):
    await load_plugin(Bad, settings={"stays": True})
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The tests of an author, and their plugin."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nasyncio_mode = "auto"\nfilterwarnings = ["error"]\n'
        'asyncio_default_fixture_loop_scope = "function"\n'
        'addopts = ["-p", "no:cacheprovider", "-p", "no:xdist"]\npythonpath = ["."]\n'
    )
    (tmp_path / "bad.py").write_text(PLUGIN)
    (tmp_path / "tests" / "conftest.py").write_text(
        "from hfs_core.testing import ScriptedModel  # imported before pytest takes the fixtures up\n\n"
        'pytest_plugins = ["hfs_core.testing"]\n'
    )
    (tmp_path / "tests" / "test_bad.py").write_text(TESTS)
    return tmp_path


def test_a_failure_fails_the_test_with_the_plugins_own_traceback(project: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-rA", "--color=no"]
    out = subprocess.run(command, cwd=project, capture_output=True, text=True).stdout
    assert "FAILED tests/test_bad.py::test_unexpected" in out
    assert "PASSED tests/test_bad.py::test_expected" in out
    assert "FAILED tests/test_bad.py::test_failed_anyway - AssertionError" in out
    assert "ERROR tests/test_bad.py::test_at_the_end" in out
    assert "cannot let go" in out
    unexpected = out.partition("test_unexpected ___")[2].partition("test_failed_anyway ___")[0]
    assert "plugin bad failed in on_message: KeyError: 'of the plugin'" in unexpected
    assert 'return {}["of the plugin"]' in unexpected
    anyway = out.partition("test_failed_anyway ___")[2]
    assert 'return {}["of the plugin"]' in anyway.partition("failures of plugins")[2]
    assert "2 failed, 2 passed, 1 error" in out
