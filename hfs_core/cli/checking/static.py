"""What can be told of a plugin without running any of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hfs_core.cli.checking.finding import Finding, fail, ok, warn
from hfs_core.hookspecs import HOOKS
from hfs_core.naming import nearest
from hfs_core.plugins.capabilities import (
    CAPABILITIES,
    NEEDED,
    OFFERING,
    expanded,
    in_order,
    is_open,
    may_offer,
    unknown,
)
from hfs_core.plugins.directories import MANIFEST
from hfs_core.plugins.info import API_VERSION, PluginInfo
from hfs_core.plugins.invisible import invisible
from hfs_core.plugins.source import Source
from hfs_core.plugins.tree import TreeRefused, read_tree

SHORTEST_README = 100
"""Characters below which a README says nothing."""


def examine(source: Source) -> Iterator[Finding]:
    """Look at a plugin's files."""
    yield from _manifest(source)
    yield from _api(source.info)
    yield from _capabilities(source.info)
    yield from _tree(source)
    yield from _readme(source)
    yield from _license(source)


def _manifest(source: Source) -> Iterator[Finding]:
    info = source.info
    if info.fault:
        yield fail("manifest", info.fault)
        return
    if not info.manifest:
        text = f"there is no {MANIFEST}: HFS must import the plugin at every start to know what it does"
        yield warn("manifest", text)
        return
    faults = list(_manifest_faults(info))
    yield from faults
    if not faults:
        count = len(info.hooks)
        yield ok("manifest", f"{info.name} {info.version}, {count} {'hook' if count == 1 else 'hooks'}")


def _manifest_faults(info: PluginInfo) -> Iterator[Finding]:
    for text in info.warnings:
        yield warn("manifest", text)
    for hook in info.hooks:
        if hook not in HOOKS:
            near = nearest(hook, HOOKS)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield fail("manifest", f"hooks: there is no hook {hook}{hint}")
    if not info.lists:
        yield warn(
            "manifest",
            "it lists no hooks and no contributions: HFS must import it at every start to know them",
        )
    if not info.description.strip():
        yield warn("manifest", "description is empty: it is what people see in the list of plugins")
    for name, summary in info.commands:
        if not summary:
            yield warn("manifest", f"the command {name} has no summary, which --help and the palette show")


def _api(info: PluginInfo) -> Iterator[Finding]:
    if info.fault or not info.manifest:
        return
    if info.api:
        yield ok("api", f"{info.api}, and this HFS has {API_VERSION}")
    else:
        major = int(API_VERSION.partition(".")[0])
        yield warn("api", f'say for which HFS it is made: api: ">={major},<{major + 1}"')


def _capabilities(info: PluginInfo) -> Iterator[Finding]:
    if info.fault or not info.manifest:
        return
    granted, faults = expanded(info.capabilities), []
    for word in unknown(info.capabilities):
        near = nearest(word, CAPABILITIES)
        hint = f"; did you mean {near[0]}?" if near else ""
        faults.append(warn("capabilities", f"{word} is none that this HFS knows, and never granted{hint}"))
    for hook in info.hooks:
        if not is_open(hook, granted):
            needed = " or ".join(in_order(NEEDED[hook]))
            faults.append(
                fail("capabilities", f"{hook} is only called with {needed}, which the manifest must list")
            )
    if info.commands and "commands" not in granted:
        faults.append(
            fail("capabilities", "its commands are only there with commands, which the manifest must list")
        )
    for service in info.services:
        if not may_offer(service, granted):
            needed = " and ".join(dict.fromkeys(("services", OFFERING.get(service, "services"))))
            text = f"{service} can only be offered with {needed}, which the manifest must list"
            faults.append(fail("capabilities", text))
    yield from faults or [ok("capabilities", ", ".join(in_order(granted)) or "none")]


def _tree(source: Source) -> Iterator[Finding]:
    if source.package is None:
        return
    try:
        tree = read_tree(source.package)
    except TreeRefused as error:
        yield fail("files", str(error))
        return
    hidden = invisible(tree)
    for each in hidden:
        yield fail("files", f"{each.path}{f':{each.line}' if each.line else ''}: {each.what}")
    if not hidden:
        yield ok("files", f"{len(tree.files)}, no link leaves the folder, no invisible characters")


def _readme(source: Source) -> Iterator[Finding]:
    if source.kind == "installed":
        text = _metadata(source.info, "Description")
    else:
        files = _named(source.root, "readme")
        text = files[0].read_text(encoding="utf-8", errors="replace") if files else ""
    if len(text.strip()) >= SHORTEST_README:
        yield ok("readme", "there")
    else:
        missing = "says next to nothing" if text.strip() else "is missing"
        yield warn("readme", f"{missing}: what it does, how it is installed, what can be set")


def _license(source: Source) -> Iterator[Finding]:
    if source.kind == "installed":
        terms = _metadata(source.info, "License-Expression") or _metadata(source.info, "License")
    else:
        project = (source.project or {}).get("project", {})
        files = [
            *_named(source.root, "license"),
            *_named(source.root, "licence"),
            *_named(source.root, "copying"),
        ]
        declared = project.get("license", "") if isinstance(project, dict) else ""
        terms = declared if isinstance(declared, str) and declared else ", ".join(file.name for file in files)
        if declared and not files:
            yield warn("licence", f"{terms}, but there is no file LICENSE with its text")
            return
    if terms:
        yield ok("licence", terms)
    else:
        yield warn("licence", "is missing: without one nobody may use or change the plugin")


def _named(folder: Path, start: str) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.name.lower().startswith(start) and file.is_file())


def _metadata(info: PluginInfo, field: str) -> str:
    """Return what the metadata of an installed distribution say."""
    from importlib_metadata import PackageNotFoundError, metadata

    try:
        known = metadata(info.distribution)
    except (PackageNotFoundError, ValueError):
        return ""
    return str(known.get(field) or "")
