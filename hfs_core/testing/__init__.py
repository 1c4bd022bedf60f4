"""For plugin authors' tests: fixtures, the law of stores as a suite to inherit, models that follow a script.

`pytest_plugins = ["hfs_core.testing"]` in a `conftest.py` brings the fixtures of `hfs_core.testing.fixtures`.

PYTEST_DONT_REWRITE: it has no asserts, and may be imported before pytest takes it up.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfs_core.testing.failures import PluginFailures as PluginFailures
    from hfs_core.testing.headless import Answered as Answered
    from hfs_core.testing.headless import HeadlessHfs as HeadlessHfs
    from hfs_core.testing.openai_script import Answer as Answer
    from hfs_core.testing.openai_script import refuse as refuse
    from hfs_core.testing.openai_server import OpenAIServer as OpenAIServer
    from hfs_core.testing.plugins import in_process as in_process
    from hfs_core.testing.screen import Screen as Screen
    from hfs_core.testing.scripted_model import Ending as Ending
    from hfs_core.testing.scripted_model import ScriptedModel as ScriptedModel
    from hfs_core.testing.store_conformance import StoreConformance as StoreConformance

pytest_plugins = ("hfs_core.testing.fixtures",)
"""What pytest takes up with this package."""

_HOMES = {
    "Answer": "hfs_core.testing.openai_script",
    "Answered": "hfs_core.testing.headless",
    "Ending": "hfs_core.testing.scripted_model",
    "HeadlessHfs": "hfs_core.testing.headless",
    "OpenAIServer": "hfs_core.testing.openai_server",
    "PluginFailures": "hfs_core.testing.failures",
    "Screen": "hfs_core.testing.screen",
    "ScriptedModel": "hfs_core.testing.scripted_model",
    "StoreConformance": "hfs_core.testing.store_conformance",
    "in_process": "hfs_core.testing.plugins",
    "refuse": "hfs_core.testing.openai_script",
}

__all__ = [
    "Answer",
    "Answered",
    "Ending",
    "HeadlessHfs",
    "OpenAIServer",
    "PluginFailures",
    "Screen",
    "ScriptedModel",
    "StoreConformance",
    "in_process",
    "refuse",
]


def __getattr__(name: str) -> object:
    try:
        module = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(module), name)
