"""What is known of a plugin without importing it; plain values, for a start imports no parser to have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

API_VERSION = "1.0"
"""The version of the hooks and of everything in `hfs_core.api`, apart from the version of HFS; 1.x only adds."""

FIRST_PARTY = frozenset(
    {
        "hfs-checkpoints",
        "hfs-commands",
        "hfs-export",
        "hfs-local-model",
        "hfs-openai-models",
        "hfs-sessions",
        "hfs-sqlite-store",
    }
)
"""The distributions that HFS lists as its own; `hfs --safe` loads no other."""

Source = Literal["installed", "directory"]
"""Where a plugin comes from: an installed distribution, or a folder in `~/.hfs/plugins`."""


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """What is known of a plugin without importing it.

    Attributes:
        source: `installed` by a distribution, or a `directory` in `~/.hfs/plugins`.
        folder: the directory that holds it; "" for an installed one.
        digest: the SHA-256 of the manifest from which all this was read; only of a directory.
        module: what to import; `attribute` of it, or the module itself where "", is the plugin.
        commands: pairs of name and summary.
        chat_only: the names of those commands that make no sense in the shell.
        keys: pairs of a command's name and its key in the chat.
        requires: names of plugins that must be there.
        requires_versions: pairs of such a name and the versions that will do, as `>=1,<2`; only where it says so.
        mismatches: pairs of a needed plugin and why the one that is there is of the wrong version.
        services_versions: pairs of a service and the version of its token, where that is not 1.
        requires_services: names of services that some plugin must offer.
        requires_services_versions: pairs of such a name and the version of its token; only where it says so.
        settings: pairs of a setting's key below `plugins.<name>` and a word about it.
        advisory: pairs of a kind and what the author says the plugin also does; nothing enforces it.
        api: the versions of HFS' interface that it works with, as `>=1,<2`; "" for any.
        tryfirst: those of its hooks that want to be called before the other plugins'; `trylast` after them.
        lists: whether there is a manifest that lists hooks or contributions; else it must be imported to know.
        warnings: what in its manifest HFS does not know and left out.
        fault: why it cannot be used, "" if it can.
    """

    name: str
    version: str = ""
    description: str = ""
    source: Source = "installed"
    distribution: str = ""
    folder: str = ""
    digest: str = ""
    module: str = ""
    attribute: str = ""
    manifest: str = ""
    capabilities: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    tryfirst: tuple[str, ...] = ()
    trylast: tuple[str, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    chat_only: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    services: tuple[str, ...] = ()
    services_versions: tuple[tuple[str, int], ...] = ()
    requires: tuple[str, ...] = ()
    requires_versions: tuple[tuple[str, str], ...] = ()
    requires_services: tuple[str, ...] = ()
    requires_services_versions: tuple[tuple[str, int], ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    advisory: tuple[tuple[str, tuple[str, ...]], ...] = ()
    api: str = ""
    on_failure: str = "skip"
    lists: bool = False
    mismatches: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    fault: str = ""

    @property
    def is_first_party(self) -> bool:
        """Tell whether HFS lists its distribution as its own."""
        return self.source == "installed" and self.distribution in FIRST_PARTY
