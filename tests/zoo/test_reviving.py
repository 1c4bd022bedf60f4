"""A plugin that is off for what it did can be brought back in a running HFS."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs_core.api import Paths
from tests.zoo.conftest import Capture
from tests.zoo.life import life


@pytest.mark.parametrize(
    ("source", "state"),
    [
        ("raise ValueError('boom')", "quarantined"),
        ("@hookimpl\ndef on_mesage(message): ...", "incompatible"),
        ("@hookimpl\ndef activate(context): raise ValueError('boom')", "quarantined"),
    ],
)
async def test_a_plugin_that_was_corrected_is_imported_anew(
    home: Paths, capture: Capture, tmp_path: Path, source: str, state: str
) -> None:
    bad = capture("bad", source, "on_message", "activate")
    async with life(home, bad) as alive:
        await alive.chat()
        assert alive.host.plugins.entries["bad"].state == state
        corrected = "from hfs_core.api import hookimpl\n@hookimpl\ndef on_message(message): return None\n"
        (tmp_path / "animals" / "bad_animal.py").write_text(corrected)
        await alive.host.deciding.revive("bad")
        await alive.chat()
        entry = alive.host.plugins.entries["bad"]
        assert (entry.state, entry.reason, entry.details) == ("active", "", "")


async def test_a_plugin_that_was_quarantined_can_be_brought_back(
    home: Paths, capture: Capture, tmp_path: Path
) -> None:
    trouble = tmp_path / "trouble"
    trouble.touch()
    source = f"""
        @hookimpl
        def on_message(message):
            if os.path.exists({str(trouble)!r}):
                raise ValueError("boom")
    """
    async with life(home, capture("bad", source, "on_message")) as alive:
        await alive.chat()
        await alive.chat()
        entry = alive.host.plugins.entries["bad"]
        assert entry.state == "quarantined"
        trouble.unlink()
        await alive.host.deciding.revive("bad")
        await alive.chat()
        assert (entry.state, entry.details, dict(entry.failures)) == ("active", "", {})
