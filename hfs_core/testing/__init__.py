"""For plugin authors' tests: the law of stores as a suite to inherit."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfs_core.testing.plugins import in_process as in_process
    from hfs_core.testing.scripted_model import Ending as Ending
    from hfs_core.testing.scripted_model import ScriptedModel as ScriptedModel
    from hfs_core.testing.store_conformance import StoreConformance as StoreConformance

_HOMES = {
    "ScriptedModel": "hfs_core.testing.scripted_model",
    "Ending": "hfs_core.testing.scripted_model",
    "in_process": "hfs_core.testing.plugins",
    "StoreConformance": "hfs_core.testing.store_conformance",
}

__all__ = ["Ending", "ScriptedModel", "StoreConformance", "in_process"]


def __getattr__(name: str) -> object:
    try:
        module = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(module), name)
