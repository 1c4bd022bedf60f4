"""Puts a message into a Markdown page so that it stays Markdown, and stays in its place.

Each line of a message begins with `> `: whatever blocks a message opens, the quotation ends them, in every dialect of
Markdown, and no line of it can pass for one of the page. What a quotation does not hold is put, still quoted, into a
code fence longer than any run of backticks in it: raw HTML (`<details>` or `<!--` would swallow the rest of the page),
definitions of links and footnotes (they hold for the whole page), images (they would be fetched by who opens it) and
headings that read like the page's own.
"""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import TYPE_CHECKING

from hfs_export.formats.facts import shown

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LARGEST = 100_000
"""Characters of a message that are looked through for what would leave its place; a longer one goes into a fence."""

DEEPEST = 15
"""How deep its blocks may lie in each other: from 20 on the parser passes over what others would still read."""

OWN = "text"
"""The word behind the page's own fences; a message that begins with one gets another around it."""

_OWN_FENCE = re.compile(rf"`{{3,}}{OWN}$", re.MULTILINE)
_PAGE = re.compile(
    r"\W*(?:(?:hfs sessions?|triad)\b.*"
    r"|(?:agent activity|phases|conversation|user|assistant|system|checkpoints|run snapshot)\W*$)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[A-Za-z/!?]")
_ACTING = re.compile(rf"{_TAG.pattern}|!\[|\]:")
_HEADING = re.compile(r"#[ \t]+(.+)$|^(.+)\n[ \t>]*(?:=+|-+)[ \t]*$", re.MULTILINE)
_MARKS = re.compile(r"[*_`~\\\[\]#>]|\([^()]*\)")
_DEFINITION = re.compile(r"^[\s>]*\[[^\]\n]{0,999}\]:", re.MULTILINE)
_RUNS = re.compile("`+")
_SPECIAL = re.compile(
    r"([\\`*\[\]<~|]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # between letters it is a letter
    r"|&(?=#?\w+;)"
    r"|#(?=#*$)"  # it would end a heading
    r"|^>|^[#+=-](?=[#+=\s-]|$)|(?<=\d)[.)](?=\s|$))"  # it would begin a block
)


def quoted(text: str) -> str:
    """Return a message as a quotation, its last line ended."""
    text = shown(text)
    told = _quotation(text)
    return _quotation(fenced(text, OWN)) if _escapes(text, told) else told


def fenced(text: str, word: str) -> str:
    """Return a text in a code fence that nothing in it can close."""
    fence = "`" * max(3, 1 + max(map(len, _RUNS.findall(text)), default=0))
    return f"{fence}{word}\n{text}\n{fence}"


def escaped(text: str) -> str:
    """Return a line of plain text as Markdown shows it, letter by letter."""
    return _SPECIAL.sub(r"\\\1", text)


def _quotation(text: str) -> str:
    return "".join(f"> {line}\n" if line else ">\n" for line in text.split("\n"))


def _escapes(text: str, told: str) -> bool:
    """Tell whether a message would act beyond its quotation."""
    if len(text) > LARGEST or _OWN_FENCE.match(text):
        return True
    if not _is_suspect(text):
        return False
    env: dict[str, object] = {}
    tokens = _parser().parse(told, env)
    return bool(env.get("references")) or any(map(_acts, tokens, [*tokens[1:], None]))


def _is_suspect(text: str) -> bool:
    """Tell whether it takes a parser, which is slow, to know that a message stays in its place."""
    if _ACTING.search(text):
        return True
    headings = ("".join(map(str, filter(None, found.groups()))) for found in _HEADING.finditer(text))
    return any(_PAGE.match(_MARKS.sub("", unescape(heading))) for heading in headings)


def _acts(token: Token, after: Token | None) -> bool:
    if token.type == "html_block" or token.level > DEEPEST:
        return True
    if token.type == "code_block":  # dialects have their own ideas of indentation where there are tabs
        return _ACTING.search(token.content) is not None
    if token.type == "heading_open" and token.tag in ("h1", "h2", "h3"):
        words = "".join(child.content for child in (after and after.children) or ())
        return _PAGE.match(words) is not None
    if token.type != "inline":
        return False
    for child in token.children or ():
        # What this parser takes for text may still be a tag to one that is more generous.
        if child.type in ("html_inline", "image") or (child.type == "text" and _TAG.search(child.content)):
            return True
    return _DEFINITION.search(token.content) is not None


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])
