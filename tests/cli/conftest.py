"""The real program `hfs`, run as a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hfs_core.api import Paths
from hfs_core.testing import OpenAIServer


@dataclass(frozen=True, slots=True)
class Done:
    """What a finished process left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


Hfs = Callable[..., Coroutine[Any, Any, Done]]


def environment(home: Paths, server: OpenAIServer | None, **more: str) -> dict[str, str]:
    """The environment of a child: its own home, and the server as the provider `openai`."""
    variables = {"PATH": os.environ["PATH"], "HOME": str(home.root.parent), "HFS_HOME": str(home.root)}
    if server is not None:
        variables |= {
            "OPENAI_BASE_URL": server.base_url,
            "OPENAI_API_KEY": "sk-test",
            "HFS_MODEL": "openai/test",
        }
    return variables | more


@pytest.fixture
def hfs(home: Paths, tmp_path: Path) -> Hfs:
    """Run `hfs` to its end; what it gets on standard input is `text`, an empty pipe by default."""

    async def run(
        *words: str, server: OpenAIServer | None = None, text: str = "", env: dict[str, str] | None = None
    ) -> Done:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hfs_core.cli",
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(home, server, **(env or {})),
            cwd=tmp_path,
        )
        out, err = await process.communicate(text.encode("utf-8", "surrogateescape"))
        assert process.returncode is not None
        assert b"Traceback" not in err, err.decode()
        return Done(process.returncode, out.decode(), err.decode())

    return run
