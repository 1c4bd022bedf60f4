"""The code of a plugin in a folder runs from the bytes that were read, and from nothing else."""

from __future__ import annotations

import gc
import importlib
import importlib.resources
import importlib.util
import inspect
import linecache
import pkgutil
import sys
import traceback
import weakref
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

import pytest

from hfs_core.plugins import exact
from hfs_core.plugins.tree import read_tree

FILES = {
    "__init__.py": "from .plugin import Plugin\n",
    "plugin.py": """
        from __future__ import annotations
        from dataclasses import dataclass, field
        from . import inner
        from .inner.deep import fail
        from .plain import data

        @dataclass
        class Plugin:
            names: list[str] = field(default_factory=list)
    """,
    "inner/__init__.py": "from ..words import HELLO\n",
    "inner/deep.py": "def fail():\n    raise ValueError('meant')  # here\n",
    "plain/data.py": "VALUE = 5\n",
    "plain/notes.txt": "né\r\n",
    "words.py": "HELLO = 'hello'\n",
    "latin.py": "# -*- coding: latin-1 -*-\nTEXT = 'Ã©'\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The files of a plugin, not mounted yet."""
    for name, text in FILES.items():
        path = tmp_path / "greet" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            inspect.cleandoc(text).encode("utf-8") + b"\n" if name == "plugin.py" else text.encode()
        )
    yield tmp_path / "greet"
    exact.unmount("greet")


def mounted(folder: Path, module: str = "") -> ModuleType:
    exact.mount("greet", read_tree(folder))
    return importlib.import_module(f"hfs_dir_plugins.greet{module}")


def test_a_package_is_imported_as_from_a_disk(folder: Path) -> None:
    module = mounted(folder)
    assert module.Plugin(["a"]) == module.Plugin(["a"])
    assert module.Plugin.__module__ == "hfs_dir_plugins.greet.plugin"
    assert module.plugin.inner.HELLO == "hello"
    assert module.plugin.data.VALUE == 5
    assert module.__file__ == str(folder / "__init__.py")
    assert sys.modules["hfs_dir_plugins.greet.words"].HELLO == "hello"
    assert importlib.reload(module) is module


def test_the_encoding_that_a_source_names_is_obeyed(folder: Path) -> None:
    assert "Ã©".encode().decode("latin-1") == mounted(folder, ".latin").TEXT


def test_nothing_is_written_and_nothing_is_found_that_was_not_there(folder: Path) -> None:
    module = mounted(folder)
    (folder / "late.py").write_text("")
    (folder / "words.py").write_text("HELLO = 'EVIL'\n")
    (folder / "plain" / "late.py").write_text("")
    for name in ("late", "plain.late", "plain.data.late", "__pycache__.words"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(f"hfs_dir_plugins.greet.{name}")
    with pytest.raises(ImportError):
        exec("from hfs_dir_plugins.greet import late")
    importlib.reload(sys.modules["hfs_dir_plugins.greet.words"])
    assert sys.modules["hfs_dir_plugins.greet.words"].HELLO == "hello"
    assert module.Plugin
    assert not list(folder.rglob("*.pyc"))


def test_a_compiled_module_is_refused_by_its_name(folder: Path) -> None:
    (folder / f"fast{EXTENSION_SUFFIXES[0]}").write_bytes(b"")
    with pytest.raises(ImportError, match=r"fast is compiled: .* Python source alone"):
        mounted(folder, ".fast")


def test_its_modules_have_no_other_names(folder: Path) -> None:
    mounted(folder)
    for name in ("greet", "words", "plugin", "hfs_dir_plugins.other"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(name)


def test_a_traceback_and_a_source_show_what_ran(folder: Path) -> None:
    module = mounted(folder)
    (folder / "inner" / "deep.py").write_text("\n\n# another file\n")
    linecache.checkcache()
    with pytest.raises(ValueError, match="meant") as raised:
        module.plugin.fail()
    shown = "".join(traceback.format_exception(raised.value))
    assert (
        f"File \"{folder / 'inner' / 'deep.py'}\", line 2, in fail\n    raise ValueError('meant')  # here"
        in shown
    )
    assert inspect.getsource(module.Plugin).startswith("@dataclass\nclass Plugin:")
    assert inspect.getsource(module.plugin.fail).endswith("# here\n")


def test_its_own_files_are_read_as_they_were_agreed_to(folder: Path) -> None:
    mounted(folder)
    (folder / "plain" / "notes.txt").write_text("EVIL")
    (folder / "plain" / "late.txt").write_text("EVIL")
    files = importlib.resources.files("hfs_dir_plugins.greet")
    notes = files / "plain" / "notes.txt"
    assert notes.read_bytes() == "né\r\n".encode()
    assert notes.read_text(encoding="utf-8") == "né\n"
    assert importlib.resources.files("hfs_dir_plugins.greet.plain").joinpath("notes.txt").is_file()
    with importlib.resources.as_file(notes) as path:
        assert path.read_bytes() == "né\r\n".encode()
    assert sorted(each.name for each in files.iterdir() if each.is_dir()) == ["inner", "plain"]
    assert pkgutil.get_data("hfs_dir_plugins.greet", "plain/notes.txt") == "né\r\n".encode()
    outside = folder.parent / "outside.txt"
    outside.write_text("")
    for name in ("plain/late.txt", "../outside.txt", "plain", str(outside)):
        with pytest.raises(OSError, match=r"not among the files of plugin greet"):
            pkgutil.get_data("hfs_dir_plugins.greet", name)
        with pytest.raises(OSError, match=r"not among the files of plugin greet"):
            files.joinpath(name).read_bytes()


def test_its_modules_can_be_gone_through(folder: Path) -> None:
    package = mounted(folder)
    found = [(each.name, each.ispkg) for each in pkgutil.iter_modules(package.__path__)]
    assert found == [("inner", True), ("latin", False), ("plugin", False), ("words", False)]
    assert [each.name for each in pkgutil.iter_modules(package.plugin.inner.__path__, "x.")] == ["x.deep"]


def test_what_is_wrong_with_a_source_is_told_with_its_place(folder: Path) -> None:
    (folder / "words.py").write_text("HELLO = \n")
    with pytest.raises(SyntaxError) as raised:
        mounted(folder, ".words")
    assert (raised.value.filename, raised.value.lineno) == (str(folder / "words.py"), 1)
    (folder / "words.py").write_bytes(b"HELLO = '\xff'\n")
    with pytest.raises(ImportError, match=r"words.py: .*encoding"):
        mounted(folder, ".words")


def test_an_import_of_its_own_folder_without_a_dot_says_what_to_write(folder: Path) -> None:
    (folder / "words.py").write_text("import latin\n")
    with pytest.raises(ModuleNotFoundError) as raised:
        mounted(folder, ".words")
    assert "`from . import latin`" in exact.explained(raised.value, "greet")
    assert exact.explained(ModuleNotFoundError("x", name="numpy"), "greet") == ""
    assert exact.explained(ValueError(), "greet") == ""


def test_two_plugins_do_not_see_each_other_s_modules(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "words.py").write_text("HELLO = 'other'\n")
    mounted(folder)
    try:
        exact.mount("other", read_tree(other))
        assert importlib.import_module("hfs_dir_plugins.other.words").HELLO == "other"
        assert importlib.import_module("hfs_dir_plugins.greet.words").HELLO == "hello"
    finally:
        exact.unmount("other")


def test_fifty_loads_leave_nothing_behind(folder: Path) -> None:
    alive: list[weakref.ref[type]] = []
    for number in range(50):
        (folder / "words.py").write_text(f"HELLO = {number}\n")
        module = mounted(folder)
        assert number == module.plugin.inner.HELLO
        list(pkgutil.iter_modules(module.__path__))
        alive.append(weakref.ref(module.Plugin))
        exact.unmount("greet")
        del module
    gc.collect()
    assert [each for each in alive if each() is not None] == []
    assert not [name for name in sys.modules if name.startswith("hfs_dir_plugins.greet")]
    assert not [path for path in linecache.cache if path.startswith(str(folder))]
    assert not [path for path in sys.path_importer_cache if "greet" in path]
