"""The plugin: its settings, its providers, and what it costs before it is used."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import hfs_openai_models
import pytest
from hfs_openai_models.plugin import OpenAIModelsPlugin
from pydantic import ValidationError
from ruamel.yaml import YAML

from hfs_core.api import AuthenticationFailed, Connection, ErrorOccurred, ModelError, ModelInfo
from hfs_core.testing import Answer, OpenAIServer

NEAR = {"name": "near", "base_url": "http://localhost:1/v1"}


class Offered:
    """An endpoint of another plugin."""

    def __init__(self, name: str):
        self.name = name

    async def models(self) -> list[ModelInfo]:
        return []

    async def connect(self, model: str) -> Connection:
        raise AssertionError("nobody asked for a model")


def test_the_manifest_says_what_the_plugin_does() -> None:
    manifest = YAML(typ="safe", pure=True).load((files(hfs_openai_models) / "manifest.yaml").read_text())
    module, _, attribute = manifest["entry_point"].partition(":")
    assert (module, attribute) == ("plugin", OpenAIModelsPlugin.__name__)
    implemented = {name for name, value in vars(OpenAIModelsPlugin).items() if hasattr(value, "hfs_impl")}
    assert set(manifest["hooks"]) == implemented
    assert manifest["version"] == hfs_openai_models.__version__


async def test_one_provider_for_each_endpoint(harness: Any) -> None:
    """OpenAI first, then the settings', then the other plugins'; the same ones when asked again."""
    plugin, context = harness.plugin([Offered("local")], endpoints=[NEAR, {**NEAR, "name": "far"}])
    providers = await plugin.provide_models()
    assert [provider.name for provider in providers] == ["openai", "near", "far", "local"]
    assert await plugin.provide_models() == providers
    assert context.events == []


@pytest.mark.parametrize("name", ["openai", "near"])
async def test_an_offered_endpoint_with_a_taken_name_is_told_once(harness: Any, name: str) -> None:
    plugin, context = harness.plugin([Offered(name)], endpoints=[NEAR])
    assert [provider.name for provider in await plugin.provide_models()] == ["openai", "near"]
    await plugin.provide_models()
    (event,) = context.events
    assert isinstance(event, ErrorOccurred)
    assert f"two model endpoints are named '{name}'" in event.text


async def test_an_endpoint_that_went_with_its_plugin_is_gone(harness: Any) -> None:
    plugin, context = harness.plugin([Offered("local")])
    before = await plugin.provide_models()
    context.services.endpoints = [Offered("local")]
    after = await plugin.provide_models()
    assert [provider.name for provider in after] == ["openai", "local"]
    assert after[0] is before[0]
    assert after[1] is not before[1]
    assert context.events == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"endpoints": [NEAR, NEAR]}, "two endpoints are named 'near'"),
        ({"endpoints": [{**NEAR, "name": "openai"}]}, "'openai' is taken"),
        ({"endpoints": [{**NEAR, "name": "a/b"}]}, "name"),
        ({"endpoints": [{**NEAR, "base_url": "localhost:11434"}]}, "must look like http"),
        ({"endpoints": [{**NEAR, "base_url": "http://[::1"}]}, "must look like http"),
        ({"endpoints": [{**NEAR, "base_url": "http://h:99999/v1"}]}, "must look like http"),
        ({"endpoints": [{**NEAR, "base_url": "http://me:sk-secret@h/v1"}]}, "must have no password"),
        ({"endpoints": [{**NEAR, "base_url": "http://h/v1?key=sk-secret"}]}, "must have no password"),
        ({"endpoints": [{**NEAR, "api_key_env": "sk-secret"}]}, "name of an environment variable"),
        ({"endpoints": [{**NEAR, "api_key": "sk-secret"}]}, "api_key"),
        ({"read_timeout": 0}, "read_timeout"),
        ({"read_timeout": float("inf")}, "read_timeout"),
        ({"timeout": 3}, "timeout"),
    ],
)
def test_a_bad_setting_is_told_without_secrets(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        OpenAIModelsPlugin.Settings.model_validate(settings)
    assert words in str(caught.value)
    assert "sk-secret" not in str(caught.value)


def test_every_setting_is_described() -> None:
    schema = OpenAIModelsPlugin.Settings.model_json_schema()
    for model in (schema, *schema["$defs"].values()):
        assert all(field.get("description") for field in model["properties"].values())


async def test_a_slash_at_the_end_of_an_address_does_no_harm(harness: Any) -> None:
    async with OpenAIServer(Answer("Hi")) as server:
        assert (await (await harness.at(f" {server.base_url}/ ")).ask()).text == "Hi"
    assert server.chats[0].path == "/v1/chat/completions"


async def test_openai_from_the_environment(
    harness: Any, monkeypatch: pytest.MonkeyPatch, asker_of: Any
) -> None:
    """Read when a model is asked, so that a key that is set later counts."""
    asker = asker_of(await harness.provider("openai"))
    with pytest.raises(AuthenticationFailed, match="set the environment variable OPENAI_API_KEY"):
        await asker.ask()
    with pytest.raises(AuthenticationFailed):
        await asker.provider.models()
    async with OpenAIServer(Answer("Hi"), api_key="sk-mine") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-mine\n")
        assert (await asker.ask()).text == "Hi"
        monkeypatch.delenv("OPENAI_API_KEY")
        with pytest.raises(
            AuthenticationFailed, match=r"openai refused the key .*; check the key in OPENAI_API_KEY"
        ):
            await asker.ask()


async def test_an_address_in_the_environment_that_is_none(
    harness: Any, monkeypatch: pytest.MonkeyPatch, asker_of: Any
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost:sk-secret")
    asker = asker_of(await harness.provider("openai"))
    with pytest.raises(ModelError, match="OPENAI_BASE_URL is no address") as caught:
        await asker.ask()
    assert "sk-secret" not in str(caught.value)


PROBE = """
import asyncio, json, sys
import hfs_openai_models
light = sorted(sys.modules)
from hfs_openai_models.plugin import OpenAIModelsPlugin

class Context:
    settings = OpenAIModelsPlugin.Settings()
    class services:
        async def all(service): return []
    async def run_blocking(function, *arguments): return function(*arguments)
    def on_unload(callback): pass

async def main():
    plugin = OpenAIModelsPlugin()
    plugin.activate(Context)
    await plugin.provide_models()

asyncio.run(main())
print(json.dumps([light, sorted(sys.modules)]))
"""


def test_nothing_heavy_is_imported_before_a_model_is_asked() -> None:
    """Importing the package costs nothing; activating the plugin imports no HTTP library."""
    done = subprocess.run([sys.executable, "-c", PROBE], check=True, capture_output=True, text=True)
    light, active = json.loads(done.stdout)
    assert not {"pydantic", "hfs_core"} & set(light)
    heavy = {"httpx2", "httpcore2", "anyio", "h11", "sqlalchemy", "textual", "rich"}
    assert not heavy & set(active)


def test_only_the_front_door_is_imported() -> None:
    source = Path(hfs_openai_models.__file__).parent
    imported = {
        line.split()[1]
        for file in source.glob("*.py")
        for line in file.read_text().splitlines()
        if line.strip().startswith(("from hfs", "import hfs"))
    }
    assert {name for name in imported if name.startswith("hfs_core")} == {"hfs_core.api"}
