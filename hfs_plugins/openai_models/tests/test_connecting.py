"""Keys, addresses, TLS, proxies and kept connections: what goes wrong before an answer, and what to do then."""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import AuthenticationFailed, Connection, ModelError, Unreachable
from hfs_core.testing import Answer, OpenAIServer, refuse


async def test_no_key_names_the_variable(harness: Any) -> None:
    """Before anything is sent."""
    async with OpenAIServer() as server:
        asker = await harness.at(server, api_key_env="NEAR_KEY")
        with pytest.raises(
            AuthenticationFailed, match="no key for near: set the environment variable NEAR_KEY"
        ):
            await asker.ask()
    assert server.requests == []


@pytest.mark.parametrize("value", ["", "  ", "\n"])
async def test_an_empty_key_is_none(harness: Any, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NEAR_KEY", value)
    asker = await harness.at("http://127.0.0.1:9/v1", api_key_env="NEAR_KEY")
    with pytest.raises(AuthenticationFailed, match="NEAR_KEY"):
        await asker.ask()


@pytest.mark.parametrize("value", ["sk-secr\nét", "sk-sec\rret", "sk-“secret”"])
async def test_a_key_that_cannot_be_sent_is_not_shown(
    harness: Any, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("NEAR_KEY", value)
    asker = await harness.at("http://127.0.0.1:9/v1", api_key_env="NEAR_KEY")
    with pytest.raises(AuthenticationFailed, match="the value of NEAR_KEY is no key") as caught:
        await asker.ask()
    assert "sec" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_named_but_not_shown(
    harness: Any, key: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even where the endpoint repeats it; nor is it logged."""
    caplog.set_level(logging.DEBUG)
    answer = refuse(status, f"Incorrect API key provided: {key}.")
    error = await harness.failure(answer, api_key_env="NEAR_KEY")
    assert isinstance(error, AuthenticationFailed)
    assert (
        str(error)
        == f"near refused the key ({status}): Incorrect API key provided: ***; check the key in NEAR_KEY"
    )
    assert key not in caplog.text


def test_a_key_is_not_in_what_is_printed_of_a_connection() -> None:
    assert "sk-secret" not in repr(Connection("http://h/v1", api_key="sk-secret"))


async def test_an_endpoint_that_turns_out_to_need_a_key(harness: Any) -> None:
    error = await harness.failure(refuse(401, "Missing bearer token"))
    assert "put the name of the environment variable that holds its key into api_key_env" in str(error)


# --- no connection ---


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_nobody_listens(harness: Any) -> None:
    base_url = f"http://127.0.0.1:{unused_port()}/v1"
    asker = await harness.at(base_url)
    with pytest.raises(
        Unreachable, match=f"near cannot be reached at {base_url}: .*; check that its server runs"
    ):
        await asker.ask()


async def test_no_such_host(harness: Any) -> None:
    asker = await harness.at("http://no-such-host.invalid/v1")
    with pytest.raises(Unreachable, match=r"near cannot be reached at http://no-such-host.invalid/v1"):
        await asker.ask()


@pytest.mark.parametrize("host", ["a b", "a\x7fb", "xn--\u00e9", "a" * 300])
async def test_a_host_that_cannot_be(harness: Any, host: str) -> None:
    with pytest.raises(ModelError, match="near"):
        await (await harness.at(f"http://{host}/v1")).ask()


async def test_a_host_that_does_not_react(harness: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full queue of connections, as at a host that drops packets, ends after the time for connecting."""
    monkeypatch.setattr("hfs_openai_models.clients.CONNECT_SECONDS", 0.2)
    with socket.socket() as listener, socket.socket() as one, socket.socket() as two:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for other in (one, two):
            other.setblocking(False)
            other.connect_ex(listener.getsockname())
        asker = await harness.at(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        async with asyncio.timeout(5):
            with pytest.raises(Unreachable, match="does not react"):
                await asker.ask()


async def test_a_server_that_hangs_up_without_a_word_is_asked_once(harness: Any) -> None:
    async with OpenAIServer(Answer(then="break")) as server:
        with pytest.raises(Unreachable, match="closed the connection without an answer"):
            await (await harness.at(server)).ask()
        assert len(server.chats) == 1


async def test_a_server_that_never_begins(harness: Any) -> None:
    error = await harness.failure(Answer(then="hang"), read_timeout=0.1)
    assert isinstance(error, Unreachable)
    assert "near at http://127.0.0.1:" in str(error)
    assert "has not begun to answer in time" in str(error)


async def test_a_server_that_begins_but_says_no_word(harness: Any) -> None:
    error = await harness.failure(Answer(b": wait\n\n", then="hang"), read_timeout=0.1)
    assert isinstance(error, Unreachable)
    assert "said no word in time" in str(error)


async def test_tls_where_there_is_none(harness: Any) -> None:
    async with OpenAIServer() as server:
        asker = await harness.at(server.base_url.replace("http:", "https:"))
        with pytest.raises(
            Unreachable, match=r"near at https://.* does not speak TLS: .*; should it be http://"
        ):
            await asker.ask()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate that nobody knows, and a server's TLS with it."""
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("SKIPPED: openssl is not installed, so no certificate can be made for this test")
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = [
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-out",
        str(files[0]),
        "-keyout",
        str(files[1]),
    ]
    subprocess.run([openssl, "req", *made, *subject], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return files[0], context


async def test_a_certificate_that_is_not_trusted(
    harness: Any, certificate: tuple[Path, ssl.SSLContext]
) -> None:
    async with OpenAIServer(tls=certificate[1]) as server:
        with pytest.raises(Unreachable, match=r"is not trusted: .*CERTIFICATE_VERIFY_FAILED.*SSL_CERT_FILE"):
            await (await harness.at(server)).ask()
    assert server.requests == []


async def test_a_certificate_that_is_trusted(
    harness: Any, certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    async with OpenAIServer(Answer("Hi"), tls=certificate[1]) as server:
        assert (await (await harness.at(server)).ask()).text == "Hi"


async def test_a_proxy_does_not_stand_before_this_machine(
    harness: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port()}")
    async with OpenAIServer(Answer("Hi")) as server:
        assert (await (await harness.at(server)).ask()).text == "Hi"


async def test_a_dead_proxy_is_an_unreachable_endpoint(harness: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port()}")
    with pytest.raises(Unreachable):
        await (await harness.at("http://example.invalid/v1")).ask()


# --- kept connections ---


async def test_a_connection_is_used_again(harness: Any) -> None:
    async with OpenAIServer(Answer("Hi")) as server:
        asker = await harness.at(server)
        for _ in range(3):
            await asker.ask()
        assert server.connections == 1


async def test_a_kept_connection_that_the_server_has_closed_is_replaced(harness: Any) -> None:
    async with OpenAIServer(Answer("Hi")) as server:
        asker = await harness.at(server)
        await asker.ask()
        await server.drop()
        assert (await asker.ask()).text == "Hi"


async def test_a_kept_connection_that_dies_under_the_request_is_replaced_once(harness: Any) -> None:
    async with OpenAIServer(Answer("Hi"), Answer(then="break"), Answer("again")) as server:
        asker = await harness.at(server)
        await asker.ask()
        assert (await asker.ask()).text == "again"
        assert (len(server.chats), server.connections) == (3, 2)
