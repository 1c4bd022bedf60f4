"""What a person reads before they decide about a plugin; every text of the author's is drawn as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from textual.content import Content

from hfs_core import api
from hfs_core.tui.text import one_line

if TYPE_CHECKING:
    from hfs_core.api import Asked, ConsentQuestion

LONGEST = 600
"""Characters of one text of the author's that are drawn."""

MOST = 40
"""Lines of one list that are drawn."""

NEWS = {"new": " new", "denied": " denied before", "granted": ""}


def head(asked: ConsentQuestion) -> Content:
    """Return what the plugin is, where it lies and how large it is."""
    lines = [(author(asked.description), "")] if asked.description else []
    lines.append((author(asked.folder), "$text-muted"))
    if asked.sha256:
        lines.append((f"{asked.extent} · sha256 {asked.sha256[:12]}", "$text-muted"))
    return _joined(Content.styled(text, style) for text, style in lines)


def warning(asked: ConsentQuestion) -> Content:
    """Return the sentence above everything that HFS enforces; or why nobody can agree."""
    if asked.refused:
        return Content.styled(f"It cannot be agreed to: {author(asked.refused)}", "$text-error")
    return Content.styled(api.CONSENT_SENTENCE, "$text-warning bold")


def change(asked: ConsentQuestion) -> Content:
    """Return what became of the plugin since it was decided about last; nothing where it never was."""
    when, version = asked.before
    if not when:
        return Content("")
    did = "refused" if asked.was_denied else "agreed to"
    lines = [Content(f"You {did} version {author(version)} on {when.partition('T')[0]}.")]
    if asked.change is not None:
        lines[0] = lines[0] + Content(" Since then:")
        lines += _files("+ added", asked.change.added, "$text-success")
        lines += _files("~ changed", asked.change.changed, "$text-warning")
        lines += _files("- removed", asked.change.removed, "$text-error")
    return _joined(lines)


def box(*, is_granted: bool, is_current: bool) -> Content:
    """Return the box before a capability."""
    return Content.assemble(
        ("▸ " if is_current else "  ", "$text-accent bold"),
        ("[x]" if is_granted else "[ ]", "bold" if is_granted else "$text-muted"),
    )


def asked_for(asked: Asked, *, is_granted: bool) -> Content:
    """Return what a capability means, and what was decided about it before."""
    words = Content.styled(author(asked.words), "" if is_granted else "$text-muted")
    return words + Content.styled(NEWS.get(asked.before, ""), "$text-warning")


def rest(asked: ConsentQuestion) -> Content:
    """Return what is not to be ticked: what is never granted, what is asked for no more, which plugins it needs."""
    lines = [f"  {name}: it asks for this no more" for name in asked.no_longer]
    lines += [f"  {author(word)}: unknown to this HFS, never granted" for word in asked.unknown[:MOST]]
    if not asked.asks:
        lines.insert(0, "  nothing: it asks for no capability")
    if asked.needs:
        lines.append(f"  It needs the plugins {', '.join(map(author, asked.needs[:MOST]))}.")
    return Content.styled("\n".join(lines), "$text-muted")


def says(asked: ConsentQuestion) -> Content:
    """Return what the author says that it also does, which nobody enforces."""
    lines = [
        Content(f"  {author(kind)}: {author(', '.join(sentences))}") for kind, sentences in asked.says[:MOST]
    ]
    return _joined(lines)


def hidden(asked: ConsentQuestion) -> Content:
    """Return what a reader of its source does not see."""
    lines = [
        f"  {author(each.path)}{f':{each.line}' if each.line else ''}: {author(each.what)}"
        for each in asked.hidden
    ]
    return Content.styled("\n".join(_cut(lines)), "$text-error")


def author(text: str) -> str:
    """Return a text of the author's in one line, cut where it is too long."""
    words = one_line(text)
    return (
        words if len(words) <= LONGEST else f"{words[:LONGEST]}… ({len(words) - LONGEST:,} more characters)"
    )


def _files(word: str, paths: Iterable[str], style: str) -> Iterator[Content]:
    return (Content.styled(f"  {word} {line}", style) for line in _cut([author(path) for path in paths]))


def _cut(lines: list[str]) -> list[str]:
    return lines if len(lines) <= MOST else [*lines[:MOST], f"and {len(lines) - MOST:,} more"]


def _joined(lines: Iterable[Content]) -> Content:
    return Content("\n").join(lines)
