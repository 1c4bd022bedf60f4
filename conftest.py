"""What all tests share, those of plugins and examples too: the fixtures for authors of plugins, and the same draws."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["hfs_core.testing"]

settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
if not os.environ.get("HFS_EXPLORE"):  # else a test could fail by the luck of the draw, or of a busy machine
    settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the laws that start processes, in every suite of a store, to the slow tests."""
    for item in items:
        function = getattr(item, "function", None)
        if getattr(function, "__module__", "") == "hfs_core.testing.laws.durability":
            item.add_marker(pytest.mark.slow)
