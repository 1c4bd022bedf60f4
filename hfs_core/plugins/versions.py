"""Whether versions fit what manifests ask for; looked at when plugins are found, and kept in the cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion

from hfs_core.plugins.info import API_VERSION, PluginInfo


def checked(found: Sequence[PluginInfo]) -> Iterator[PluginInfo]:
    """Yield plugins, with a fault where HFS' interface, with mismatches where a needed plugin is of no fit version."""
    versions = {info.name: info.version for info in found}
    for info in found:
        mismatches = []
        for name, wanted in info.requires_versions:
            there = versions.get(name)
            if there is not None and (fault := _misfit(there, wanted)):
                text = f"needs the plugin {name} in version {wanted}, and there is {there}"
                mismatches.append((name, f"{text} ({fault})" if fault != "no" else text))
        yield replace(info, mismatches=tuple(mismatches), fault=info.fault or _api_fault(info))


def _api_fault(info: PluginInfo) -> str:
    if not info.api or not (fault := _misfit(API_VERSION, info.api)):
        return ""
    if fault != "no":
        return f"{info.manifest}: api: {info.api}: {fault}"
    return (
        f"is made for version {info.api} of HFS' interface, and this HFS has {API_VERSION}: {_remedy(info)}"
    )


def _remedy(info: PluginInfo) -> str:
    of_it = info.distribution or "it"
    return f"update HFS (pip install --upgrade hfs-core), or get a version of {of_it} for this one"


def _misfit(version: str, wanted: str) -> str:
    """Return what keeps a version from fitting: "no", or what is wrong with the wish or the version; "" if it fits."""
    try:
        # `1` or `1.0` alone is read as a wish for that version and what is compatible with it.
        bare = wanted[:1].isdigit()
        specifier = SpecifierSet(
            f"=={wanted}.*" if bare and "." not in wanted else f"~={wanted}" if bare else wanted
        )
        return "" if specifier.contains(version, prereleases=True) else "no"
    except InvalidSpecifier:
        return "that is no range of versions, such as >=1,<2"
    except InvalidVersion:
        return f"its version {version} cannot be compared"
