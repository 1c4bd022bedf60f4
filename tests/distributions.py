"""Distributions with plugins, laid out as an installer would; no installer runs, and none is ever imported."""

from __future__ import annotations

from pathlib import Path

from hfs_core.plugins.discovery import PluginInfo
from hfs_core.plugins.discovery import scan as scan_with

MANIFEST = """
name: weather
version: 1.0
description: Tells the weather
entry_point: "plugin:Weather"
capabilities: [commands]
hooks: [provide_commands]
contributes: {commands: [{name: weather, summary: Tell the weather}]}
"""


NOWHERE = Path("/nowhere")


def scan() -> list[PluginInfo]:
    """What the installed distributions give."""
    return scan_with(NOWHERE)


def install(
    site: Path, name: str, manifest: str | None, *, distribution: str = "", package: str = ""
) -> Path:
    """Lay out a distribution as an installer would; its package raises when it is imported."""
    distribution, package = distribution or f"acme-{name}", package or f"acme_{name}"
    info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[hfs.plugins]\n{name} = {package}\n")
    (site / package).mkdir(exist_ok=True)
    (site / package / "__init__.py").write_text("raise RuntimeError('imported')")
    if manifest is not None:
        (site / package / "manifest.yaml").write_text(manifest)
    return site / package
