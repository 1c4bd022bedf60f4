"""Turns mounted blocks of Markdown into what their text has become, touching only what differs.

Textual replaces a whole list at every word that is added to it, and lays the screen out at every word of a
paragraph; here what stays the same stays, and what keeps its height is only drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static
from textual.widgets._markdown import (
    MarkdownBlock,
    MarkdownBlockQuote,
    MarkdownBullet,
    MarkdownFence,
    MarkdownHeader,
    MarkdownHorizontalRule,
    MarkdownList,
    MarkdownParagraph,
    MarkdownTableContent,
)

from hfs_core.tui.fence import Fence
from hfs_core.tui.grid import Grid

if TYPE_CHECKING:
    from textual.css.styles import RulesMap


async def change(parent: Widget, old: Sequence[Widget], new: Sequence[MarkdownBlock]) -> None:
    """Show the new blocks in the place of the old ones, which are the last children of `parent`."""
    for widget, block in zip(old, new, strict=False):
        if not await _becomes(widget, block):
            await parent.mount(block, before=widget)
            await widget.remove()
    if len(old) > len(new):
        await parent.remove_children(old[len(new) :])
    elif rest := new[len(old) :]:
        await parent.mount_all(rest)


async def _becomes(old: Widget, new: MarkdownBlock) -> bool:
    """Let a mounted block show what another one would; False if it cannot."""
    if type(old) is not type(new):
        return False
    if isinstance(old, Fence):
        old.become(cast(MarkdownFence, new))
    elif isinstance(old, (MarkdownParagraph, MarkdownHeader)):
        _write(old, new._content)
        old._content = new._content
    elif isinstance(old, MarkdownList):
        await _change_list(old, new)
    elif isinstance(old, MarkdownBlockQuote):
        await change(old, old.children, new._blocks)
    elif isinstance(old, Grid):
        return await _table_becomes(old, cast(Grid, new))
    else:
        return isinstance(old, MarkdownHorizontalRule)
    return True


def _write(old: Static, content: Content) -> None:
    was = old.content
    if isinstance(was, Content) and was.is_same(content):
        return
    width, styles = old.content_size.width, old.styles
    is_as_high = (
        width > 0
        and not (styles.width is not None and styles.width.is_auto)
        and content.get_height(cast("RulesMap", styles), width) == old.content_size.height
    )
    old.update(content, layout=not is_as_high)


async def _change_list(old: MarkdownList, new: MarkdownBlock) -> None:
    # A list composes a row for each item: a bullet beside a column of blocks.
    rows = list(old.children)
    drawn = cast("list[Widget]", list(new.compose()))
    for row, like in zip(rows, drawn, strict=False):
        bullet, column = row.children
        like_bullet, like_column = like._pending_children
        symbol = cast(MarkdownBullet, like_bullet).symbol
        if cast(MarkdownBullet, bullet).symbol != symbol:
            cast(MarkdownBullet, bullet).symbol = symbol
            bullet.refresh(layout=True)
        await change(column, column.children, cast("list[MarkdownBlock]", like_column._pending_children))
    if len(rows) > len(drawn):
        await old.remove_children(rows[len(drawn) :])
    elif len(rows) < len(drawn):
        await old.mount_all(drawn[len(rows) :])


async def _table_becomes(old: Grid, new: Grid) -> bool:
    table = old.query_one(MarkdownTableContent)
    headers, rows = new._get_headers_and_rows()
    if len(headers) != len(table.headers) or len(rows) < len(table.rows):
        return False
    cells = cast("list[Static]", list(MarkdownTableContent(headers, rows).compose()))
    for cell, like in zip(table.children, cells, strict=False):
        _write(cast(Static, cell), cast(Content, like.content))
    await table.mount_all(cells[len(table.children) :])
    table.headers, table.rows, table.last_row = headers, rows, len(rows)
    old._headers, old._rows = headers, rows
    old.fit()
    return True
