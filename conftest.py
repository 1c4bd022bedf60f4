"""What all tests share: the fixtures that HFS gives to the authors of plugins, for our own plugins and examples too."""

from __future__ import annotations

import pytest

pytest_plugins = ["hfs_core.testing"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the laws that start processes, in every suite of a store, to the slow tests."""
    for item in items:
        function = getattr(item, "function", None)
        if getattr(function, "__module__", "") == "hfs_core.testing.laws.durability":
            item.add_marker(pytest.mark.slow)
