"""The steps of the laws of stores, for tests of our own."""

from __future__ import annotations

import hfs_core.testing.store_conformance  # noqa: F401 # first: pytest is to explain the asserts of the laws
from hfs_core.testing.laws.machine import check_against_lists
from hfs_core.testing.laws.steps import begin, check_whole, fork, said, say, texts

__all__ = ["begin", "check_against_lists", "check_whole", "fork", "said", "say", "texts"]
