"""Puts first what fits best to what was typed of it.

Not `textual.fuzzy`: it tries every way in which the letters can be found, and the text is a stranger's; eight
letters in a name of eighty can keep it busy for a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")

WHOLE, START, WORDS, INSIDE, SCATTERED = range(5)
"""How a word can fit to a text, the best first."""


def best(
    items: Iterable[Item], word: str, texts: Callable[[Item], tuple[str, ...]], limit: int
) -> list[Item]:
    """Return the items that fit, best first; what is equally good keeps its order.

    Args:
        word: what was typed; everything fits to nothing.
        texts: what may be typed for an item, then what is said about it, of which whole words must begin so.
        limit: how many are returned at most.
    """
    if not word:
        return list(islice(items, limit))
    ranked = [(rank, item) for item in items if (rank := _rank(word.casefold(), texts(item))) is not None]
    ranked.sort(key=lambda pair: pair[0])
    return [item for _, item in ranked[:limit]]


def _rank(word: str, texts: tuple[str, ...]) -> tuple[int, int, int] | None:
    """Return a rank, the lower the better; None where the word does not fit."""
    ranks = [(*fit, place) for place, text in enumerate(texts) if (fit := _fit(word, text.casefold()))]
    told = [rank for rank in ranks if rank[2] == 0 or rank[0] <= WORDS]  # letters are found in any summary
    return min(told, default=None)


def _fit(word: str, text: str) -> tuple[int, int] | None:
    """Return how well a word fits to a text: the kind of fit, then how far its letters are spread."""
    at = text.find(word)
    if at == 0:
        return (WHOLE if text == word else START), 0
    if at > 0:
        return (INSIDE if text[at - 1].isalnum() else WORDS), 0
    span = _shortest_span(word, text)
    return None if span is None else (SCATTERED, span)


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
