"""What is true of every example: an author who copies it has a project that is whole."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.installing import EXAMPLES, INSTALLS, ROOT, Environment, copy_of, run

pytestmark = INSTALLS

WITH_THE_KIT = sorted(
    {
        example
        for example in EXAMPLES
        if "hfs_core.testing" in (ROOT / "examples" / example / "pyproject.toml").read_text()
    }
)


@pytest.fixture(scope="module")
def environment(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment of an author: HFS' core from its wheel, with what its tests need, and a store."""
    made = Environment(tmp_path_factory.mktemp("author"), wheels)
    made.install("hfs-core", "hfs-sqlite-store", extras=("testing",))
    made.pip_install("mypy", "hatchling")
    return made


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_has_no_fault_of_types(environment: Environment, tmp_path: Path, example: str) -> None:
    """Against the installed HFS, which says that it is typed."""
    copy = copy_of(example, tmp_path)
    python = environment.bin / "python"
    run(python, "-m", "mypy", "--strict", "--config-file", os.devnull, "src", cwd=copy)


@pytest.mark.parametrize("example", WITH_THE_KIT)
def test_its_own_tests_pass_in_its_own_project(
    environment: Environment, tmp_path: Path, example: str
) -> None:
    """With nothing but wheels: the fixtures come with HFS."""
    copy = copy_of(example, tmp_path)
    variables = {**os.environ, "PYTHONPATH": ""}
    done = run(environment.bin / "python", "-m", "pytest", "-q", "-m", "not slow", cwd=copy, env=variables)
    assert " passed" in done.stdout


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_comes_and_goes(environment: Environment, example: str) -> None:
    """It is listed once it is installed, without being imported, and gone once it is not."""
    name = f"hfs-{example.replace('_', '-')}"
    environment.pip_install("--no-deps", ROOT / "examples" / example)
    try:
        assert example in environment.hfs("plugins", "list").stdout
        environment.hfs("-p", "hello", code=1)  # there is no model, but nothing breaks
    finally:
        environment.uninstall(name)
    assert example not in environment.hfs("plugins", "list").stdout


def test_a_project_of_ones_own_is_tested_with_the_installed_kit(
    environment: Environment, tmp_path: Path
) -> None:
    """The form with `pytest_plugins` in a `conftest.py`, by name of a package that is installed."""
    shutil.copytree(ROOT / "examples" / "word_count" / "tests", tmp_path / "tests")
    (tmp_path / "tests" / "conftest.py").write_text('pytest_plugins = ["hfs_core.testing.fixtures"]\n')
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"
    )
    environment.pip_install("--no-deps", ROOT / "examples" / "word_count")
    try:
        done = run(environment.bin / "python", "-m", "pytest", "-q", cwd=tmp_path)
    finally:
        environment.uninstall("hfs-word-count")
    assert " passed" in done.stdout, sys.version
