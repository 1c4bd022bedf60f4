"""How a plugin in a folder stands with the person, at the moment when the folder was read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hfs_core.plugins.capabilities import Grants
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.states import PluginState, Unfit
from hfs_core.plugins.tree import Difference, Tree, difference
from hfs_core.plugins.trust_record import Decision

NOTHING = Grants()

REFUSED = "it cannot be trusted as it is"
"""How the reason begins where a person cannot agree to a folder, whatever they want."""


class Standing(StrEnum):
    """How a plugin that is a folder stands with the person."""

    TRUSTED = "trusted"
    WAITING = "waiting"
    CHANGED = "changed"
    DENIED = "denied"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of a folder at one moment; whatever runs later runs from the bytes in `tree`.

    Attributes:
        info: as the manifest in `tree` says; as it was found where there is no tree.
        reason: why it does not run, and what to do about it; "" if it is trusted.
        grants: what it may do; nothing unless it is trusted.
        tree: None where the folder is refused: a link leaves it, it cannot be read, its manifest cannot be used.
        before: what was decided last about this folder, about whatever it held then.
        told: what is wrong with `HFS_TRUST` or the record, "" if nothing is.
    """

    info: PluginInfo
    standing: Standing
    reason: str = ""
    grants: Grants = NOTHING
    tree: Tree | None = None
    before: Decision | None = None
    told: str = ""

    @property
    def is_trusted(self) -> bool:
        """Tell whether its code may run."""
        return self.standing is Standing.TRUSTED

    @property
    def state(self) -> PluginState:
        """The state in which a person sees the plugin."""
        if self.is_trusted:
            return PluginState.FOUND
        return PluginState.CHANGED if self.standing is Standing.CHANGED else PluginState.UNTRUSTED

    @property
    def difference(self) -> Difference | None:
        """What became of its files since the last decision, None where there was none or there is no tree."""
        if self.before is None or self.tree is None or self.before.sha256 == self.tree.sha256:
            return None
        return difference(self.before.files, self.tree.digests())


class NotTrusted(Unfit):
    """A plugin that may not run; `judgement` says why."""

    def __init__(self, judgement: Judgement):
        super().__init__(judgement.state, judgement.reason, plugin=judgement.info.name)
        self.judgement = judgement
