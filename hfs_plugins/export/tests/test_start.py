"""What the plugin costs a chat that neither exports nor imports."""

from __future__ import annotations

import subprocess
import sys

from hfs_export.late import LateExport, LateImport
from hfs_export.plugin import READ, WRITTEN

LIGHT = {"hfs_export", "hfs_export.late", "hfs_export.plugin", "hfs_export.sweeping"}


def test_start_imports_little() -> None:
    """To be loaded and to sweep takes neither a format, nor pydantic, nor what reads archives."""
    script = "import sys, hfs_export.plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert {name for name in loaded if name.startswith("hfs_export")} == LIGHT
    assert not loaded & {"pydantic", "zipfile", "html", "markdown_it", "sqlite3", "pygments"}


def test_names_of_formats() -> None:
    """A format that is imported late is called there as it calls itself."""
    late = [
        *(LateExport(name, place) for name, place in WRITTEN.items()),
        *(LateImport(name, place) for name, place in READ.items()),
    ]
    for each in late:
        assert each.real.name == each.name


def test_commands_import_no_schema() -> None:
    """The commands are imported on the chat's own loop, where the schema's models, 50 ms, would be felt."""
    script = "import sys, hfs_export.exporting, hfs_export.importing; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
