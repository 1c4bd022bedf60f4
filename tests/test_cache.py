"""Small JSON that is kept whole, or not at all."""

from __future__ import annotations

from hfs_core.api import Paths, read_cache, write_cache


def test_what_cannot_be_kept_leaves_nothing_behind(home: Paths) -> None:
    file = home.state / "some.json"
    write_cache(file, {"a": 1})
    assert read_cache(file) == {"a": 1}
    blocked = home.state / "blocked.json"
    blocked.mkdir()  # nothing can be put in the place of a folder
    write_cache(blocked, {"a": 1})
    assert read_cache(blocked) == {}
    assert sorted(path.name for path in home.state.iterdir()) == ["blocked.json", "some.json"]
