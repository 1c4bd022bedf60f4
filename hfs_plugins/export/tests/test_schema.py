"""The schema that is published is the one that is written, and what is written fits it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from hfs_export.schema import ExportArchive, ExportDocument, published

from hfs_core.api import Append, Change, Create, Draft, Fork

from .conftest import Start

DOCS = Path(__file__).parents[3] / "docs"


def test_the_published_schema_is_up_to_date() -> None:
    """`python -m hfs_export.schema > docs/export-schema.json` makes it so."""
    assert (DOCS / "export-schema.json").read_text("utf-8") == published()


async def test_what_is_written_fits_the_schema(start: Start, tmp_path: Path) -> None:
    async with start("here", "memory") as here:
        await here.store.apply(
            *(Create(uid, uid) for uid in "ab"),
            Append("a", Draft("user", "one")),
            Fork("c", "c", "a", 1),
            Append("c", Draft("user", "two")),
        )
        here.session_id = (await here.store.session("c")).id
        await here.run("checkpoint mine")
        await here.run(f"export json {tmp_path / 'c.json'} --session c")
        await here.run(f"export json {tmp_path / 'all.json'} --all")
        await here.store.apply(Change("b", deleted=True))
        await here.run(f"export json {tmp_path / 'only.json'} --all")
    one, several, only = [
        json.loads(await asyncio.to_thread((tmp_path / name).read_bytes))
        for name in ("c.json", "all.json", "only.json")
    ]
    document, archive = ExportDocument.model_validate(one), ExportArchive.model_validate(several)
    assert set(one) == set(ExportDocument.model_fields)
    assert document.model_dump(mode="json", by_alias=True)["messages"] != []
    assert [len(each.messages) for each in archive.sessions] == [1, 0]
    assert [each.session.uid for each in ExportArchive.model_validate(only).sessions] == ["a"]
