"""`/model`: what is on offer, what a name means, and what is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hfs_core.api import CommandError, ModelInfo, Notice, Paths, Unreachable, UseModel
from hfs_core.testing import ScriptedModel

from .conftest import Start, notice, table, values


class Shelf(ScriptedModel):
    """A provider with many models, or one that cannot say."""

    def __init__(self, name: str, *names: str, fails: bool = False):
        super().__init__(name=name)
        self.fails = fails
        self.asked = 0
        self._offered = names

    async def models(self) -> Sequence[ModelInfo]:
        self.asked += 1
        if self.fails:
            raise Unreachable(f"{self.name} is not there")
        return [ModelInfo(name, context_window=32_768, note=f"note of {name}") for name in self._offered]


def shelves() -> list[Any]:
    return [
        Shelf("one", "big", "big-mini", "small"),
        Shelf("two", "vendor/small", "tiny"),
        Shelf("dead", fails=True),
    ]


async def test_without_a_name_it_shows_what_each_provider_offers(start: Start) -> None:
    async with start(models=shelves()) as caller:
        caller.model = "one/small"
        result = await caller.run("model")
    assert values(result, "model", "context_window", "note", "provider", "current")[2:4] == [
        ("one/small", 32_768, "note of small", "one", True),
        ("two/vendor/small", 32_768, "note of vendor/small", "two", False),
    ]
    shown = [row.shown for row in table(result).rows]
    assert shown[2] == {"context_window": "32,768"}
    assert [row.is_current for row in table(result).rows[2:4]] == [True, False]
    assert table(result).rows[2].preview == "note of small"
    (action,) = table(result).rows[3].actions
    assert (action.key, action.command) == ("enter", "model two/vendor/small")
    assert notice(result) == Notice("dead cannot say what it offers: dead is not there", "warning")


async def test_the_current_model_is_shown_even_if_nobody_lists_it(start: Start) -> None:
    async with start(models=shelves(), environ={"HFS_MODEL": "two/own"}) as caller:
        result = await caller.run("model")
    assert values(result, "model", "current")[:2] == [("two/own", True), ("one/big", False)]
    assert table(result).rows[0].values["note"] == "not on its provider's list"


async def test_what_a_provider_did_not_say_is_not_held_against_the_current_model(start: Start) -> None:
    async with start(models=shelves(), environ={"HFS_MODEL": "dead/own"}) as caller:
        result = await caller.run("model")
    assert values(result, "model", "note")[0] == ("dead/own", "its provider cannot say what it offers")


async def test_asking_again_is_asked_for(start: Start) -> None:
    shelf = Shelf("one", "big")
    async with start(models=[shelf]) as caller:
        await caller.run("model")
        await caller.run("model")
        assert shelf.asked == 1
        await caller.run("model --fresh")
        assert shelf.asked == 2


async def test_a_provider_that_fails_is_asked_again_only_after_a_while(start: Start) -> None:
    shelf = Shelf("one", "big", fails=True)
    async with start(models=[shelf]) as caller:
        await caller.run("model")
        shelf.fails = False
        assert notice(await caller.run("model")).level == "warning"
        assert (await caller.run("model --fresh")).parts[-1] == table(await caller.run("model"))
    assert shelf.asked == 2


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("one/big", "one/big"),
        ("big", "one/big"),
        ("SMALL", None),
        ("BIG-M", "one/big-mini"),
        ("vendor/small", "two/vendor/small"),
        ("tiny", "two/tiny"),
        ("two/vend", "two/vend"),
    ],
)
async def test_a_name_may_be_a_part(start: Start, home: Paths, name: str, chosen: str | None) -> None:
    async with start(models=shelves()) as caller:
        if chosen is None:
            with pytest.raises(CommandError, match=r"2 models fit 'SMALL': one/small, two/vendor/small"):
                await caller.run(f"model {name}")
            return
        result = await caller.run(f"model {name}")
        assert result.effects == (UseModel(chosen),)
        assert caller.host.settings.current.model == chosen
    said = result.parts[-1]
    assert isinstance(said, Notice)
    assert said == Notice(f"Model: {chosen}. It is remembered in {home.config}.")
    assert home.config.read_text() == f"model: {chosen}\n"


async def test_what_a_provider_does_not_list_is_used_all_the_same(start: Start) -> None:
    async with start(models=shelves()) as caller:
        result = await caller.run("model one/new")
        assert result.effects == (UseModel("one/new"),)
        assert result.parts[0] == Notice("one does not list it; it is used all the same", "warning")
        result = await caller.run("model dead/any")
        assert result.parts[0] == Notice("dead could not be asked: dead is not there", "warning")
        for name in ("nowhere/new", "zzz"):
            with pytest.raises(
                CommandError, match=f"no model fits '{name}': .*the providers are dead, one, two"
            ):
                await caller.run(f"model {name}")


async def test_only_the_provider_that_is_named_is_asked(start: Start) -> None:
    models = shelves()
    async with start(models=models) as caller:
        await caller.run("model one/big")
    assert [shelf.asked for shelf in models] == [1, 0, 0]


async def test_what_goes_before_the_choice_is_said(start: Start, home: Paths) -> None:
    async with start(models=shelves(), environ={"HFS_MODEL": "two/tiny"}) as caller:
        result = await caller.run("model one/big")
    assert result.effects == (UseModel("one/big"),)
    expected = (
        f"Model: one/big. It is remembered in {home.config}, but HFS_MODEL goes before it at the next start."
    )
    assert notice(result) == Notice(expected, "warning")


async def test_a_choice_that_cannot_be_remembered_holds_for_now(start: Start, home: Paths) -> None:
    async with start(models=shelves()) as caller:
        home.config.write_text("a: [")
        result = await caller.run("model one/big")
    assert not result.ok
    assert result.effects == (UseModel("one/big"),)
    assert notice(result).text.startswith(f"Model: one/big, for now only: {home.config}: is not YAML")


async def test_models_are_completed(start: Start) -> None:
    async with start(models=shelves()) as caller:
        texts = [candidate.text for candidate in await caller.complete("model ")]
    assert texts == ["one/big", "one/big-mini", "one/small", "two/vendor/small", "two/tiny"]
