"""What a session has used so far; kept as a record beside it."""

from __future__ import annotations

from dataclasses import dataclass

from hfs_core.api import JSON, UsageRecorded

from .settings import Price


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens, and their price in dollars.

    Attributes:
        is_whole: whether the price of all of them is known.
    """

    tokens: int = 0
    dollars: float = 0.0
    is_whole: bool = True

    def plus(self, usage: UsageRecorded, price: Price | None) -> Spent:
        """Return what is spent after one more run."""
        tokens = self.tokens + usage.prompt_tokens + usage.completion_tokens
        if price is None:
            return Spent(tokens, self.dollars, is_whole=False)
        cost = (usage.prompt_tokens * price.input + usage.completion_tokens * price.output) / 1e6
        return Spent(tokens, self.dollars + cost, self.is_whole)

    def to_json(self) -> JSON:
        """Return it as a record's value."""
        return {"tokens": self.tokens, "dollars": self.dollars, "is_whole": self.is_whole}

    def __str__(self) -> str:
        """Say it in few words; a price that is not known to be whole is not said."""
        tokens = f"{self.tokens:,} tokens"
        return f"{tokens} · ${self.dollars:.4f}" if self.dollars and self.is_whole else tokens
