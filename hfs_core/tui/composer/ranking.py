"""Puts first what fits best to what was typed of it.

Not `textual.fuzzy`: it tries every way in which the letters can be found, and the text is a stranger's; ten letters
in a name of sixty can keep it busy for minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


def best(
    items: Iterable[Item], word: str, texts: Callable[[Item], tuple[str, ...]], limit: int
) -> list[Item]:
    """Return the items that fit, best first; what is equally good keeps its order.

    Args:
        word: what was typed; everything fits to nothing.
        texts: what may be typed for an item, the most telling first.
        limit: how many are returned at most.
    """
    ranked = [(rank, item) for item in items if (rank := _rank(word.casefold(), texts(item))) is not None]
    ranked.sort(key=lambda pair: pair[0])
    return [item for _, item in ranked[:limit]]


def _rank(word: str, texts: tuple[str, ...]) -> tuple[int, int, int] | None:
    """Return a rank, the lower the better; None where the word does not fit."""
    ranks = [(*fit, place) for place, text in enumerate(texts) if (fit := _fit(word, text.casefold()))]
    return min(ranks, default=None)


def _fit(word: str, text: str) -> tuple[int, int] | None:
    """Return how well a word fits to a text: the kind of fit, then how much is left over."""
    at = text.find(word)
    if at == 0:
        return (0 if len(text) == len(word) else 1), (len(text) if word else 0)
    if at > 0:
        return (3 if text[at - 1].isalnum() else 2), at
    span = _shortest_span(word, text)
    return None if span is None else (4, span)


def _shortest_span(word: str, text: str) -> int | None:
    """Return how many characters the letters are spread over, from the last place where they begin in order."""
    position = -1
    for letter in word:
        position = text.find(letter, position + 1)
        if position < 0:
            return None
    end = position
    for letter in reversed(word):
        position = text.rfind(letter, 0, position + 1)
        position -= 1
    return end - position
