"""Code in the transcript: copied by a key, or by a click."""

from __future__ import annotations

import pytest

from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.tui import code
from tests.tui.conftest import StartChat, keep
from tests.tui.window import LATEST, settled

CODE = """Here:

```python
x = 1  # [red]
```

- and in a list:

  ```
  [/]
  two
  ```

~~~sh -x
echo three
~~~
"""


async def test_code_is_copied_block_by_block(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, "code?", CODE)
    async with start_chat(opening=LATEST) as chat:
        await chat.sees("x = 1", "python · copy", "sh · copy")
        await chat.pilot.press("ctrl+y")
        await chat.sees("copied: sh, 1 line (3 of 3)")
        assert chat.app.clipboard == "echo three"
        await chat.pilot.press("ctrl+y")
        await chat.sees("copied: code, 2 lines (2 of 3)")
        assert chat.app.clipboard == "[/]\ntwo"
        await chat.pilot.press("ctrl+y")
        await chat.sees("copied: python, 1 line (1 of 3)")
        assert chat.app.clipboard == "x = 1  # [red]"
        await chat.pilot.press("ctrl+y")
        await chat.sees("(3 of 3)")


async def test_copying_begins_again_with_what_is_in_view(
    start_chat: StartChat, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "AGAIN_SECONDS", 0.0)
    tall = "word  \n" * 30
    await keep(store, "one?", "```\nfirst\n```\n" + tall, "two?", "```\nlast\n```\n" + tall)
    async with start_chat(opening=LATEST) as chat:
        await chat.sees("word")
        await settled(chat)
        await chat.pilot.press("ctrl+y")
        await chat.until(lambda: chat.app.clipboard == "last", "the last of all")
        await chat.pilot.press("ctrl+home")
        await chat.sees("first")
        await chat.pilot.press("ctrl+y")
        await chat.until(lambda: chat.app.clipboard == "first", "the one in view")


async def test_a_click_on_copy_copies_that_block(start_chat: StartChat, store: MemoryStore) -> None:
    await keep(store, "code?", CODE)
    async with start_chat(opening=LATEST) as chat:
        await chat.sees("python · copy")
        y = next(number for number, line in enumerate(chat.screen) if "python · copy" in line)
        await chat.pilot.click(offset=(chat.screen[y].index("copy") + 1, y))
        await chat.sees("copied: python, 1 line (1 of 3)")
        assert chat.app.clipboard == "x = 1  # [red]"


async def test_says_that_there_is_no_code(start_chat: StartChat) -> None:
    async with start_chat() as chat:
        await chat.pilot.press("ctrl+y")
        await chat.sees("no code to copy")
