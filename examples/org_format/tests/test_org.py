"""What is exported as Org comes back as it was, and the format is one among those of HFS."""

from __future__ import annotations

from pathlib import Path

import pytest
from hfs_org_format.writing import FIRST_LINE, escaped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfs_core.api import Append, CommandError, Create, Draft, Role, Status, complete

from .conftest import Person

CONTENTS = [
    "tea?",
    "* a headline\n** another\n#+end_src\n,* with a comma\n,#+x\n\n",
    "",
    "ü \u2028 \x00 \r\n #+end_src",
    "#+begin_src\n#+end_src",
]


async def keep(person: Person, name: str, *contents: str) -> int:
    """Keep a session, the last message of which was interrupted; returns its id."""
    uid = f"uid of {name}"
    statuses = [*[Status.COMPLETE] * (len(contents) - 1), Status.INTERRUPTED]
    drafts = [
        Draft(Role.USER if not place % 2 else Role.ASSISTANT, text, status=status)
        for place, (text, status) in enumerate(zip(contents, statuses, strict=True))
    ]
    await person.host.store.apply(Create(uid, name), *(Append(uid, draft) for draft in drafts))
    return (await person.host.store.session(uid)).id


async def test_a_conversation_comes_back_as_it_was(person: Person, tmp_path: Path) -> None:
    store = person.host.store
    ids = [await keep(person, "Tea  *\n#+", *CONTENTS), await keep(person, "Second", "one")]
    digests = [(await store.session(each)).digest for each in ids]
    file = tmp_path / "both"  # known by what it holds, not by its name
    (said,) = await person.told(f"export org {file} --all")
    assert said == f"Exported to {file} as Org: 6 messages."
    for each in ids:
        await store.purge(each)
    await person.run(f"import {file}")
    sessions = {each.name: each.digest async for each in person.host.sessions.all()}
    assert sessions == dict(zip(("Tea * #+ (imported)", "Second (imported)"), digests, strict=True))


async def test_it_is_offered_with_the_others(person: Person) -> None:
    offered = await complete("export o", person.invocation())
    assert [item.text for item in offered.candidates] == ["html", "json", "jsonl", "md", "org"]
    offered = await complete("import x --format o", person.invocation())
    assert ("org", "Org") in [(item.text, item.summary) for item in offered.candidates]
    with pytest.raises(Exception, match="there are html, json, jsonl, md, org"):
        await person.run("export nothing")


async def test_secrets_are_taken_out_for_it_too(person: Person, tmp_path: Path) -> None:
    person.session_id = await keep(person, "key", "ghp_" + "aB3" * 12)
    await person.run(f"export org {tmp_path / 'clean'} --redact")
    assert "[REDACTED:github-token]" in (tmp_path / "clean").read_text()
    assert "aB3" not in (tmp_path / "clean").read_text()


async def test_a_file_that_is_cut_off_is_refused_with_the_place(person: Person, tmp_path: Path) -> None:
    file = tmp_path / "cut.org"
    file.write_text(f"{FIRST_LINE}\n\n* Tea\n** user\n#+begin_src markdown\nthe wor")
    with pytest.raises(CommandError, match="the message of line 4 has no end: the file was cut off"):
        await person.run(f"import {file}")
    assert not [each async for each in person.host.sessions.all(deleted=True)]


async def test_what_does_not_come_along_is_said(person: Person, tmp_path: Path) -> None:
    file = tmp_path / "old.org"
    file.write_text(f"{FIRST_LINE}\n* Tea\n** user\n:CREATED: once\n#+begin_src markdown\nx\n#+end_src\n")
    said = await person.told(f"import {file}")
    assert "line 3: no time that can be read, so it is the time of the import" in said


@given(st.text(alphabet=st.sampled_from("*#+,\n a_endsrc"), max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_can_end_its_block(text: str) -> None:
    assert not [line for line in escaped(text).split("\n") if line.startswith(("*", "#+"))]


def test_the_page_for_authors_shows_what_is_here() -> None:
    example = Path(__file__).parents[1]
    page = (example.parents[1] / "docs" / "export.md").read_text()
    blocks = page.split("```")[1::2]
    sources = "".join(
        file.read_text() for file in sorted((example / "src" / "hfs_org_format").iterdir()) if file.is_file()
    )
    assert len(blocks) == 4
    for block in blocks:
        for line in block.splitlines()[1:]:
            assert line in sources
