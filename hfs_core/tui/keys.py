"""What keys are called."""

from __future__ import annotations

_NAMES = {
    "escape": "Esc",
    "pageup": "PageUp",
    "pagedown": "PageDown",
    "question_mark": "?",
    "slash": "/",
    "space": "Space",
}


def key_name(key: str) -> str:
    """Return how a key is written for people, such as `Ctrl+P`; a letter alone stays as it is."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    if last in _NAMES:
        last = _NAMES[last]
    elif len(last) > 1 or modifiers:
        last = last.capitalize()
    return "+".join([*(modifier.capitalize() for modifier in modifiers), last])
