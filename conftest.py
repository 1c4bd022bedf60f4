"""What all tests share, those of plugins and examples too: the fixtures for authors of plugins, and the same draws."""

from __future__ import annotations

import os

from hypothesis import settings

pytest_plugins = ["hfs_core.testing"]

settings.register_profile("same", derandomize=True)
if not os.environ.get("HFS_EXPLORE"):  # else a test could fail by the luck of the draw alone
    settings.load_profile("same")
