"""Makes HTML of a message. A model's Markdown is rendered, and nothing that it writes can act, load or be styled.

Raw HTML is text (markdown-it with `html` off), images are links, and what comes out is sanitised by nh3 all the same:
a fixed set of tags, no attributes but of links and of highlighted code.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from hfs_export.formats.facts import shown

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererProtocol
    from markdown_it.token import Token
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexer import Lexer

LARGEST = 100_000
"""Characters of a reply that are rendered; a longer one is shown as it was written."""

DEEPEST = 15
"""How deep its blocks may lie in each other: from 20 on the parser would leave out the words."""

LONGEST_CODE = 20_000
"""Characters of a code block that are highlighted."""

_BELOW = 3
"""The page's own headings reach to this level; those of a message lie below."""

_TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "span", "blockquote", "ul", "ol", "li", "a"),
    *("h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}


def as_written(text: str) -> str:
    """Return a text letter by letter."""
    return f'<div class="plain" dir="auto">{escape(shown(text))}</div>\n'


def as_markdown(text: str) -> str:
    """Return a text as the Markdown that it is."""
    if len(text) > LARGEST:
        return as_written(text)
    parser, env = _parser(), dict[str, Any]()
    tokens = parser.parse(shown(text), env)
    if any(token.level > DEEPEST for token in tokens):
        return as_written(text)
    rendered = parser.renderer.render(tokens, parser.options, env)
    return f'<div class="prose" dir="auto">\n{_sanitiser()(rendered)}</div>\n'


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "highlight": _highlighted}).enable(
        ["table", "strikethrough"]
    )
    parser.add_render_rule("image", _image)
    parser.add_render_rule("heading_open", _heading)
    parser.add_render_rule("heading_close", _heading)
    return parser


@cache
def _sanitiser() -> Callable[[str], str]:
    import nh3
    from pygments.token import STANDARD_TYPES

    return nh3.Cleaner(
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        allowed_classes={"span": {name for name in STANDARD_TYPES.values() if name}},
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    ).clean


def _highlighted(code: str, language: str, attributes: str) -> str:
    """Return code with its parts named by classes; "" leaves it as it is."""
    from pygments import highlight

    lexer = _lexer(language) if language and len(code) <= LONGEST_CODE else None
    return highlight(code, lexer, _formatter()) if lexer else ""


@lru_cache(64)
def _lexer(language: str) -> Lexer | None:
    """Return what reads a language, None where nothing does."""
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None


@cache
def _formatter() -> HtmlFormatter[str]:
    from pygments.formatters.html import HtmlFormatter

    return HtmlFormatter(nowrap=True)


def _image(
    renderer: RendererProtocol,
    tokens: Sequence[Token],
    index: int,
    options: Any,
    env: MutableMapping[str, Any],
) -> str:
    """Return a link: an image would be fetched by everyone who opens the page."""
    token = tokens[index]
    words = "".join(child.content for child in token.children or ())
    return f'<a href="{escape(str(token.attrs["src"]))}">[image: {escape(words)}]</a>'


def _heading(
    renderer: RendererProtocol,
    tokens: Sequence[Token],
    index: int,
    options: Any,
    env: MutableMapping[str, Any],
) -> str:
    level = min(6, int(tokens[index].tag[1:]) + _BELOW)
    return f"<h{level}>" if tokens[index].nesting > 0 else f"</h{level}>\n"
