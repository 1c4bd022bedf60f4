"""The reference for plugin authors says what the code says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from hfs_core.hookspecs import HOOKS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*DOCS.rglob("*.md"), ROOT / "README.md", *(ROOT / "examples").glob("**/README.md")]


def test_every_page_is_what_the_code_says() -> None:
    generate = runpy.run_path(str(DOCS / "generate.py"))
    stale = [page.name for page in generate["stale"](generate["pages"]())]
    assert not stale, "run `make docs`"


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_page_with_an_example_that_is_run(hook: str) -> None:
    page = (DOCS / "plugins" / "hooks" / f"{hook}.md").read_text()
    example = (DOCS / "plugins" / "hooks" / f"test_{hook}.py").read_text()
    assert f"# {hook}\n" in page
    assert f"def {hook}(self" in page
    assert f"def {hook}(self" in example
    assert "async def test_" in example


def test_no_page_is_about_a_hook_that_there_is_not() -> None:
    pages = {page.stem for page in (DOCS / "plugins" / "hooks").glob("*.md")} - {"README"}
    assert pages == set(HOOKS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s\"]+)", page.read_text())
    missing = [
        link for link in links if "://" not in link and link[:1] != "<" and not (page.parent / link).exists()
    ]
    assert not missing
