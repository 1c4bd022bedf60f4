"""`/config`, `/mode`, `/theme`: what is set, what may be, and when it holds."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

import pytest
from hfs_commands.secrets import masked
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hfs_core.api import (
    Command,
    CommandResult,
    ConfigError,
    HfsError,
    Host,
    Invocation,
    Notice,
    Paths,
    PluginContext,
    PluginFailed,
    Service,
    SettingChanged,
    UseModel,
    hookimpl,
)
from hfs_core.testing import ScriptedModel, in_process

from .conftest import Caller, Start, notice, table, values


class Taste(StrEnum):
    """How it may taste."""

    SWEET = "sweet"
    SOUR = "sour"


class Settings(BaseModel):
    """What can be set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: int = Field(default=3, ge=1, description="how strong it is")
    name: str = "plain"
    taste: Taste = Taste.SWEET
    how: Literal["fast", "slow"] | None = None
    warm: bool = False
    api_key: str = ""
    places: dict[str, list[int]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_strong_enough(self) -> Self:
        if self.how == "slow" and self.level < 5:
            raise ValueError("slow needs level 5")
        return self

    @field_validator("name")
    @classmethod
    def _is_fine(cls, value: str) -> str:
        if value == "boom":
            raise RuntimeError("a validator of its own kind")
        return value


def tea(seen: list[Any], **manifest: Any) -> Any:
    """A plugin with settings, which tells which it was activated with."""
    model = Settings

    class Tea:
        Settings = model

        @hookimpl
        def activate(self, context: PluginContext) -> None:
            seen.append(context.settings)

        @hookimpl
        def on_message(self, message: Any, session: Any) -> None:
            """Be loaded."""

        @hookimpl
        def deactivate(self, context: PluginContext, reason: str) -> None:
            seen.append(reason)

    return in_process("tea", Tea, **manifest)


class Bare:
    """A plugin without a model of its settings."""


async def test_every_setting_is_shown_with_where_it_comes_from(
    start: Start, home: Paths, tmp_path: Path
) -> None:
    home.root.mkdir()
    home.config.write_text("theme: nord\nplugins: {tea: {level: 5, odd: 1}, gone: {x: [a, {b: 1}]}}\n")
    (tmp_path / ".hfs").mkdir()
    (tmp_path / ".hfs" / "config.yaml").write_text("output_mode: compact\n")
    environ = {"HFS_MODEL": "scripted/model", "HFS_PLUGINS__TEA__NAME": "green"}
    async with start(tea([]), environ=environ) as caller:
        result = await caller.run("config")
        rows = {row.values["setting"]: row for row in table(result).rows}
        assert not caller.host.plugins.entries["tea"].is_active
    names = list(caller.host.settings.current.get_field_names())
    assert list(rows)[: len(names)] == names
    assert [column.title for column in table(result).columns if column.title] == [
        "Setting",
        "Value",
        "Source",
    ]
    drawn = {key: (row.shown["value"], row.shown["source"]) for key, row in rows.items()}
    assert drawn["theme"] == ("nord", "config.yaml")
    assert drawn["output_mode"] == ("compact", ".hfs/config.yaml")
    assert drawn["model"] == ("scripted/model", "HFS_MODEL")
    assert drawn["store"] == ("-", "default")
    assert drawn["checkpoint_retention"] == ("10", "default")
    assert drawn["plugins.tea.level"] == ("5", "config.yaml")
    assert drawn["plugins.tea.name"] == ("green", "HFS_PLUGINS__TEA__NAME")
    assert drawn["plugins.tea.taste"] == ("sweet", "default")
    assert drawn["plugins.gone.x"] == ('["a", {"b": 1}]', "config.yaml")
    assert drawn["plugins.tea.odd"] == ("1", "config.yaml")
    assert rows["plugins.tea.how"].values["allowed"] == ["fast", "slow"]
    assert rows["plugins.tea.level"].values["source"] == str(home.config)
    json.dumps([dict(row.values) for row in rows.values()])


async def test_a_plugin_that_cannot_be_imported_is_tried_once_and_spoils_nothing(start: Start) -> None:
    tried: list[int] = []

    class Slow:
        def __init__(self) -> None:
            tried.append(1)
            raise SystemExit("no")

    async with start(in_process("slow", Slow), environ={"HFS_PLUGINS__SLOW__SPEED": "5"}) as caller:
        for _ in range(2):
            assert "plugins.slow.speed" in values(await caller.run("config"), "setting")
        with pytest.raises(PluginFailed, match="plugin slow failed to import: SystemExit: no"):
            await caller.run("config set plugins.slow.speed 6")
        assert caller.host.plugins.entries["slow"].state == "found"
    assert tried == [1]


async def test_a_part_of_the_settings_is_shown(start: Start) -> None:
    async with start(tea([])) as caller:
        assert values(await caller.run("config show theme"), "setting") == ["theme"]
        assert values(await caller.run("config show plugins.tea"), "setting")[0] == "plugins.tea.level"
        with pytest.raises(ConfigError, match="there is no setting colour"):
            await caller.run("config show colour")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("api_key", "abc", "********"),
        ("plugins.x.token", "abc", "********"),
        ("API-Key", "abc", "********"),
        ("api_key", "", ""),
        ("api_key_env", "MY_KEY", "MY_KEY"),
        ("keys_file", "/x", "/x"),
        ("monkey", "abc", "abc"),
        ("note", "sk-proj-abcdefghij", "********"),
        ("base_url", "https://me:secret@host/v1", "https://********@host/v1"),
        ("endpoints", [{"name": "x", "password": "p"}], [{"name": "x", "password": "********"}]),
        ("level", 5, 5),
    ],
)
def test_secrets_are_not_shown(name: str, value: Any, shown: Any) -> None:
    assert masked(name, value) == shown


async def test_a_secret_is_masked_wherever_it_is_said(start: Start) -> None:
    async with start(tea([])) as caller:
        said = notice(await caller.run("config set plugins.tea.api_key very-secret"))
        drawn = await caller.run("config")
    assert "very-secret" not in said.text
    assert "very-secret" not in repr(drawn)
    assert "********" in said.text


async def test_a_setting_holds_at_once_and_everybody_is_told(start: Start, home: Paths) -> None:
    async with start() as caller:
        events = await caller.host.bus.subscribe("setting.*")
        result = await caller.run("config set output_mode compact")
        assert notice(result) == Notice(f"Written to {home.config}: output_mode is compact.")
        assert caller.host.settings.current.output_mode == "compact"
        event = await anext(aiter(events))
        assert isinstance(event, SettingChanged)
        assert event.key == "output_mode"
        result = await caller.run("config unset output_mode")
        assert notice(result) == Notice(f"Taken out of {home.config}: output_mode is verbose.")
        assert caller.host.settings.current.output_mode == "verbose"
    assert home.config.read_text() == ""


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("config set output_mode loud", ["'loud'", "compact, verbose"]),
        ("config set theme pink", ["hfs-dark", "nord"]),
        ("config set colour red", ["there is no setting colour", "theme"]),
        ("config unset colour", ["there is no setting colour", "theme"]),
        ("config set checkpoint_retention none", ["at least 1"]),
        ("config set", ["/config set KEY VALUE"]),
        ("config set theme", ["/config set theme VALUE"]),
        ("config unset theme nord", ["/config unset KEY"]),
        ("config set plugins.tea 5", ["plugins.NAME.KEY"]),
        ("config unset plugins.tea.", ["plugins.NAME.KEY"]),
        ("config set plugins.cofee.level 5", ["there is no plugin cofee"]),
        ("config set plugins.tea.levl 5", ["there is no setting plugins.tea.levl", "plugins.tea.level"]),
        ("config set plugins.tea.level 0", ["plugins.tea.level", "'0'", "greater than or equal to 1"]),
        ("config set plugins.tea.taste salty", ["'salty'", "'sweet' or 'sour'"]),
        ("config set plugins.tea.name boom", ["RuntimeError", "a validator of its own kind"]),
        ("config set plugins.tea.places.home.deep 5", ["plugins.tea.places.home.deep", "valid list"]),
        ("theme pink", ["'pink'", "hfs-dark", "nord"]),
        ("mode loud", ["compact", "verbose"]),
    ],
)
async def test_what_cannot_be_set_says_what_can(
    start: Start, home: Paths, line: str, words: list[str]
) -> None:
    async with start(tea([])) as caller:
        with pytest.raises(HfsError) as caught:
            await caller.run(line)
    for word in words:
        assert word in str(caught.value)
    assert not home.config.exists()


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("plugins.tea.level 5", {"level": 5}),
        ("plugins.tea.name 5", {"name": "5"}),
        ("plugins.tea.name my own: tea", {"name": "my own: tea"}),
        ("plugins.tea.how null", {"how": None}),
        ("plugins.tea.warm true", {"warm": True}),
        ("plugins.tea.places '{home: [1, 2]}'", {"places": {"home": [1, 2]}}),
        ("plugins.tea.places.home '[1]'", {"places": {"home": [1]}}),
    ],
)
async def test_a_plugins_model_says_what_a_text_means(start: Start, line: str, value: Any) -> None:
    async with start(tea([])) as caller:
        await caller.run(f"config set {line}")
        assert caller.host.settings.current.plugins["tea"] == value


@pytest.mark.parametrize(
    ("text", "value"), [("5", 5), ("[a]", ["a"]), ("2020-01-01", "2020-01-01"), ("a: [", "a: [")]
)
async def test_without_a_model_a_text_means_what_it_would_in_the_file(
    start: Start, text: str, value: Any
) -> None:
    async with start(in_process("bare", Bare)) as caller:
        await caller.run(f"config set plugins.bare.thing '{text}'")
        assert caller.host.settings.current.plugins["bare"] == {"thing": value}


async def load(host: Host) -> None:
    """Have plugins loaded by sending a message."""
    await host.engine.send("hello", model="scripted/model")


async def test_a_plugin_in_use_begins_anew_with_what_is_set(start: Start) -> None:
    seen: list[Any] = []
    async with start(tea(seen)) as caller:
        await load(caller.host)
        assert notice(await caller.run("config set plugins.tea.level 7")).text.endswith("tea.level is 7.")
        assert [settings if isinstance(settings, str) else settings.level for settings in seen] == [
            3,
            "settings",
            7,
        ]
        assert notice(await caller.run("config unset plugins.tea.level")).text.endswith("tea.level is 3.")
        assert seen[-1].level == 3
        assert caller.host.plugins.entries["tea"].state == "active"


async def test_what_a_plugin_provides_is_asked_for_again(start: Start) -> None:
    model = Settings

    class Tea:
        Settings = model

        @hookimpl
        def activate(self, context: PluginContext) -> None:
            self.name = context.settings.name

        @hookimpl
        def provide_models(self) -> list[Any]:
            return [ScriptedModel(name=self.name)]

        @hookimpl
        def provide_commands(self) -> list[Command]:
            return [Command("say-name", "Say it", self.say_name)]

        async def say_name(self, invocation: Invocation) -> CommandResult:
            return CommandResult((Notice(self.name),))

    async with start(in_process("tea", Tea, commands=(("say-name", "Say it"),))) as caller:
        assert notice(await caller.run("say-name")).text == "plain"
        assert "plain/model" in values(await caller.run("model"), "model")
        await caller.run("config set plugins.tea.name green")
        assert notice(await caller.run("say-name")).text == "green"
        assert "green/model" in values(await caller.run("model"), "model")


async def test_a_value_is_checked_beside_the_others_but_not_for_their_faults(
    start: Start, home: Paths
) -> None:
    async with start(tea([])) as caller:
        with pytest.raises(ConfigError, match="slow needs level 5"):
            await caller.run("config set plugins.tea.how slow")
        await caller.run("config set plugins.tea.level 5")
        await caller.run("config set plugins.tea.how slow")
        home.config.write_text("plugins: {tea: {odd: 1, level: 0}}\n")
    async with start(tea([])) as caller:
        await caller.run("config set plugins.tea.name green")
        assert caller.host.settings.current.plugins["tea"]["name"] == "green"


async def test_what_a_plugin_offered_goes_when_it_begins_anew(start: Start) -> None:
    service: Service[object] = Service("tea")
    contexts: list[PluginContext] = []
    model = Settings

    class Tea:
        Settings = model

        @hookimpl
        def activate(self, context: PluginContext) -> None:
            contexts.append(context)
            context.services.provide(service, self)

        @hookimpl
        def on_message(self, message: Any, session: Any) -> None:
            """Be loaded."""

    async with start(in_process("tea", Tea, services=("tea",))) as caller:
        await load(caller.host)
        await caller.run("config set plugins.tea.level 7")
        assert len(contexts) == 2
        assert len(await contexts[-1].services.all(service)) == 1


async def test_a_plugin_that_cannot_begin_anew_does_at_the_next_start(start: Start) -> None:
    class Widgets:
        Settings = Settings

        @hookimpl
        def on_message(self, message: Any, session: Any) -> None:
            """Be loaded."""

        @hookimpl
        def provide_widgets(self) -> list[Any]:
            return []

    async with start(in_process("tea", Widgets)) as caller:
        await load(caller.host)
        text = notice(await caller.run("config set plugins.tea.level 7")).text
    assert text.endswith("plugins.tea.level is 7 from the next start on.")


async def test_a_plugin_with_a_bad_setting_is_mended(start: Start, home: Paths) -> None:
    seen: list[Any] = []
    home.root.mkdir()
    home.config.write_text("plugins: {tea: {level: 0}}\n")
    async with start(tea(seen)) as caller:
        await load(caller.host)
        assert caller.host.plugins.entries["tea"].state == "misconfigured"
        await caller.run("config set plugins.tea.level 4")
        assert caller.host.plugins.entries["tea"].state == "active"
    assert seen[0].level == 4


async def test_what_is_read_at_the_start_holds_from_the_next_one_on(start: Start) -> None:
    async with start(tea([])) as caller:
        text = notice(await caller.run("config set disabled_plugins tea other")).text
        assert text.endswith("disabled_plugins is tea, other from the next start on.")
        text = notice(await caller.run("config set disabled_plugins")).text
        assert text.endswith("disabled_plugins is - from the next start on.")


async def test_what_goes_before_it_is_said(start: Start, home: Paths, tmp_path: Path) -> None:
    (tmp_path / ".hfs").mkdir()
    (tmp_path / ".hfs" / "config.yaml").write_text(
        "theme: nord\nplugins: {tea: {level: 9, places: {away: [2]}}}\n"
    )
    async with start(tea([]), environ={"HFS_OUTPUT_MODE": "compact"}) as caller:
        for line, text in (
            ("mode verbose", "Output mode: verbose, but HFS_OUTPUT_MODE goes before it."),
            (
                "config set output_mode verbose",
                f"Written to {home.config}, but HFS_OUTPUT_MODE goes before it: output_mode is compact.",
            ),
            (
                "config set plugins.tea.places.home '[1]'",
                f"Written to {home.config}, but {tmp_path}/.hfs/config.yaml goes before it: "
                'plugins.tea.places is {"away": [2]}.',
            ),
            ("theme dracula", f"Theme: dracula, but {tmp_path}/.hfs/config.yaml goes before it."),
            (
                "config set plugins.tea.level 2",
                f"Written to {home.config}, but {tmp_path}/.hfs/config.yaml goes before it: plugins.tea.level is 9.",
            ),
        ):
            assert notice(await caller.run(line)) == Notice(text, "warning")


async def test_a_model_that_is_set_answers_from_now_on(start: Start) -> None:
    async with start() as caller:
        result = await caller.run("config set model scripted/model")
        assert result.effects == (UseModel("scripted/model"),)
        result = await caller.run("config set model nowhere/model")
        assert result.parts[1] == Notice(
            "no provider 'nowhere' for nowhere/model: the providers are scripted", "warning"
        )
    async with start(environ={"HFS_MODEL": "a/b"}) as caller:
        assert (await caller.run("config set model scripted/other")).effects == ()


async def test_nothing_to_take_out_is_said(start: Start, home: Paths) -> None:
    async with start() as caller:
        result = await caller.run("config unset theme")
    assert not result.ok
    assert notice(result).text == f"theme is not in {home.config}: there is nothing to take out."


async def test_the_mode_is_set_and_said(start: Start) -> None:
    async with start() as caller:
        assert notice(await caller.run("mode")).text == "Output mode: verbose. It can be compact or verbose."
        assert notice(await caller.run("mode compact")) == Notice("Output mode: compact.")
        assert caller.host.settings.current.output_mode == "compact"


async def test_a_theme_is_chosen_from_those_there_are(start: Start) -> None:
    async with start() as caller:
        result = await caller.run("theme")
        rows = {row.values["theme"]: row for row in table(result).rows}
        assert [name for name, row in rows.items() if row.values["current"]] == ["hfs-dark"]
        assert [name for name, row in rows.items() if row.is_current] == ["hfs-dark"]
        assert [(action.key, action.command) for action in rows["nord"].actions] == [("enter", "theme nord")]
        assert notice(await caller.run("theme nord")) == Notice("Theme: nord.")
        assert caller.host.settings.current.theme == "nord"


async def texts(caller: Caller, line: str) -> list[str]:
    return [candidate.text for candidate in await caller.complete(line)]


async def test_keys_and_values_are_completed(start: Start) -> None:
    async with start(tea([])) as caller:
        assert await texts(caller, "config ") == ["show", "set", "unset"]
        keys = await texts(caller, "config set ")
        assert {"theme", "plugins.tea.level"} <= set(keys)
        assert await texts(caller, "config set output_mode ") == ["compact", "verbose"]
        assert await texts(caller, "config set plugins.tea.taste s") == ["sweet", "sour"]
        assert await texts(caller, "config set plugins.tea.warm ") == ["true", "false"]
        assert await texts(caller, "config set model ") == ["scripted/model"]
        assert await texts(caller, "config set store ") == []
        assert await texts(caller, "config unset output_mode ") == []
        assert "nord" in await texts(caller, "theme ")
        assert await texts(caller, "mode ") == ["compact", "verbose"]
