"""How a figure is printed: what was measured, the bar, and whether it was reached."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; `is_least` where more is better."""

    name: str
    value: float
    bar: float
    unit: str = "x"
    is_least: bool = False

    @property
    def is_reached(self) -> bool:
        """Tell whether the bar was reached."""
        return self.value >= self.bar if self.is_least else self.value <= self.bar

    def __str__(self) -> str:
        word = "at least" if self.is_least else "at most"
        verdict = "ok" if self.is_reached else "MISSED"
        return f"{self.name}: {self.value:,.2f} {self.unit} ({word} {self.bar:,g}) {verdict}"


def report(figures: list[Figure]) -> int:
    """Print figures and return how many missed their bar."""
    for figure in figures:
        print(figure, flush=True)
    return sum(not figure.is_reached for figure in figures)
