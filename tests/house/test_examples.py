"""The examples keep the laws that they are there to show."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from hfs_core.plugins.discovery import GROUP
from hfs_core.plugins.manifest import read_manifest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(file.parent for file in (ROOT / "examples").glob("*/pyproject.toml"))


def imports(file: Path) -> set[str]:
    """The modules that a file imports from, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or ".")
    return found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_comes_in_by_the_front_door(example: Path) -> None:
    sources = list(example.glob("src/*/**/*.py"))
    assert sources
    for file in sources:
        of_hfs = {name for name in imports(file) if name.startswith("hfs_")}
        assert {name for name in of_hfs if not name.startswith(f"hfs_{example.name}")} <= {"hfs_core.api"}, (
            file
        )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_says_the_same_of_itself_everywhere(example: Path) -> None:
    project = tomllib.loads((example / "pyproject.toml").read_text())["project"]
    manifest = read_manifest(example / "src" / f"hfs_{example.name}" / "manifest.yaml")
    assert project["entry-points"][GROUP] == {manifest.name: f"hfs_{example.name}"}
    assert project["name"] == f"hfs-{example.name.replace('_', '-')}"
    assert example.name in (ROOT / "examples" / "README.md").read_text()


def test_no_example_is_installed_for_everybody() -> None:
    workspace = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]
    assert EXAMPLES
    assert not [member for member in workspace if member.startswith("examples")]
