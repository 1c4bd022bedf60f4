"""How much time each plugin takes: to import, to activate, and in each of its hooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

IMPORT = "import"
"""Where the time goes that importing a plugin takes, beside its hooks."""

SLOW_LOAD = 1.0
"""Seconds that a plugin may take to be imported and activated before it is told."""


@dataclass(slots=True)
class Spent:
    """The calls of one hook of one plugin, in seconds until each had answered, what it waited for included."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0
    last: float = 0.0

    def add(self, seconds: float) -> None:
        """Count a call."""
        self.count += 1
        self.total += seconds
        self.last = seconds
        if seconds > self.longest:
            self.longest = seconds


class Timings:
    """What every plugin has taken since HFS started."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, str], Spent] = {}

    def of(self, plugin: str, hook: str) -> Spent:
        """Return what a plugin has spent in a hook, or in its import; what is added to it is kept."""
        return self._spent.setdefault((plugin, hook), Spent())

    def hooks(self, plugin: str) -> Iterator[tuple[str, Spent]]:
        """Go through where a plugin has spent its time, the most costly first."""
        own = [(hook, spent) for (name, hook), spent in self._spent.items() if name == plugin and spent.count]
        return iter(sorted(own, key=lambda each: -each[1].total))

    def load_seconds(self, plugin: str) -> float:
        """Return how long a plugin's last import and activation have taken; 0 where it was not loaded."""
        return sum(spent.last for hook in (IMPORT, "activate") if (spent := self._spent.get((plugin, hook))))

    def slow_load(self, plugin: str) -> str:
        """Return a sentence about a plugin that has taken long to load, "" for any other."""
        seconds = self.load_seconds(plugin)
        if seconds < SLOW_LOAD:
            return ""
        imported = self.of(plugin, IMPORT).last
        return (
            f"plugin {plugin} took {seconds:.1f} s to load: "
            f"{imported:.1f} s to import, {seconds - imported:.1f} s to activate"
        )
