"""The catalogue holds together: what does not add up could never be fetched."""

from __future__ import annotations

import re

import pytest
from hfs_local_model.catalogue import CATALOGUE, DEFAULT, SMALLEST, Address, Entry, Wheels, find, megabytes


@pytest.fixture(params=CATALOGUE, ids=lambda entry: entry.name)
def entry(request: pytest.FixtureRequest) -> Entry:
    found: Entry = request.param
    return found


def test_the_default_is_the_light_chat_model_and_the_smallest_is_for_tests() -> None:
    assert DEFAULT.name == "qwen2.5-coder-0.5b"
    assert SMALLEST.name == "smollm2-135m"


def test_names_and_files_are_unique() -> None:
    assert len({entry.name for entry in CATALOGUE}) == len(CATALOGUE)
    assert len({entry.file for entry in CATALOGUE}) == len(CATALOGUE)
    assert all(find(entry.name) is entry for entry in CATALOGUE)
    assert find("gpt-7") is None


def test_pieces_add_up_to_the_file(entry: Entry) -> None:
    for source in entry.sources:
        if isinstance(source, Wheels):
            assert sum(carrier.size for carrier in source.carriers) == entry.size


def test_the_publisher_comes_first_and_is_asked_safely(entry: Entry) -> None:
    first, *others = entry.sources
    assert isinstance(first, Address)
    assert first.url.startswith("https://")
    assert first.url.endswith(f"/{entry.file}")
    assert all(isinstance(source, Wheels) for source in others)


def test_every_digest_is_a_sha256_of_its_own(entry: Entry) -> None:
    carriers = [c for source in entry.sources if isinstance(source, Wheels) for c in source.carriers]
    digests = [entry.sha256, *(carrier.sha256 for carrier in carriers)]
    assert len(set(digests)) == len(digests)
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)


def test_every_carrier_is_pinned_and_its_member_is_data_inside_it(entry: Entry) -> None:
    for source in entry.sources:
        for carrier in source.carriers if isinstance(source, Wheels) else ():
            name, _, version = carrier.requirement.partition("==")
            assert re.fullmatch(r"\d+(\.\d+)+", version)
            assert carrier.member.startswith(name.replace("-", "_") + "/")
            assert carrier.member.endswith((".bin", ".gguf"))


def test_an_entry_says_what_it_is(entry: Entry) -> None:
    assert entry.licence == "Apache-2.0"
    assert entry.note
    assert entry.context_window >= 4096


@pytest.mark.parametrize(
    ("size", "said"), [(98_362_432, "98 MB"), (491_400_064, "491 MB"), (1_117_320_768, "1.1 GB")]
)
def test_sizes_are_said_as_people_say_them(size: int, said: str) -> None:
    assert megabytes(size) == said
