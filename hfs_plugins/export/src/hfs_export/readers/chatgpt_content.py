"""What a message of ChatGPT says, as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hfs_core.api import JSON
from hfs_export.readers.fences import as_json, fenced, quoted

MARKED = "a picture, sound or file is only named"
"""What is told of a part that is not text."""

_PICTURES = ("image_asset_pointer",)
_SOUNDS = ("audio_asset_pointer", "real_time_user_audio_video_asset_pointer", "video_container_asset_pointer")


class ChatGptContent:
    """Reads contents; `lost` hears of what does not come along whole."""

    def __init__(self, lost: Callable[[str], None]):
        self._lost = lost

    def text(self, content: JSON, attachments: Mapping[str, str]) -> str:
        """Return what a content says as text, "" if that is nothing.

        Args:
            attachments: the names of the files that go with it, by their ids.
        """
        if content is None:
            return ""
        if isinstance(content, str):
            return content
        if not isinstance(content, Mapping):
            self._lost("content that is no object is kept as its JSON")
            return as_json(content)
        kind = content.get("content_type")
        known = _KINDS.get(kind) if isinstance(kind, str) else None
        text = known(content) if known else None
        if text is None and isinstance(content.get("parts"), list):
            text = self._parts(content["parts"], attachments)
        if text is None and isinstance(content.get("text"), str):
            text = content["text"]
        if text is None:
            if not any(value for key, value in content.items() if key != "content_type"):
                return ""
            self._lost("content of an unknown kind is kept as its JSON")
            text = as_json(content)
        return text

    def _parts(self, parts: list[Any], attachments: Mapping[str, str]) -> str:
        told = (self._part(part, attachments) for part in parts)
        return "\n\n".join(text for text in told if text)

    def _part(self, part: JSON, attachments: Mapping[str, str]) -> str:
        if isinstance(part, str):
            return part
        if not part:
            return ""
        if isinstance(part, Mapping):
            kind = part.get("content_type")
            if kind in _PICTURES or kind in _SOUNDS:
                self._lost(MARKED)
                return _pointed(part, "image" if kind in _PICTURES else "audio", attachments)
            if isinstance(part.get("text"), str):
                return str(part["text"])
        self._lost("content of an unknown kind is kept as its JSON")
        return as_json(part)


def _pointed(part: Mapping[str, JSON], word: str, attachments: Mapping[str, str]) -> str:
    """Name what a pointer means, such as `file-service://file-AbC`, and say of what it was drawn."""
    pointer = str(part.get("asset_pointer") or part.get("audio_asset_pointer") or "")
    name = attachments.get(pointer.rpartition("/")[2], pointer)
    metadata = part.get("metadata")
    drawn = metadata.get("dalle") if isinstance(metadata, Mapping) else None
    prompt = drawn.get("prompt") if isinstance(drawn, Mapping) else None
    return f"[{word}: {name}]" + (f"\n\n{prompt}" if isinstance(prompt, str) and prompt else "")


def _string(content: Mapping[str, Any], *keys: str) -> str | None:
    """Return the first of these that is text, None if none is."""
    return next((content[key] for key in keys if isinstance(content.get(key), str)), None)


def _code(content: Mapping[str, Any]) -> str | None:
    text = _string(content, "text")
    language = _string(content, "language") or ""
    if text is None:
        return None
    return fenced(text, "" if language == "unknown" else language) if text.strip() else ""


def _output(content: Mapping[str, Any]) -> str | None:
    text = _string(content, "text", "output_str", "result", "summary")
    return None if text is None else fenced(text) if text.strip() else ""


def _page(content: Mapping[str, Any]) -> str | None:
    lines = [_string(content, key) or "" for key in ("title", "url", "text")]
    return "\n\n".join(line for line in lines if line) if any(lines) else None


def _context(content: Mapping[str, Any]) -> str | None:
    told = (_string(content, key) for key in ("user_profile", "user_instructions", "model_set_context"))
    texts = [text for text in told if text is not None]
    return "\n\n".join(text for text in texts if text) if texts else None


def _thoughts(content: Mapping[str, Any]) -> str | None:
    thoughts = content.get("thoughts")
    if not isinstance(thoughts, list):
        return None
    told = []
    for thought in thoughts:
        if not isinstance(thought, Mapping):
            return None
        summary, text = _string(thought, "summary") or "", _string(thought, "content") or ""
        told += [f"**{summary}**" if summary.strip() else "", text]
    return quoted("\n\n".join(text for text in told if text))


def _error(content: Mapping[str, Any]) -> str | None:
    text = _string(content, "text")
    return None if text is None else f"[error: {_string(content, 'name') or 'of ChatGPT'}]\n\n{fenced(text)}"


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
    "code": _code,
    "execution_output": _output,
    "citable_code_output": _output,
    "tether_browsing_display": _output,
    "tether_quote": _page,
    "sonic_webpage": _page,
    "user_editable_context": _context,
    "model_editable_context": _context,
    "thoughts": _thoughts,
    "system_error": _error,
}
"""How contents are read; None where one has not what its kind has."""
