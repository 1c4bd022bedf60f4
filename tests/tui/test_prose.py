"""Markdown that grows: what is on the screen is what a fresh document of the same words would be."""

from __future__ import annotations

import random
from typing import Any

import pytest
from textual.app import App
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static
from textual.widgets._markdown import MarkdownBullet

from hfs_core.tui.fence import COLOURED, Fence
from hfs_core.tui.prose import BATCH, LONG, Prose

DOCUMENTS = {
    "prose": "One *day*\nwith `code` and **bold**.\n\n<b>html</b> & [link](https://x.org)\n\n> quoted\n> more\n\nend",
    "headings": "# One\n\n## Two\n\ntext\n\nSetext\n---\n\n---\n\n### Three\n\nend",
    "lists": "- a\n- b\n  - c\n  - d `e`\n\n    text\n- f\n\n1. one\n2. two\n   ```sh\n   ls\n   ```\n\nend\n",
    "numbers": "".join(f"{number}. item\n" for number in range(1, 12)),
    "tables": "| a | b |\n|---|---|\n| 1 | `2` |\n| 3 | **4** |\n\nbetween\n\n| c |\n|---|\n| 5 |\n| six\n\nend",
    "fences": "Look:\n\n```python\nx = [1, 2]  # [red]\n\nprint(x)\n```\n\n~~~\n``` [/]\n~~~\n\n    code\n\n```js\nlet",
    "late references": "a [link] and [another][b]\n\ntext\n\n[link]: https://x.org\n[b]: https://y.org\n",
    "html": "<details>\n<summary>x</summary>\nkept\n</details>\n\nA line<br>break <!-- note -->\n",
}


class Page(App[None]):
    """A document on a screen of its own."""

    def __init__(self, markdown: str | None = None):
        super().__init__()
        self.prose = Prose(markdown)

    def compose(self) -> Any:
        with VerticalScroll():
            yield self.prose

    @property
    def lines(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]


def tree(widget: Widget) -> Any:
    """What a widget and those in it show, and how high they are."""
    shown = ""
    if isinstance(widget, Static):
        shown = repr(widget.visual)
    elif isinstance(widget, MarkdownBullet):
        shown = widget.symbol
    language = widget.lexer if isinstance(widget, Fence) else ""
    return type(widget).__name__, shown, language, widget.size, [tree(child) for child in widget.children]


def pieces(text: str, seed: int) -> list[str]:
    chance = random.Random(seed)
    cuts = sorted(chance.sample(range(len(text)), chance.randrange(1, min(len(text), 40))))
    return [text[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True)]


async def fresh(text: str) -> tuple[Any, list[str]]:
    page = Page(text)
    async with page.run_test(size=(60, 60)) as pilot:
        await pilot.pause()
        return tree(page.prose), page.lines


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
async def test_growing_comes_to_the_same(name: str, seed: int) -> None:
    text = DOCUMENTS[name]
    page = Page()
    async with page.run_test(size=(60, 60)) as pilot:
        for number, piece in enumerate(pieces(text, seed)):
            await page.prose.append(piece)
            if number % 3 == 0:
                await pilot.pause()
        assert page.prose.source == text
        await page.prose.update(text)
        await pilot.pause()
        expected, lines = await fresh(text)
        assert page.lines == lines
        assert tree(page.prose) == expected


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "late references"])
async def test_nothing_is_left_to_do_at_the_end(name: str) -> None:
    text = DOCUMENTS[name]
    page = Page()
    async with page.run_test(size=(60, 60)) as pilot:
        for piece in pieces(text, 7):
            await page.prose.append(piece)
        await pilot.pause()
        before = list(page.prose.walk_children())
        lines = page.lines
        await page.prose.update(text)
        await pilot.pause()
        assert page.lines == lines
        assert list(page.prose.walk_children()) == before


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("lists", "late references") else pytest.param(name, marks=pytest.mark.slow)
        for name in DOCUMENTS
    ],
)
async def test_one_document_becomes_another(name: str) -> None:
    page = Page(DOCUMENTS[name])
    async with page.run_test(size=(60, 60)) as pilot:
        for text in (*DOCUMENTS.values(), "", DOCUMENTS[name]):
            await page.prose.update(text)
            await pilot.pause()
            expected, lines = await fresh(text)
            assert page.lines == lines
            assert tree(page.prose) == expected


@pytest.mark.parametrize(
    "text", ["> " * 40 + "quoted", "".join("  " * depth + "- item\n" for depth in range(30))]
)
async def test_what_is_nested_too_deep_is_shown_as_it_was_written(text: str) -> None:
    page = Page(f"before\n\n{text}\n\nafter")
    async with page.run_test(size=(100, 60)) as pilot:
        await pilot.pause()
        assert [fence.code for fence in page.prose.query(Fence)] == [f"before\n\n{text}\n\nafter"]
        await page.prose.update("flat again")
        await pilot.pause()
        assert page.lines[0] == "  flat again"


async def test_words_that_do_not_wrap_cost_no_layout() -> None:
    page = Page("One paragraph")
    async with page.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        layouts = 0
        laid_out = page.screen._refresh_layout

        def counted(*arguments: Any, **options: Any) -> None:
            nonlocal layouts
            layouts += 1
            laid_out(*arguments, **options)

        page.screen._refresh_layout = counted  # type: ignore[method-assign]
        await page.prose.append(" goes on")
        await pilot.pause()
        assert "One paragraph goes on" in "\n".join(page.lines)
        assert layouts == 0
        await page.prose.append(" over the edge" * 8)
        await pilot.pause()
        assert layouts > 0


async def test_a_long_document_comes_whole() -> None:
    text = "word " * (LONG // 5) + "".join(f"\n\nparagraph {number}" for number in range(1, 2 * BATCH + 10))
    page = Page(text)
    async with page.run_test(size=(60, 60)) as pilot:
        await pilot.pause()
        assert len(page.prose.children) == 2 * BATCH + 10
        await page.prose.append(" ends")
        await pilot.pause()
        assert [tree(child)[1] for child in page.prose.children][
            -1
        ] == f"Content('paragraph {2 * BATCH + 9} ends')"


@pytest.mark.parametrize("words", ["", "text", "python", "nonsense language", "[/]"])
async def test_only_code_of_a_known_language_is_coloured(words: str) -> None:
    page = Page(f"```{words}\nimport x\n```")
    async with page.run_test(size=(60, 20)):
        spans = page.prose.query_one(Fence)._highlighted_code.spans
        assert (len({span.style for span in spans}) > 1) == (words == "python")


async def test_very_long_code_is_not_coloured() -> None:
    page = Page("```python\n" + "import x\n" * (COLOURED // 9 + 1) + "```")
    async with page.run_test(size=(60, 20)):
        assert len(page.prose.query_one(Fence)._highlighted_code.spans) == 1


async def test_code_is_coloured_anew_for_a_light_theme() -> None:
    page = Page("```python\nx = 1\n```")
    page.theme = "ansi-dark"
    async with page.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        fence = page.prose.query_one(Fence)
        before = fence._highlighted_code
        page.theme = "ansi-light"
        await pilot.pause()
        assert fence._highlighted_code.spans != before.spans


async def test_a_table_with_many_columns_is_scrolled_sideways() -> None:
    rows = ["|".join(f"{name}{at}" for at in range(40)) for name in ("head", "cell")]
    page = Page(f"{rows[0]}\n{'|'.join(['-'] * 40)}\n{rows[1]}\n")
    async with page.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert all(word in "\n".join(page.lines) for word in ("head0", "head4", "cell4"))
        table = page.prose.children[0]
        table.scroll_to(x=table.max_scroll_x, animate=False)
        await pilot.pause()
        assert "cell39" in "\n".join(page.lines)


async def test_a_table_that_fits_is_not_scrolled() -> None:
    page = Page(f"a|b\n-|-\n{'word ' * 30}|{'word ' * 30}\n")
    async with page.run_test(size=(30, 20)) as pilot:
        await pilot.pause()
        assert not page.prose.children[0].show_horizontal_scrollbar
        assert page.prose.children[0].max_scroll_x == 0
