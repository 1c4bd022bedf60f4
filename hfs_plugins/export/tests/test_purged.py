"""What was purged is there for what its branches share, and for nothing else: hidden, and only where it is needed."""

from __future__ import annotations

import json
from pathlib import Path

from hfs_checkpoints.repository import NAMESPACE, CheckpointRepository

from hfs_core.api import Append, Change, Create, Draft, Fork

from .conftest import Person, talk

SECRET = "sk-ant-api03-" + "a1B2c3D4" * 12


async def keep(person: Person, ref: int | str) -> None:
    session = await person.store.session(ref)
    repository = CheckpointRepository(person.store.records(NAMESPACE))
    await repository.create(session.id, session.message_count, "run.ended", digest=session.digest)


async def kept(person: Person, ref: int | str) -> int:
    return len(await CheckpointRepository(person.store.records(NAMESPACE)).list_for_session(ref))


async def orphans(person: Person) -> None:
    """Make three branches of one that is purged then: two share two messages, and one of them has a checkpoint."""
    await talk(person, "a", f"the key is {SECRET}", "two", "three")
    await person.store.apply(Fork("b", "b", "a", 2), Fork("c", "c", "a", 2), Fork("d", "d", "a", 0))
    await person.store.apply(Append("c", Draft("user", "four")))
    await keep(person, "b")
    await person.store.purge("a")


async def test_branches_share_it_and_nothing_of_each_other(
    here: Person, there: Person, tmp_path: Path
) -> None:
    path = tmp_path / "b.json"
    await orphans(here)
    await here.run(f"export json {path} --session b")
    document = json.loads(path.read_text("utf-8"))
    assert [len(part["messages"]) for part in (document, *document["branches"])] == [2, 1]
    await there.run(f"import {path}")
    b, c = [await there.store.session(uid) for uid in "bc"]
    assert b.parent == c.parent
    assert b.parent is not None
    assert b.parent.at == 2
    assert [await kept(there, uid) for uid in "bc"] == [1, 0]
    assert set(await there.listed()) == {"b", "c"}
    left = await there.store.session(b.parent.session_id)
    assert (left.name, left.message_count) == ("A purged conversation (imported)", 2)


async def test_what_comes_back_without_anything_new_leaves_nothing(here: Person, tmp_path: Path) -> None:
    path, clean = tmp_path / "all.json", tmp_path / "clean.json"
    await orphans(here)
    left = await here.everything()
    await here.run(f"export json {path} --all")
    await here.run(f"export json {clean} --all --redact")
    await here.run(f"import {path}")
    assert await here.everything() == left
    await here.run(f"import {clean}")
    came = await here.everything()
    assert len(came) == len(left) + 3
    await here.run(f"import {clean}")
    assert await here.everything() == came


async def test_nothing_is_shared_with_a_stranger_that_says_the_same(
    here: Person, there: Person, tmp_path: Path
) -> None:
    path = tmp_path / "b.json"
    one = Draft("user", "one")
    await here.store.apply(Create("a", "a"), Append("a", one), Fork("b", "b", "a", 1))
    await here.store.apply(Append("b", Draft("user", "two")), Change("a", deleted=True))
    await here.run(f"export json {path} --session b")
    await there.store.apply(Create("stranger", "stranger"), Append("stranger", one))
    await keep(there, "stranger")
    await there.run(f"import {path}")
    assert await kept(there, "b") == 0


async def test_pages_do_not_name_it(here: Person, tmp_path: Path) -> None:
    path = tmp_path / "c.md"
    await orphans(here)
    await here.run(f"export md {path} --session c")
    page = path.read_text("utf-8")
    assert "purged" not in page
    assert "four" in page


async def test_its_secrets_are_taken_out(here: Person, there: Person, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    await orphans(here)
    told = await here.run("export json --session c --redact --dry-run")
    rows = [row.values for part in told.parts for row in part.rows]
    assert [row["message"] for row in rows] == [1]
    await here.run(f"export json {path} --session c --redact")
    assert SECRET not in path.read_text("utf-8")
    await there.run(f"import {path}")
    assert [message.index for message in await there.store.messages("b")] == [0, 1]
