"""What plugins did wrong in a test: each failure fails the test, unless it says that it expects it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from hfs_core.errors import PluginFailed


class PluginFailures:
    """The failures of plugins that the test has not expected yet, oldest first."""

    def __init__(self) -> None:
        self._seen: list[PluginFailed] = []

    def __iter__(self) -> Iterator[PluginFailed]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, failure: PluginFailed) -> None:
        """Take note of a failure."""
        if failure not in self._seen:  # one that ends an activation is told by the hook and by the loader
            self._seen.append(failure)

    @contextmanager
    def expected(self, match: str = "") -> Iterator[list[PluginFailed]]:
        """Expect failures within: they are in the list that it gives once it is left, and fail the test no more.

        Args:
            match: a part of what each of them says.

        Raises:
            AssertionError: no plugin failed.
        """
        known, caught = list(self._seen), list[PluginFailed]()
        try:
            yield caught
        finally:  # also where the call raised, as `load_plugin` does for one that cannot be used
            caught.extend(seen for seen in self._seen if seen not in known and match in str(seen))
            self._seen = [seen for seen in self._seen if seen not in caught]
        if not caught:
            others = f"; there were: {'; '.join(map(str, self._seen))}" if self._seen else ""
            raise AssertionError(f"no plugin failed{f' with {match!r}' if match else ''}{others}")

    def forgive(self, failure: BaseException | None) -> None:
        """Let a failure be that is raised in the test itself."""
        self._seen = [seen for seen in self._seen if seen is not failure]

    def check(self) -> None:
        """Raise what was not expected: one failure with the plugin's own traceback as its cause, or all of them."""
        failures, self._seen = self._seen, []
        if len(failures) == 1:
            raise failures[0]
        if failures:
            raise ExceptionGroup("plugins failed", failures)

    def take_text(self) -> str:
        """Return what was not expected with its tracebacks, and forget it."""
        failures, self._seen = self._seen, []
        return "\n".join("".join(traceback.format_exception(failure)) for failure in failures)
