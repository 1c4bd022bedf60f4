"""Fuzzy matching that no text can make stall: Textual's score, over the two likeliest ways to match."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from operator import itemgetter
from typing import TypeVar

from textual.fuzzy import FuzzySearch

Item = TypeVar("Item")

ELSEWHERE = 0.7
"""What a match is worth that is not in a thing's name."""


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
    folded, fuzzy = word.lower(), Fuzzy(word)
    begins = re.compile(rf"(?<!\w){re.escape(folded)}")  # letters alone are found in any sentence

    def score(item: Item) -> float:
        name, *about = (text.lower() for text in texts(item))
        told = (fuzzy.score(folded, text) * ELSEWHERE for text in about if begins.search(text))
        return max(fuzzy.score(folded, name), *told, 0.0)

    scored = [(worth, item) for item in items if (worth := score(item))]
    scored.sort(key=itemgetter(0), reverse=True)
    return [item for _, item in scored[:limit]]


class Fuzzy:
    """Matches texts with what a person has typed: its words, in any order, the letters of each in theirs.

    Textual's own search looks at every way in which a text matches, and their number grows without bound.
    """

    def __init__(self, query: str):
        self.words = query.lower().split()
        self._search = FuzzySearch(cache_size=1)

    def score(self, word: str, folded: str) -> float:
        """Return how well one word matches a text in lower case, 0 where it does not."""
        ways = _ways(word, folded)
        return max((self._scored(word, folded, way) for way in ways), default=0.0)

    def positions(self, text: str) -> list[int]:
        """Return the places of the letters that match, of every word that does."""
        folded = text.lower()
        if len(folded) != len(text):  # as in Turkish: the places would not be those of the text
            return []
        found: set[int] = set()
        for word in self.words:
            ways = [(self._scored(word, folded, way), way) for way in _ways(word, folded)]
            if ways:
                found.update(max(ways, key=itemgetter(0))[1])
        return sorted(found)

    def _scored(self, word: str, folded: str, positions: Sequence[int]) -> float:
        score = self._search.score(folded, positions)
        if positions[-1] - positions[0] == len(positions) - 1:
            score *= 2.0 if word == folded else 1.5  # what Textual gives a part of the text in one piece
        return score


def _ways(word: str, folded: str) -> list[Sequence[int]]:
    """Return where the letters may be: in one piece, else at the beginnings of words and as near as may be."""
    starts = (folded.find(word), folded.find(f" {word}") + 1)
    if starts[0] >= 0:
        return [range(start, start + len(word)) for start in starts if start or not starts[0]]
    latest = _latest(word, folded)
    if not latest:
        return []
    return [_nearest(word, folded), _at_beginnings(word, folded, latest)]


def _latest(word: str, folded: str) -> list[int]:
    """Return how far to the right each letter can be; nothing where the letters are not there in this order."""
    places: list[int] = []
    end = len(folded)
    for letter in reversed(word):
        end = folded.rfind(letter, 0, end)
        if end < 0:
            return []
        places.append(end)
    return places[::-1]


def _nearest(word: str, folded: str) -> list[int]:
    """Return the letters' places behind the first end that they can have, each as far to the right as it goes."""
    end = 0
    for letter in word:
        end = folded.index(letter, end) + 1
    return _latest(word, folded[:end])


def _at_beginnings(word: str, folded: str, latest: Sequence[int]) -> list[int]:
    """Return the letters' places, each following the last one or beginning a word where that can be."""
    places: list[int] = []
    at = 0
    for letter, limit in zip(word, latest, strict=True):
        place = first = folded.index(letter, at)
        if not places or first != at:
            while place > 0 and folded[place - 1].isalnum():
                place = folded.find(letter, place + 1, limit + 1)
            place = first if place < 0 else place
        places.append(place)
        at = place + 1
    return places
