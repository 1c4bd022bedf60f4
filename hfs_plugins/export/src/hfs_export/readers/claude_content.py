"""What a message of Claude.ai says, as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hfs_core.api import JSON
from hfs_export.readers.fences import as_json, fenced, quoted

WITHOUT_WORDS = ("token_budget",)
"""Blocks that say nothing to anybody but the program."""

LONGEST_NAME = 200
"""How many characters of a file's or a tool's name are told."""


class ClaudeContent:
    """Reads what a message holds; `lost` hears of what does not come along whole."""

    def __init__(self, lost: Callable[[str], None]):
        self._lost = lost

    def text(self, message: Mapping[str, Any]) -> str:
        """Return the blocks, or the text where there are none, and the files of a message as text."""
        blocks = message.get("content")
        told = list(self._blocks(blocks)) if isinstance(blocks, list) else []
        if not any(told) and isinstance(message.get("text"), str):
            told = [message["text"]]
        told += self._files(message)
        return "\n\n".join(text for text in told if text.strip())

    def _blocks(self, blocks: list[Any]) -> Iterator[str]:
        for block in blocks:
            if isinstance(block, str):
                yield block
                continue
            kind = block.get("type") if isinstance(block, Mapping) else None
            if kind in WITHOUT_WORDS:
                continue
            known = _KINDS.get(kind) if isinstance(kind, str) else None
            text = known(block) if known else None
            if text is None:
                self._lost("a block of an unknown kind is kept as its JSON")
                text = as_json(block)
            if isinstance(block, Mapping) and block.get("citations"):
                self._lost("what an answer cites is left out")
            yield text

    def _files(self, message: Mapping[str, Any]) -> Iterator[str]:
        """Tell the files that go with a message; of an attachment its text is there, too."""
        for key, word in (("attachments", "attached"), ("files", "file")):
            files = message.get(key)
            for file in files if isinstance(files, list) else ():
                if not isinstance(file, Mapping):
                    continue
                name = _string(file, "file_name", "file_uuid", "uuid", "id") or "without a name"
                content = _string(file, "extracted_content")
                if not content:
                    self._lost("a file is only named")
                told = f"[{word}: {name[:LONGEST_NAME]}]"
                yield f"{told}\n\n{fenced(content)}" if content else told


def _string(value: Mapping[str, Any], *keys: str) -> str | None:
    """Return the first of these that is text and not empty, None if none is."""
    return next((value[key] for key in keys if isinstance(value.get(key), str) and value[key]), None)


def _text(block: Mapping[str, Any]) -> str | None:
    text = block.get("text")
    return text if isinstance(text, str) else None


def _thinking(block: Mapping[str, Any]) -> str | None:
    text = block.get("thinking")
    return quoted(text) if isinstance(text, str) else None


def _voice(block: Mapping[str, Any]) -> str | None:
    title, text = _string(block, "title"), _text(block)
    return None if text is None else f"**{title}**\n\n{text}" if title else text


def _call(block: Mapping[str, Any]) -> str | None:
    """Tell what a tool was asked; an artifact is shown as what it is."""
    given = block.get("input")
    told = f"[call of {(_string(block, 'name') or 'a tool')[:LONGEST_NAME]}]"
    if isinstance(given, Mapping):
        made = _string(given, "content", "code")
        if made is not None and block.get("name") in ("artifacts", "repl"):
            title = _string(given, "title", "id")
            language = _string(given, "language") or ""
            return f"{told}{' ' + title[:LONGEST_NAME] if title else ''}\n\n{fenced(made, language)}"
    return f"{told}\n\n{as_json(given)}" if given else told


def _result(block: Mapping[str, Any]) -> str | None:
    """Tell what a tool answered."""
    word = "error" if block.get("is_error") is True else "result"
    told = f"[{word} of {(_string(block, 'name') or 'a tool')[:LONGEST_NAME]}]"
    content = block.get("content")
    if isinstance(content, str):
        return f"{told}\n\n{fenced(content)}" if content.strip() else told
    items = content if isinstance(content, list) else [content] if content else []
    return "\n\n".join([told, *map(_answer, items)])


def _answer(item: JSON) -> str:
    text = _text(item) if isinstance(item, Mapping) and item.get("type") == "text" else None
    return as_json(item) if text is None else fenced(text)


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
    "text": _text,
    "thinking": _thinking,
    "voice_note": _voice,
    "tool_use": _call,
    "tool_result": _result,
}
"""How blocks are read; None where one has not what its kind has."""
