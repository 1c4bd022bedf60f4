"""Whether the hooks of a plugin are such that HFS can call them; told before the first call, with the place."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from hfs_core import hookspecs
from hfs_core.hookspecs import HOOKS, PROJECT
from hfs_core.plugins.discovery import PluginInfo

MARK = f"{PROJECT}_impl"
"""The attribute that `hookimpl` leaves on what it marks."""

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    name: tuple(inspect.getfullargspec(getattr(hookspecs, name)).args) for name in HOOKS
}
"""What each hook provides, by name."""


@dataclass(frozen=True, slots=True)
class Found:
    """A function of a plugin that is a hook, or looks like one.

    Attributes:
        attribute: what it is called in the plugin.
        hook: which hook it is to be, by its mark or else by its name.
        function: what would be called; not a function where HFS cannot call it.
        mark: the options of `hookimpl`, None where it was not marked.
        is_bound: its first parameter is the plugin.
    """

    attribute: str
    hook: str
    function: Any
    mark: Mapping[str, Any] | None
    is_bound: bool

    @property
    def code(self) -> CodeType | None:
        """Its code, that of the innermost function where it is wrapped; None if it has none."""
        return getattr(inspect.unwrap(self.function), "__code__", None)


def hooks_of(plugin: Any) -> list[Found]:
    """Return what of a plugin is marked as a hook or named as one; runs no code of it but its `__dir__`."""
    return list(_hooks(plugin))


def near_hooks(plugin: Any) -> list[tuple[str, str]]:
    """Return functions that are neither marked nor hooks, but are called nearly as one, each with that hook."""
    names = [
        name
        for name in dir(plugin)
        if name not in HOOKS and name.startswith(("on_", "provide_", "before_", "activ", "deactiv"))
    ]
    marked = {each.attribute for each in hooks_of(plugin)}
    pairs = [(name, difflib.get_close_matches(name, HOOKS, 1, 0.85)) for name in names if name not in marked]
    return [(name, near[0]) for name, near in pairs if near]


def faults_of(plugin: Any, info: PluginInfo) -> list[str]:
    """Return why HFS cannot use the hooks, or the settings, of a plugin, each with file and line; nothing if it can."""
    found = hooks_of(plugin)
    faults = [f"{_place(each, info)}{fault}" for each in found for fault in _faults(each)]
    if info.lists:
        known = {each.hook for each in found if each.mark is not None and each.hook in HOOKS}
        misspelt = [listed for listed in info.hooks if listed not in HOOKS]
        for each in found:
            if each.hook in known and each.hook not in info.hooks:
                known.discard(each.hook)
                near = difflib.get_close_matches(each.hook, misspelt, 1)
                hint = f"; it lists {near[0]}, which is no hook" if near else ""
                faults.append(f"{_place(each, info)}its manifest does not list the hook {each.hook}{hint}")
        faults += [f"{_place(each, info)}{fault}" for each in found for fault in _faults_of_order(each, info)]
    if not any(each.mark is not None for each in found):
        faults += _without_hooks(plugin, info)
    if (model := getattr(plugin, "Settings", None)) is not None and not hasattr(model, "model_validate"):
        faults.append("its Settings is no pydantic model: `class Settings(pydantic.BaseModel)`")
    return faults


def _hooks(plugin: Any) -> Iterator[Found]:
    is_instance = not isinstance(plugin, type | ModuleType)
    own = vars(plugin) if hasattr(plugin, "__dict__") else {}
    above = [vars(base) for base in type(plugin).__mro__] if is_instance else []
    if isinstance(plugin, type):
        above = [vars(base) for base in plugin.__mro__]
    for name in dir(plugin):
        places = [own, *above]
        value = next((place[name] for place in places if name in place), None)
        if value is None or name.startswith("_"):
            continue
        function = (
            getattr(value, "__func__", value)
            if isinstance(value, staticmethod | classmethod | MethodType)
            else value
        )
        mark = _mark(value, function)
        is_bound = isinstance(value, classmethod | MethodType) or (
            is_instance and name not in own and isinstance(value, FunctionType)
        )
        if mark is not None:
            yield Found(name, str(mark.get("specname") or name), function, mark, is_bound)
        elif name in HOOKS and isinstance(function, FunctionType) and _is_own(function, plugin):
            yield Found(name, name, function, None, is_bound)


def _mark(*holders: Any) -> Mapping[str, Any] | None:
    for holder in holders:
        try:
            mark = inspect.getattr_static(holder, MARK, None)
        except Exception:  # noqa: BLE001 # whatever a plugin put there
            continue
        if isinstance(mark, dict):
            return mark
    return None


def _is_own(function: Callable[..., Any], plugin: Any) -> bool:
    """Tell whether it was written for the plugin: what a module only imports is not."""
    return not isinstance(plugin, ModuleType) or function.__module__ == plugin.__name__


def _faults(found: Found) -> Iterator[str]:
    hook, mark = found.hook, found.mark
    if hook not in HOOKS:
        if mark is None or not mark.get("optionalhook"):
            near = difflib.get_close_matches(hook, HOOKS, 1)
            yield f"there is no hook {hook}{f'; did you mean {near[0]}?' if near else ''}"
        return
    if mark is None:
        yield f"{hook} is the name of a hook, but it is not marked: put @hookimpl above it, or give it another name"
    elif not isinstance(found.function, FunctionType) or found.code is None:
        kind = type(found.function).__name__
        yield f"{hook} is a {kind}, which HFS cannot call as a hook: make it a plain function or method"
    elif mark.get("wrapper") or mark.get("hookwrapper"):
        yield f"{hook} is a wrapper: HFS calls each implementation by itself; remove wrapper=True"
    else:
        yield from _faults_of_kind(found)
        yield from _faults_of_parameters(found, found.code)


def _faults_of_kind(found: Found) -> Iterator[str]:
    hook, function = found.hook, found.function
    inner = inspect.unwrap(function)
    if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
        yield f"{hook} yields its answer: it must return it, several as a list"
    elif HOOKS[hook].is_sync and inspect.iscoroutinefunction(function):
        yield f"{hook} must not be async: it only declares, and what it returns may wait"
    elif inner is not function and inspect.isasyncgenfunction(inner):
        yield f"{hook} is a context manager: it must return the function that makes one"


def _faults_of_parameters(found: Found, code: CodeType) -> Iterator[str]:
    hook, provided = found.hook, PARAMETERS[found.hook]
    names = code.co_varnames[: code.co_argcount]
    keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    offer = f"the hook provides {', '.join(provided)}" if provided else "the hook provides nothing"
    takes_rest = bool(code.co_flags & inspect.CO_VARARGS)
    if found.is_bound:
        if (not names and not takes_rest) or (names and names[0] in provided):
            yield f"{hook} is a method and has no self: make self its first parameter"
            return
        names = names[1:]
    elif names[:1] == ("self",):
        yield f"{hook} takes self, but it is not a method of an object: remove self"
        return
    if code.co_posonlyargcount > (1 if found.is_bound else 0):
        yield f"{hook} takes parameters by position only, and gets them by name: remove the '/'"
    after = code.co_argcount + code.co_kwonlyargcount
    if takes_rest:
        yield f"{hook} takes *{code.co_varnames[after]}, which stays empty: {offer}, by name"
    if code.co_flags & inspect.CO_VARKEYWORDS:
        yield f"{hook} takes **{code.co_varnames[after + takes_rest]}, which stays empty: {offer}, by name"
    if keywords:
        yield f"{hook} takes {', '.join(keywords)} after a '*', where HFS does not look: remove the '*'"
    defaults = len(getattr(inspect.unwrap(found.function), "__defaults__", None) or ())
    for index, name in enumerate(names):
        if name in provided:
            continue
        near = difflib.get_close_matches(name, provided, 1, 0.5)
        if not near and index >= len(names) - defaults:
            continue  # a value of its own, bound at its definition
        hint = f"; did you mean {near[0]}?" if near else ""
        yield f"{hook} has no parameter {name}: {offer}{hint}"


def _faults_of_order(found: Found, info: PluginInfo) -> Iterator[str]:
    """Say where a hook and its manifest differ in whether it wants to be called first or last: a list must be true."""
    if found.mark is None or found.hook not in info.hooks:
        return
    for option, order, listed in (("tryfirst", "first", info.tryfirst), ("trylast", "last", info.trylast)):
        if bool(found.mark.get(option)) is not (found.hook in listed):
            entry = f"`{found.hook}: {order}`"
            if found.hook in listed:
                yield f"its manifest lists {entry}: mark the hook with @hookimpl({option}=True), too"
            else:
                yield f"{found.hook} is marked {option}=True: list it in the manifest as {entry}"


def _without_hooks(plugin: Any, info: PluginInfo) -> Iterator[str]:
    """Say where the hooks are that were not found, or why there cannot be any."""
    if isinstance(plugin, ModuleType):
        for name, value in vars(plugin).items():
            if isinstance(value, type) and value.__module__ == plugin.__name__:
                marked = [each for each in _hooks(value) if each.mark is not None]
                if marked:
                    end = plugin.__name__.rpartition(".")[2]
                    yield (
                        f"{_place(marked[0], info)}the hooks are in the class {name}, which nobody makes an object "
                        f"of: name it in the entry point, as {end}:{name}"
                    )
    elif plugin is None or isinstance(plugin, FunctionType | str | int | float | list | tuple | dict):
        where = f"{info.module}:{info.attribute}"
        yield f"{where} is a {type(plugin).__name__}: a plugin is a module, a class or an object with hooks"


def _place(found: Found, info: PluginInfo) -> str:
    code = found.code
    if code is None:
        return ""
    file = Path(code.co_filename)
    if info.manifest and file.is_relative_to(above := Path(info.manifest).parent.parent):
        file = file.relative_to(above)
    return f"{file}:{code.co_firstlineno}: "
