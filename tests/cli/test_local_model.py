"""The whole, with the real small model: a question, an answer, and the thread taken up again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hfs_core.api import Paths

from .conftest import Hfs

MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf"
WEIGHTS = Path(os.environ.get("HFS_TEST_MODELS") or Path(__file__).parents[2] / ".cache" / "models") / MODEL

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(not WEIGHTS.exists(), reason=f"{WEIGHTS} is not there: `make test` fetches it"),
]


async def test_a_question_is_answered_and_the_thread_taken_up_again(hfs: Hfs, home: Paths) -> None:
    home.root.mkdir()
    home.models.symlink_to(WEIGHTS.parent)  # so that it is known, and answers as its catalogue says: briefly
    model = "local/smollm2-135m"
    first = await hfs("-p", "-m", model, "--output-format", "json", "Say hello.")
    assert (first.code, first.json["status"]) == (0, "complete"), first.err
    assert first.json["result"].strip()
    assert first.json["usage"]["completion_tokens"] > 0
    again = await hfs("-p", "-c", "-m", model, "--output-format", "json", text="And once more?")
    assert (again.code, again.json["session_id"]) == (0, first.json["session_id"]), again.err
    assert again.json["usage"]["prompt_tokens"] > first.json["usage"]["prompt_tokens"]
    listed = await hfs("sessions", "--json")
    assert [row["message_count"] for row in listed.json] == [4]


async def test_headless_never_downloads(hfs: Hfs) -> None:
    done = await hfs("-p", "-m", "local/qwen2.5-coder-0.5b", "hello")
    assert (done.code, done.out) == (1, "")
    assert "hfs models pull qwen2.5-coder-0.5b" in done.err
