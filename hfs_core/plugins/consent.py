"""The question whether a plugin in a folder may run, as data: a surface draws it, and nothing in it was left out.

Every text in it may be the author's: names, descriptions and paths are shown as they are, never as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hfs_core.plugins.capabilities import CAPABILITIES, expanded, in_order, unknown
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.invisible import Hidden, invisible
from hfs_core.plugins.judgement import Judgement, Standing
from hfs_core.plugins.tree import Difference
from hfs_core.plugins.trust_record import Decision

_BREAKS = re.compile("[\n\r\t\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")

CONSENT_SENTENCE = "This plugin runs as you and can do anything you can do."
CONSENT_LETS = "HFS will let it"
CONSENT_SAYS = "The author says it also (not enforced)"


@dataclass(frozen=True, slots=True)
class Asked:
    """A capability that a plugin asks for.

    Attributes:
        words: what HFS will let it do, after `CONSENT_LETS`; its commands are named.
        before: what was decided about it last; `new` where it did not ask for it then, "" where nothing was decided.
    """

    capability: str
    words: str
    before: Literal["", "new", "granted", "denied"] = ""


@dataclass(frozen=True, slots=True)
class ConsentQuestion:
    """What a person is asked about a plugin, and must see before they answer.

    Attributes:
        folder: where it lies, links resolved.
        reason: why it does not run now.
        refused: why nobody can agree to it as it is, "" if one can.
        files: how many it has, of `size` bytes together.
        sha256: the hash of its folder: an answer holds for exactly this.
        asks: what it asks for and HFS enforces.
        no_longer: capabilities that it was granted before and asks for no more.
        unknown: words in its manifest that are no capability: they are never granted.
        says: what the author says that it also does; nothing enforces it. Pairs of a kind and sentences.
        needs: other plugins that it works with.
        before: when it was decided about last, ISO 8601, and about which version; empty if never.
        was_denied: whether it was refused then.
        change: what became of its files since; None where nothing was decided before.
        hidden: what a reader of its source does not see.
    """

    name: str
    version: str
    description: str
    folder: str
    standing: Standing
    reason: str
    refused: str
    files: int
    size: int
    sha256: str
    asks: tuple[Asked, ...] = ()
    no_longer: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    says: tuple[tuple[str, tuple[str, ...]], ...] = ()
    needs: tuple[str, ...] = ()
    before: tuple[str, str] = ("", "")
    was_denied: bool = False
    change: Difference | None = None
    hidden: tuple[Hidden, ...] = ()

    @property
    def extent(self) -> str:
        """How many files it has, and how large they are together."""
        return f"{self.files} {'file' if self.files == 1 else 'files'}, {_bytes(self.size)}"


def question(judgement: Judgement) -> ConsentQuestion:
    """Return the question about a plugin as it was read; reads its sources for what is not seen."""
    info, tree, before = judgement.info, judgement.tree, judgement.before
    asked = expanded(info.capabilities)
    had = expanded(before.granted) if before else frozenset()
    return ConsentQuestion(
        name=info.name,
        version=info.version,
        description=info.description,
        folder=str(tree.root) if tree else info.folder,
        standing=judgement.standing,
        reason=judgement.reason,
        refused="" if tree else judgement.reason,
        files=len(tree.files) if tree else 0,
        size=tree.size if tree else 0,
        sha256=tree.sha256 if tree else "",
        asks=tuple(Asked(name, _words(name, info), _before(name, before)) for name in in_order(asked)),
        no_longer=tuple(in_order(had - asked)),
        unknown=unknown(info.capabilities),
        says=info.advisory,
        needs=info.requires,
        before=(before.decided_at, before.version) if before else ("", ""),
        was_denied=before is not None and before.kind == "denied",
        change=judgement.difference,
        hidden=tuple(invisible(tree)) if tree else (),
    )


def consent_lines(asked: ConsentQuestion) -> Iterator[str]:
    """Give a question as lines of plain text, everything in it; no text of the author's begins a line of its own."""
    yield from map(_flat, _lines(asked))


def _lines(asked: ConsentQuestion) -> Iterator[str]:
    yield f"{asked.name} {asked.version}: {asked.description}".strip(": ")
    yield asked.folder
    if asked.sha256:
        yield f"{asked.extent}, sha256:{asked.sha256}"
    if asked.refused:
        yield f"It cannot be agreed to: {asked.refused}"
        return
    yield ""
    yield CONSENT_SENTENCE
    yield from _change_lines(asked)
    yield f"{CONSENT_LETS}:"
    yield from _asked_lines(asked)
    if asked.says:
        yield f"{CONSENT_SAYS}:"
        yield from (f"  {kind}: {', '.join(sentences)}" for kind, sentences in asked.says)
    if asked.hidden:
        yield "What a reader of its source does not see:"
        for hidden in asked.hidden:
            yield f"  {hidden.path}{f':{hidden.line}' if hidden.line else ''}: {hidden.what}"


def _change_lines(asked: ConsentQuestion) -> Iterator[str]:
    when, version = asked.before
    if not when:
        return
    did = "refused" if asked.was_denied else "agreed to"
    yield f"You {did} version {version} on {when.partition('T')[0]}."
    if asked.change is None:
        return
    yield "Since then:"
    for word, paths in (
        ("added", asked.change.added),
        ("changed", asked.change.changed),
        ("removed", asked.change.removed),
    ):
        yield from (f"  {word:<8} {path}" for path in paths)


def _asked_lines(asked: ConsentQuestion) -> Iterator[str]:
    if not (asked.asks or asked.unknown):
        yield "  nothing: it asks for no capability"
    for each in asked.asks:
        news = {"new": " (new)", "denied": " (denied before)"}.get(each.before, "")
        yield f"  {each.capability:<18} {each.words}{news}"
    for name in asked.no_longer:
        yield f"  {name:<18} it asks for this no more"
    for name in asked.unknown:
        yield f"  {name:<18} unknown to this HFS: never granted"


def _bytes(count: int) -> str:
    if count < 1024:
        return "1 byte" if count == 1 else f"{count} bytes"
    return f"{count / 1024:.0f} KB" if count < 1024**2 else f"{count / 1024**2:.1f} MB"


def _flat(line: str) -> str:
    """Return a line without breaks in it; what it is indented by, and its columns, stay."""
    return _BREAKS.sub(" ", line)


def _before(capability: str, decision: Decision | None) -> Literal["", "new", "granted", "denied"]:
    if decision is None:
        return ""
    if capability in expanded(decision.granted):
        return "granted"
    return "denied" if capability in expanded(decision.capabilities) else "new"


def _words(capability: str, info: PluginInfo) -> str:
    words = CAPABILITIES[capability].words
    if capability == "commands" and info.commands:
        return f"{words}: {', '.join(f'/{name}' for name, _ in info.commands)}"
    if capability == "services" and info.services:
        return f"{words}: {', '.join(info.services)}"
    return words
