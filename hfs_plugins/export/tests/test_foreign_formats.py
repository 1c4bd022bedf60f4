"""Formats of other plugins: whatever is wrong with one is told with its name, and leaves no half file or session."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import (
    EXPORT_FORMAT,
    IMPORT_FORMAT,
    Append,
    CommandError,
    Create,
    Draft,
    Incoming,
    Invocation,
    PluginContext,
    Role,
    UsageError,
    complete,
    hookimpl,
)
from hfs_core.testing import in_process

from .conftest import Person, Start

SERVICES = ("hfs.export-format", "hfs.import-format")


class Fair:
    """A format that does as it should."""

    name = "fair"
    title = "Fair"

    async def write(self, outgoing: Any, write: Any) -> Any:
        write("a page")
        return 1

    def detects(self, head: bytes) -> bool:
        return head.startswith(b"fair")

    def read(self, parts: Any, note: Any) -> Iterator[Any]:
        yield Incoming("Fair", [Draft(Role.USER, "one")])


async def _raises(self: Any, outgoing: Any, write: Any) -> int:
    write("half a page")
    raise KeyError("what")


async def _leaves(self: Any, outgoing: Any, write: Any) -> int:
    raise SystemExit(3)


async def _bytes(self: Any, outgoing: Any, write: Any) -> int:
    write(b"bytes")
    return 1


async def _surrogate(self: Any, outgoing: Any, write: Any) -> int:
    write("\ud800" * 100_000)
    return 1


async def _words(self: Any, outgoing: Any, write: Any) -> Any:
    return "three"


async def _negative(self: Any, outgoing: Any, write: Any) -> Any:
    return -1


def _waits_not(self: Any, outgoing: Any, write: Any) -> Any:
    return 1


WRITERS: dict[str, tuple[Any, str]] = {
    "raises": (_raises, "KeyError: 'what'"),
    "leaves": (_leaves, "SystemExit: 3"),
    "bytes": (_bytes, "TypeError: it wrote bytes where text belongs"),
    "surrogate": (_surrogate, "UnicodeEncodeError"),
    "words": (_words, "it told 'three' as the number of messages"),
    "negative": (_negative, "it told -1 as the number of messages"),
    "no coroutine": (_waits_not, "TypeError"),
}


class _Named:
    title = "Named"

    @property
    def name(self) -> str:
        raise RuntimeError("no name")


BROKEN: dict[str, tuple[Any, str]] = {
    "object": (object(), "AttributeError"),
    "number": (type("F", (Fair,), {"name": 7})(), "its name is 7"),
    "path": (type("F", (Fair,), {"name": "../x"})(), "its name is '../x'"),
    "title": (type("F", (Fair,), {"title": None})(), "its title is None"),
    "method": (type("F", (Fair,), {"write": 1, "read": 1})(), "it cannot"),
    "property": (_Named(), "RuntimeError: no name"),
}


def offering(*providers: Any) -> Any:
    """A plugin that provides these as formats to write and to read."""

    class Offering:
        @hookimpl
        def activate(self, context: PluginContext) -> None:
            for provider in providers:
                context.services.provide(EXPORT_FORMAT, provider)
                context.services.provide(IMPORT_FORMAT, provider)

    return in_process("offering", Offering, services=SERVICES)


async def keep(person: Person) -> None:
    """Keep a session, and make it the current one."""
    await person.store.apply(Create("u", "tea"), Append("u", Draft(Role.USER, "tea")))
    person.session_id = (await person.store.session("u")).id


@pytest.mark.parametrize("fault", WRITERS)
async def test_a_format_that_fails_is_blamed_and_leaves_nothing(
    start: Start, tmp_path: Path, fault: str
) -> None:
    write, told = WRITERS[fault]
    broken = type("Broken", (Fair,), {"write": write})()
    async with start("home", "memory", offering(broken)) as person:
        await keep(person)
        with pytest.raises(CommandError) as raised:
            await person.run(f"export fair {tmp_path / 'out' / 'page'}")
    assert str(raised.value).startswith(f"the format fair of {__name__.partition('.')[0]} failed")
    assert told in str(raised.value)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("fault", BROKEN)
async def test_what_is_no_format_is_told_where_one_is_missed(
    start: Start, tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken, told = BROKEN[fault]
    async with start("home", "memory", offering(broken)) as person:
        await keep(person)
        with pytest.raises(UsageError) as raised:
            await person.run("export missing")
        assert "there are html, json, jsonl, md; what " in str(raised.value)
        assert told in str(raised.value)
        await person.run(f"export md {tmp_path / 'page.md'}")  # the others go on
        await person.run(f"export json {tmp_path / 'all.json'}")
        with caplog.at_level(logging.WARNING):
            assert (await person.told(f"import {tmp_path / 'all.json'}"))[0].startswith("Nothing new")
        assert "is no format" in caplog.text


async def test_a_name_keeps_its_first_owner(start: Start, tmp_path: Path) -> None:
    second = type("Second", (Fair,), {"title": "Second"})()
    takes_all = {"name": "json", "title": "Thief", "detects": lambda self, head: True}
    thief = type("Thief", (Fair,), takes_all)()
    async with start("home", "memory", offering(thief, Fair(), second)) as person:
        await keep(person)
        assert "as Fair: 1 message." in (await person.told(f"export fair {tmp_path / 'fair'}"))[0]
        await person.run(f"export json {tmp_path / 'all.json'}")
        assert (tmp_path / "all.json").read_text().startswith('{"metadata"')
        assert (await person.told(f"import {tmp_path / 'all.json'}"))[0].startswith("Nothing new")
        with pytest.raises(UsageError, match=r"has the name fair already.*is left out"):
            await person.run("export missing")


async def test_they_are_completed(start: Start) -> None:
    async with start("home", "memory", offering(Fair())) as person:

        async def no(question: str) -> bool:
            return False

        asked = Invocation(None, person.host, no, lambda text, share: None)
        for line in ("export ", "import x --format "):
            names = {item.text: item.summary for item in (await complete(line, asked)).candidates}
            assert names["fair"] == "Fair"
            assert "json" in names
        included = (await complete("export md --include ", asked)).candidates
        assert {item.text for item in included} == {"checkpoints", "snapshot", "checkpoints,snapshot"}


READERS: dict[str, tuple[Any, str]] = {
    "raises": (lambda self, parts, note: 1 / 0, "ZeroDivisionError"),
    "no iterable": (lambda self, parts, note: 7, "TypeError"),
    "no conversation": (lambda self, parts, note: iter(["x"]), "str came where Incoming belongs"),
    "no message": (lambda self, parts, note: iter([Incoming("x", ["y"])]), "str came where Draft belongs"),  # type: ignore[list-item]
    "says why": (
        lambda self, parts, note: (_ for _ in ()).throw(ValueError("line 3 is odd")),
        "line 3 is odd",
    ),
}


@pytest.mark.parametrize("fault", READERS)
@pytest.mark.parametrize("option", ["", "--dry-run"])
async def test_a_reader_that_fails_is_blamed_and_leaves_nothing(
    start: Start, tmp_path: Path, fault: str, option: str
) -> None:
    read, told = READERS[fault]
    broken = type("Broken", (Fair,), {"read": read})()
    (tmp_path / "file").write_text("fair enough")
    async with start("home", "memory", offering(broken)) as person:
        with pytest.raises(CommandError) as raised:
            await person.run(f"import {tmp_path / 'file'} {option}")
        assert str(raised.value).startswith("file was not imported: ")
        assert told in str(raised.value)
        assert fault == "says why" or "the format fair of " in str(raised.value)
        assert await person.everything() == []


async def test_one_that_cannot_tell_its_files_hides_no_other(start: Start, tmp_path: Path) -> None:
    def detects(self: Any, head: bytes) -> bool:
        raise KeyError("x")

    blind = type("Blind", (Fair,), {"detects": detects})()
    (tmp_path / "file").write_text('{"messages": [{"role": "user", "content": "x"}]}')
    async with start("home", "memory", offering(blind)) as person:
        await person.run(f"import {tmp_path / 'file'}")
        assert len(await person.everything()) == 1
