"""Each contract of import-linter catches what it is there for: proven by breaking it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = [
    contract["id"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
]
BREACHES = {
    "rooms": ("hfs_core/bus.py", "import hfs_core.engine"),
    "tui-front-door": ("hfs_core/tui/status.py", "import hfs_core.models"),
    "plugins-front-door": ("hfs_plugins/sessions/src/hfs_sessions/listing.py", "import hfs_core.errors"),
    "plugins-apart": ("hfs_plugins/sessions/src/hfs_sessions/listing.py", "import hfs_sqlite_store"),
    "textual": ("hfs_core/kernel.py", "import rich"),
    "sqlalchemy": ("hfs_core/storage.py", "import sqlalchemy"),
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all that is linted."""
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", tree)
    for package in [Path("hfs_core"), *(path.relative_to(ROOT) for path in ROOT.glob("hfs_plugins/*/src"))]:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tree


def lint(tree: Path, contract: str) -> subprocess.CompletedProcess[str]:
    places = [tree, *tree.glob("hfs_plugins/*/src")]
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--contract", contract],
        cwd=tree,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, places))},
        capture_output=True,
        text=True,
    )


def test_every_contract_has_a_breach_here() -> None:
    assert sorted(BREACHES) == sorted(CONTRACTS)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_contract_holds_and_catches_its_breach(tree: Path, contract: str) -> None:
    assert lint(tree, contract).returncode == 0
    name, line = BREACHES[contract]
    file = tree / name
    whole = file.read_text()
    file.write_text(f"{whole}\n\n{line}\n")
    try:
        broken = lint(tree, contract)
    finally:
        file.write_text(whole)
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "BROKEN" in broken.stdout
