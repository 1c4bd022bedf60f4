"""Plugins that are classes of a test, given to the kernel as if they were installed."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from hfs_core.hookspecs import HOOKS
from hfs_core.plugins.capabilities import CAPABILITIES
from hfs_core.plugins.discovery import PluginInfo

_MODULE = "hfs_in_process_plugins"


def in_process(name: str, plugin: type[Any], **manifest: Any) -> PluginInfo:
    """Return what discovery would find for a plugin class that is not in any package.

    Its manifest lists the hooks that the class has, and every capability; `manifest` gives or changes fields of
    `PluginInfo`.
    """
    module = sys.modules.setdefault(_MODULE, ModuleType(_MODULE))
    attribute = f"{name}_{len(vars(module))}"  # two tests may give two classes one name
    setattr(module, attribute, plugin)
    hooks = tuple(hook for hook in HOOKS if hasattr(plugin, hook))
    described: dict[str, Any] = {
        "version": "1.0",
        "module": _MODULE,
        "attribute": attribute,
        "capabilities": tuple(CAPABILITIES),
        "hooks": hooks,
        "lists": True,
        **manifest,
    }
    return PluginInfo(name, **described)
