"""For plugin authors' tests: the law of stores as a suite to inherit, models that follow a script, a host."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfs_core.testing.openai_script import Answer as Answer
    from hfs_core.testing.openai_script import refuse as refuse
    from hfs_core.testing.openai_server import OpenAIServer as OpenAIServer
    from hfs_core.testing.plugins import in_process as in_process
    from hfs_core.testing.scripted_model import Ending as Ending
    from hfs_core.testing.scripted_model import ScriptedModel as ScriptedModel
    from hfs_core.testing.store_conformance import StoreConformance as StoreConformance

_HOMES = {
    "Answer": "hfs_core.testing.openai_script",
    "Ending": "hfs_core.testing.scripted_model",
    "OpenAIServer": "hfs_core.testing.openai_server",
    "ScriptedModel": "hfs_core.testing.scripted_model",
    "StoreConformance": "hfs_core.testing.store_conformance",
    "in_process": "hfs_core.testing.plugins",
    "refuse": "hfs_core.testing.openai_script",
}

__all__ = ["Answer", "Ending", "OpenAIServer", "ScriptedModel", "StoreConformance", "in_process", "refuse"]


def __getattr__(name: str) -> object:
    try:
        module = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(module), name)
