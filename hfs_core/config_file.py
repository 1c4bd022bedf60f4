"""Changes `config.yaml` one setting at a time; comments, order and everything else in it stay as they are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfs_core.errors import ConfigError
from hfs_core.paths import make_private

if TYPE_CHECKING:
    from hfs_core.models import JSON


def write_setting(file: Path, key: str, value: JSON) -> None:
    """Write one setting (`plugins.<name>.<key>` for a plugin's) and keep the rest of the file as it is.

    Raises:
        ConfigError: the file is not YAML, cannot be written, or has something else where a section must be.
    """

    def written(text: str) -> str:
        content = _loaded(text)
        section = content
        *parents, last = key.split(".")
        for parent in parents:
            if isinstance(section, dict) and section.get(parent) is None:
                section[parent] = {}
            section = section[parent]
        section[last] = list(value) if isinstance(value, tuple) else value
        return _dumped(content)

    _change(file, key, written)


def unset_setting(file: Path, key: str) -> bool:
    """Take one setting out of the file, with the sections that it leaves empty; False if it is not in it.

    Raises:
        ConfigError: the file is not YAML, or cannot be written.
    """
    words = key.split(".")
    is_there = False

    def without(text: str) -> str:
        nonlocal is_there
        sections: list[Any] = [_loaded(text)]
        for word in words:
            if not isinstance(sections[-1], dict) or word not in sections[-1]:
                return text
            sections.append(sections[-1][word])
        is_there = True
        depth = len(words) - 1
        while depth and len(sections[depth]) == 1:
            depth -= 1
        del sections[depth][words[depth]]
        cut = _without_lines(text, words[: depth + 1])
        # Deleting in the parsed file loses comments that stand before the next setting: only where lines fail.
        with suppress(Exception):
            if _loaded(cut) == sections[0]:
                return cut
        return _dumped(sections[0])

    _change(file, key, without)
    return is_there


def change_names(
    file: Path, key: str, *, add: Sequence[str] = (), remove: Callable[[str], bool] = lambda name: False
) -> bool:
    """Change a setting that is a list of names in its place, so that the comments between them stay; False if it is so.

    A list that is left empty is taken out of the file.

    Raises:
        ConfigError: the file is not YAML, cannot be written, or has something else than names there.
    """
    is_empty = is_changed = False

    def changed(text: str) -> str:
        nonlocal is_empty, is_changed
        content = _loaded(text)
        if not isinstance(content, dict):
            raise TypeError("it holds no settings")
        names = content.get(key) or []
        if isinstance(names, str):
            names = [name.strip() for name in names.split(",") if name.strip()]
        if not isinstance(names, list):
            raise TypeError("it is no list of names")
        going = [place for place, name in enumerate(names) if remove(str(name))]
        coming = [name for name in add if name not in names]
        is_changed = bool(going or coming)
        is_empty = not coming and len(going) == len(names)
        if is_empty or not is_changed:
            return text
        names = [str(name) for place, name in enumerate(names) if place not in going] + coming
        # By lines where that gives the same: what is written anew loses comments that stand before the next setting.
        with suppress(Exception):
            by_lines = _with_names(text, key, going, coming)
            if _loaded(by_lines) == {**content, key: names}:
                return by_lines
        content[key] = names
        return _dumped(content)

    _change(file, key, changed)
    if is_empty:
        unset_setting(file, key)
    return is_changed


def read_value(text: str) -> JSON:
    """Return what a text means as a value in the file: a number, a truth, a list; itself where it is no YAML."""
    from ruamel.yaml import YAML

    try:
        return YAML(typ="safe", pure=True).load(text)
    except Exception:  # noqa: BLE001 # YAML has many ways to fail; then the text means itself
        return text


def _with_names(text: str, key: str, going: Sequence[int], coming: Sequence[str]) -> str:
    """Return a text with the lines of some items of a list taken out, and lines for new ones after the last."""
    from ruamel.yaml import YAML

    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    root: Any = YAML().compose(StringIO(text))
    node = next((value for name, value in root.value if name.value == key), None) if root else None
    if node is None:
        return "".join([*lines, f"{key}:\n", *(_item(name, 0) for name in coming)])
    after = _last_line(node) + 1
    gone = {node.value[place].start_mark.line for place in going}
    new = [_item(name, node.start_mark.column) for name in coming]
    lines[after:after] = new
    return "".join(line for place, line in enumerate(lines) if place not in gone)


def _item(name: str, column: int) -> str:
    return f"{' ' * column}- {name if read_value(name) == name else json.dumps(name)}\n"


def _without_lines(text: str, words: list[str]) -> str:
    """Return a text without the lines of one setting."""
    from ruamel.yaml import YAML

    node: Any = YAML().compose(StringIO(text))
    start = 0
    for word in words:
        name, node = next((name, value) for name, value in node.value if name.value == word)
        start = name.start_mark.line
    lines = text.splitlines(keepends=True)
    end = _last_line(node)
    while end > start and not lines[end].strip():  # a text of several lines ends where the next thing begins
        end -= 1
    return "".join([*lines[:start], *lines[end + 1 :]])


def _last_line(node: Any) -> int:
    """Return the last line of a node; a block's own end mark lies behind the comments that follow it."""
    if isinstance(node.value, list) and node.value and not node.flow_style:
        last = node.value[-1]
        return _last_line(last[-1] if isinstance(last, tuple) else last)
    end = node.end_mark
    return int(end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line)


def _loaded(text: str) -> Any:
    from ruamel.yaml import YAML

    content = YAML().load(text)
    return {} if content is None else content


def _dumped(content: Any) -> str:
    from ruamel.yaml import YAML

    stream = StringIO()
    YAML().dump(content, stream)
    return stream.getvalue()


def _change(file: Path, key: str, change: Callable[[str], str]) -> None:
    """Replace a file, whole or not at all, by what becomes of its text."""
    from ruamel.yaml.error import YAMLError

    target = file.resolve()  # one that is a link stays one
    temporary = target.with_suffix(f".{os.getpid()}.tmp")
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        if (changed := change(text)) == text:
            return
        make_private(file.parent)
        temporary.write_text(changed, encoding="utf-8")
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
    except (YAMLError, ValueError) as error:
        text = f"{file}: is not YAML: {' '.join(str(error).split())}"
        raise ConfigError(text, source=str(file), key=key) from error
    except TypeError as error:
        text = f"{file}: {key} cannot be written: what is there now has another form; correct or remove it"
        raise ConfigError(text, source=str(file), key=key) from error
    except OSError as error:
        raise ConfigError(
            f"{file}: cannot be written: {error.strerror}", source=str(file), key=key
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
