"""Who may run: whether a person has agreed to exactly the files that a plugin's folder holds now."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from hfs_core import __version__
from hfs_core.errors import ConfigError, PluginError
from hfs_core.paths import Paths
from hfs_core.plugins.capabilities import Grants, expanded, listed
from hfs_core.plugins.directories import MANIFEST, describe_manifest
from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.judgement import NOTHING, REFUSED, Judgement, NotTrusted, Standing
from hfs_core.plugins.states import PluginState
from hfs_core.plugins.tree import Difference, Tree, TreeRefused, difference, read_tree
from hfs_core.plugins.trust_record import Decision, Decisions, change_decisions, read_decisions

VARIABLE = "HFS_TRUST"
SHORTEST = 8
"""Digits of a hash that a person must give at least to name it."""


class Trust:
    """What a person decided about the plugins in folders.

    Args:
        consented: folders whose plugins run whatever they hold, in this process alone and without a record; only
            `hfs plugins check`, `hfs plugins dev` and tests name any.
    """

    def __init__(
        self,
        paths: Paths,
        *,
        environ: Mapping[str, str] = os.environ,
        consented: Iterable[Path] = (),
    ):
        self._file = paths.state / "trust.json"
        self._named, self.fault = _named(environ.get(VARIABLE, ""))
        self._consented = frozenset(folder.resolve() for folder in consented)
        self._admitted: dict[str, Grants] = {}
        self._taken_back: set[str] = set()
        self._read: tuple[object, Decisions, str] = (None, {}, "")
        self._wrong: list[str] = []
        self._standings: dict[str, Standing] = {}

    def judge(self, info: PluginInfo) -> Judgement:
        """Read a plugin's folder and tell how it stands; takes about a millisecond, and waits for the disk."""
        decisions, fault = self._decided()
        judgement = self._judge(info, decisions, fault)
        self._admitted.setdefault(info.name, judgement.grants)
        self._standings[info.name] = judgement.standing
        return judgement

    def verdict(self, info: PluginInfo) -> tuple[PluginState, str] | None:
        """Return why a plugin in a folder does not run, None where nothing is against it."""
        if info.source != "directory":
            return None
        judgement = self.judge(info)
        if judgement.told and judgement.told not in self._wrong:
            self._wrong.append(judgement.told)
        return None if judgement.is_trusted else (judgement.state, judgement.reason)

    def is_waiting(self, plugin: str) -> bool:
        """Tell of a plugin that does not run whether a person may want to decide about it: not if they refused it."""
        return self._standings.get(plugin) not in (None, Standing.DENIED)

    def faults(self) -> list[ConfigError]:
        """Return what cannot be used of the record and of `HFS_TRUST`, as far as a verdict depended on it."""
        return [ConfigError(told) for told in self._wrong]

    def grants(self, info: PluginInfo) -> Grants:
        """Return what a plugin may do: what a person granted it, or, of an installed one, what its manifest lists."""
        if info.source != "directory":
            return listed(info)
        if info.name not in self._admitted:
            self.judge(info)
        return self._admitted[info.name]

    def admit(self, info: PluginInfo) -> PluginInfo:
        """Let a plugin's code be imported if its folder holds what was agreed to, and return what its manifest says.

        What was imported already stays what it is, whatever has become of the folder, but for a consent that was taken
        back.

        Raises:
            NotTrusted: it may not run.
        """
        from hfs_core.plugins import exact

        is_in = exact.mounted(info.name) is not None and info.name not in self._taken_back
        if info.source != "directory" or is_in:
            return info
        judgement = self.judge(info)
        if judgement.tree is None or not judgement.is_trusted:
            raise NotTrusted(judgement)
        exact.mount(info.name, judgement.tree)
        self._admitted[info.name] = judgement.grants
        return judgement.info

    def drop(self, plugin: str) -> None:
        """Forget the code of a plugin: the next time it is loaded, its folder is read again."""
        from hfs_core.plugins.exact import unmount

        unmount(plugin)
        self._admitted.pop(plugin, None)

    def grant(self, judgement: Judgement, capabilities: Iterable[str] | None = None) -> Judgement:
        """Keep that a person agreed to exactly what a judgement shows, and return how the plugin stands then.

        Args:
            capabilities: what it is granted of what its manifest lists; all of it by default.

        Raises:
            PluginError: the folder is refused, or the record cannot be written.
        """
        asked = expanded(judgement.info.capabilities)
        granted = asked if capabilities is None else expanded(capabilities) & asked
        return self._decide(judgement, "granted", granted)

    def deny(self, judgement: Judgement) -> Judgement:
        """Keep that a person refused what a judgement shows; asked again once the folder holds something else."""
        return self._decide(judgement, "denied", frozenset())

    def forget(self, info: PluginInfo) -> bool:
        """Keep no decision about a plugin, wherever its folder lay; False if there was none."""
        folder = os.path.realpath(info.folder)
        forgotten: list[str] = []

        def change(decisions: Decisions) -> None:
            forgotten.extend(
                each for each in decisions if each == folder or decisions[each].name == info.name
            )
            for each in forgotten:
                del decisions[each]

        change_decisions(self._file, change)
        self._admitted.pop(info.name, None)
        self._taken_back.add(info.name)
        return bool(forgotten)

    def _decide(self, judgement: Judgement, kind: str, granted: frozenset[str]) -> Judgement:
        from datetime import UTC, datetime

        tree, info = judgement.tree, judgement.info
        if tree is None:
            raise PluginError(judgement.reason, plugin=info.name)
        decision = Decision(
            name=info.name,
            kind="granted" if kind == "granted" else "denied",
            sha256=tree.sha256,
            version=info.version,
            files=tree.digests(),
            capabilities=info.capabilities,
            granted=tuple(sorted(granted)),
            decided_at=datetime.now(UTC).isoformat(timespec="seconds"),
            hfs=__version__,
        )
        change_decisions(self._file, lambda decisions: decisions.update({str(tree.root): decision}))
        decided = replace(
            judgement, before=decision, standing=Standing.DENIED, grants=NOTHING, reason=_denied(decision)
        )
        if decision.kind == "granted":
            decided = replace(decided, standing=Standing.TRUSTED, grants=_granted(info, decision), reason="")
        self._admitted[info.name] = decided.grants
        self._taken_back.discard(info.name)
        self._standings[info.name] = decided.standing
        return decided

    def _decided(self) -> tuple[Decisions, str]:
        """Return the record, read again where it is another file by now: it is replaced, never written over."""
        try:
            status = os.stat(self._file)
            seen: object = (status.st_ino, status.st_mtime_ns, status.st_size, status.st_mode)
        except OSError:
            seen = None
        if seen is None or seen != self._read[0]:
            self._read = (seen, *read_decisions(self._file))
        return self._read[1:]

    def _judge(self, info: PluginInfo, decisions: Decisions, fault: str) -> Judgement:
        told = "; ".join(filter(None, (self.fault, fault)))
        try:
            tree = read_tree(Path(info.folder))
        except TreeRefused as error:
            reason = f"{REFUSED}: {error}"
            return Judgement(info, Standing.REFUSED, reason, told=told)
        info = _true_info(info, tree)
        before = decisions.get(str(tree.root))
        judgement = Judgement(info, Standing.WAITING, tree=tree, before=before, told=told)
        if info.fault:
            return replace(judgement, standing=Standing.REFUSED, reason=info.fault, tree=None)
        if tree.root in self._consented:
            return replace(judgement, standing=Standing.TRUSTED, grants=listed(info))
        judgement = _by_record(judgement, tree, before)
        wanted = self._named.get(info.name)
        if judgement.is_trusted or wanted is None:
            return judgement
        if wanted == tree.sha256:
            return replace(judgement, standing=Standing.TRUSTED, grants=listed(info), reason="")
        wrong = f"{VARIABLE} names {info.name} with the hash {wanted[:12]}, but it is {tree.sha256[:12]}"
        return replace(judgement, told="; ".join(filter(None, (told, wrong))))


def _by_record(judgement: Judgement, tree: Tree, before: Decision | None) -> Judgement:
    """Tell how a plugin stands by what was decided about its folder."""
    info = judgement.info
    remedy = f"`hfs plugins info {info.name}` shows it, `hfs plugins trust {info.name}` agrees to it"
    if before is None:
        return replace(judgement, reason=f"nobody has agreed to it yet: {remedy}")
    if before.sha256 == tree.sha256:
        if before.kind == "granted":
            return replace(judgement, standing=Standing.TRUSTED, grants=_granted(info, before))
        return replace(judgement, standing=Standing.DENIED, reason=_denied(before))
    change = summary(difference(before.files, tree.digests()))
    if before.kind == "denied":
        return replace(judgement, reason=f"it has changed since you refused it ({change}): {remedy}")
    reason = f"it has changed since you agreed to it ({change}): {remedy}"
    return replace(judgement, standing=Standing.CHANGED, reason=reason)


def summary(change: Difference) -> str:
    """Return in a few words what became of files."""
    parts = [
        f"{len(paths)} {word}"
        for word, paths in (("added", change.added), ("changed", change.changed), ("removed", change.removed))
        if paths
    ]
    return f"files: {', '.join(parts)}" if parts else "its place"


def _granted(info: PluginInfo, decision: Decision) -> Grants:
    return listed(info, expanded(info.capabilities) - expanded(decision.granted))


def _denied(decision: Decision) -> str:
    day = decision.decided_at.partition("T")[0]
    return f"you refused it on {day}: `hfs plugins trust {decision.name}` lets it run after all"


def _true_info(info: PluginInfo, tree: Tree) -> PluginInfo:
    """Return what the manifest in the tree says: the bytes that are agreed to, not what was found earlier."""
    file = tree.files.get(MANIFEST)
    if file is None:
        return replace(info, fault=f"{info.folder}: has no {MANIFEST}")
    if sha256(file.content).hexdigest() != info.digest:
        from hfs_core.plugins.versions import checked

        info = next(checked([describe_manifest(file.content, Path(info.folder))]))
    return info


def _named(value: str) -> tuple[dict[str, str], str]:
    """Return the hashes by plugin that `HFS_TRUST` names, and what in it cannot be used."""
    named, wrong = {}, []
    for part in filter(None, map(str.strip, value.split(","))):
        name, _, wanted = part.partition("@sha256:")
        if len(wanted) == 64 and not set(wanted.lower()) - set("0123456789abcdef"):
            named[name] = wanted.lower()
        else:
            wrong.append(part)
    if not wrong:
        return named, ""
    return named, f"{VARIABLE}: {', '.join(wrong)} is not NAME@sha256: and all 64 digits, and trusts nobody"
