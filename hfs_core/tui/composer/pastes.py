"""Keeps large texts out of the text area: a token stands for each until it is sent."""

from __future__ import annotations

import re

LARGE = 10_000
"""Characters above which a text that is pasted or given back is shown as a token."""

KEPT = 32_000_000
"""Characters of texts behind tokens that are kept for Up to bring back; the oldest go first."""

_TOKEN = re.compile(r"\[Pasted text #(\d+): [\d,]+ characters\]")


class Pastes:
    """The large texts of a sitting, each behind its token."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._last = 0

    def fold(self, text: str) -> str:
        """Return a token that stands for the text where it is large, else the text."""
        if len(text) <= LARGE:
            return text
        for token, known in self._texts.items():
            if known == text:
                return token
        self._last += 1
        token = f"[Pasted text #{self._last}: {len(text):,} characters]"
        self._texts[token] = text
        return token

    def unfold(self, text: str) -> str:
        """Return the text with what its tokens stand for."""
        if not self._texts:
            return text
        return _TOKEN.sub(lambda found: self._texts.get(found[0], found[0]), text)

    def forget(self, shown: str) -> list[str]:
        """Let the oldest texts go where too much is kept, but for those in `shown`; return their tokens."""
        gone = []
        excess = sum(map(len, self._texts.values())) - KEPT
        for token in [token for token in self._texts if token not in shown]:
            if excess <= 0:
                break
            excess -= len(self._texts.pop(token))
            gone.append(token)
        return gone

    def spans(self, line: str) -> list[tuple[int, int]]:
        """Return where tokens are in a line."""
        if not self._texts:
            return []
        return [found.span() for found in _TOKEN.finditer(line) if found[0] in self._texts]
