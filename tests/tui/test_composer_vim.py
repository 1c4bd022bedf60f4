"""The keys of vim: each case says what vim itself does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs_core.tui.composer.vim.engine import Engine
from tests.tui.stage import writing

ESC, REDO = "\x1b", "\x12"


@dataclass
class Page:
    """A text and a cursor."""

    text: str
    cursor: int = 0

    def replace(self, start: int, end: int, text: str) -> None:
        assert 0 <= start <= end <= len(self.text)
        self.text = self.text[:start] + text + self.text[end:]
        self.cursor = start + len(text)

    def select(self, start: int, end: int) -> None:
        assert 0 <= start <= len(self.text)
        assert 0 <= end <= len(self.text)
        self.cursor = end


def press(engine: Engine, page: Page, keys: str) -> None:
    """Press keys; in the insert mode they are written, as the composer does."""
    for key in keys:
        if key == ESC:
            engine.escape()
        elif engine.mode == "INSERT":
            page.replace(page.cursor, page.cursor, key)
        else:
            engine.press(key)


CASES = [
    # before, with the cursor before |; keys; after
    ("|one two", "x", "|ne two"),
    ("|one two", "3x", "| two"),
    ("one |two", "2X", "on|two"),
    ("|one two", "dw", "|two"),
    ("|one two three", "2dw", "|three"),
    ("|one two three", "d2w", "|three"),
    ("one |two\nthree", "dw", "one| \nthree"),
    ("|one two", "de", "| two"),
    ("one two|", "db", "one |o"),
    ("|a-b c", "dW", "|c"),
    ("a-b| c", "dB", "| c"),
    ("|a-b c", "dE", "| c"),
    ("one |two", "d0", "|two"),
    ("  one |two", "d^", "  |two"),
    ("one |two", "d$", "one| "),
    ("one |two\nb\nc", "2D", "one| \nc"),
    ("one |two", "Cx" + ESC, "one |x"),
    ("|one two", "cwxy" + ESC, "x|y two"),
    ("|one two three", "c2wx" + ESC, "|x three"),
    ("one| two", "cwx" + ESC, "one|xtwo"),
    ("on|e-x two", "cWx" + ESC, "on|x two"),
    ("a\n|b\nc", "dd", "a\n|c"),
    ("a\nb\n|c", "dd", "a\n|b"),
    ("|a\nb\nc", "2dd", "|c"),
    ("|a\nb\nc", "dj", "|c"),
    ("a\nb\n|c", "dk", "|a"),
    ("a\n|b\nc", "dG", "|a"),
    ("a\n|b\nc", "dgg", "|c"),
    ("a\n|b\nc", "ccx" + ESC, "a\n|x\nc"),
    ("a\n|b\nc", "Sx" + ESC, "a\n|x\nc"),
    ("a|bc", "sx" + ESC, "a|xc"),
    ("|a\nb", "yyp", "a\n|a\nb"),
    ("|a\nb", "Yjp", "a\nb\n|a"),
    ("a\n|b", "yyP", "a\n|b\nb"),
    ("|a\nb", "ddp", "b\n|a"),
    ("|one two", "ywP", "one| one two"),
    ("|one two", "dwep", "twoone| "),
    ("|ab", "x3p", "baa|a"),
    ("|a", "yy2p", "a\n|a\na"),
    ("one t|wo", "diw", "one| "),
    ("one t|wo three", "daw", "one |three"),
    ("one t|wo", "daw", "on|e"),
    ("|one", "ciwx" + ESC, "|x"),
    ("", "ciwx" + ESC, "|x"),
    ("a-b| c", "diW", "a-b|c"),
    ('say "he|llo" now', 'di"', 'say "|" now'),
    ('s|ay "hello" now', 'ci"x' + ESC, 'say "|x" now'),
    ('say "he|llo" now', 'da"', "say |now"),
    ("f(a, (|b), c)", "di(", "f(a, (|), c)"),
    ("f(a, (|b), c)", "d2i(", "f(|)"),
    ("f(a, (b), |c)", "da(", "|f"),
    ("f(a|)", "cibx" + ESC, "f(|x)"),
    ("{\n a|b\n}", "da{", ""),
    ("[a|b]", "yi[P", "[a|bab]"),
    ("|a,b,c", "df,", "|b,c"),
    ("|a,b,c", "d2f,", "|c"),
    ("|a,b,c", "dt,", "|,b,c"),
    ("|a,b,c", "f,;x", "a,b|c"),
    ("|a,b,c", "f,;,x", "a|b,c"),
    ("a,b,|c", "F,x", "a,b|c"),
    ("a,b,|c", "T,ix" + ESC, "a,b,|xc"),
    ("|a,b,c", "t,;x", "a,|,c"),
    ("|a,b", "fzx", "|,b"),
    ("|abc", "rx", "|xbc"),
    ("|abc", "2rx", "x|xc"),
    ("|abc", "4rx", "|abc"),
    ("a|bc", "r\n", "a\n|c"),
    ("|aBc", "3~", "Ab|C"),
    ("|a\n  b", "J", "a| b"),
    ("|a\nb\nc", "3J", "a b| c"),
    ("|a\n)", "J", "a|)"),
    ("|ab", "ix" + ESC, "|xab"),
    ("|ab", "ax" + ESC, "a|xb"),
    ("  a|b", "Ix" + ESC, "  |xab"),
    ("|ab", "Ax" + ESC, "ab|x"),
    ("|a", "ob" + ESC, "a\n|b"),
    ("|a", "Ob" + ESC, "|b\na"),
    ("|a", "3ix" + ESC, "xx|xa"),
    ("|a", "2ob" + ESC, "a\nb\n|b"),
    ("|one two three", "dw.", "|three"),
    ("|one two three", "dw2.", ""),
    ("|a b c", "cwx" + ESC + "w.", "x |x c"),
    ("|a", "ib" + ESC + ".", "|bba"),
    ("|abc", "xx.", ""),
    ("|a\nb", "Ax" + ESC + "j.", "ax\nb|x"),
    ("|abc", "xxu", "|bc"),
    ("|abc", "xx2u", "|abc"),
    ("|abc", "xxuu" + REDO, "|bc"),
    ("|a", "ib c d" + ESC + "u", "|a"),
    ("|a", "ib" + ESC + "u" + REDO, "|ba"),
    ("|abc", "vlx", "|c"),
    ("ab|c", "vhd", "|a"),
    ("|one two", "ved", "| two"),
    ("o|ne two", "viwcx" + ESC, "|x two"),
    ("|a\nb\nc", "Vjd", "|c"),
    ("|a\nb", "vjJ", "a| b"),
    ("|abc", "vly$p", "abca|b"),
    ("|abc", "v$rx", "|xxx"),
    ("|abc", "vlU", "|ABc"),
    ("|AbC", "Vu", "|abc"),
    ("|abc", "vl~", "|ABc"),
    ("a|bc", "vohd", "|c"),
    ("a|bc", "vOhd", "|c"),
    ("|ab cd", "yewvep", "ab |ab"),
    ("|a(b)c", "f(%x", "a(b|c"),
    ("a\n\nb|", "gg", "|a\n\nb"),
    ("|a\n b\nc", "2G", "a\n |b\nc"),
    ("|a\nb\nc", "G", "a\nb\n|c"),
    ("abc|d\ne\nfghi", "jj", "abcd\ne\nfgh|i"),
    ("|abcd\ne\nfghi", "$jj", "abcd\ne\nfgh|i"),
    ("|one\n\ntwo", "w", "one\n|\ntwo"),
    ("|one\n\ntwo", "www", "one\n\ntw|o"),
    ("one\n\n|two", "b", "one\n|\ntwo"),
    ("|é ü", "wx", "é| "),
    ("|a", "zZ:?<>", "|a"),
    ("|ab", "d" + ESC + "x", "|b"),
    ("|ab", "dqx", "|b"),
    ("|abc", "99999999999x", ""),
]


@pytest.mark.parametrize(("before", "keys", "after"), CASES)
def test_commands(before: str, keys: str, after: str) -> None:
    page = Page(before.replace("|", ""), max(before.find("|"), 0))
    cursor = page.cursor
    engine = Engine(page)
    engine.escape()
    page.cursor = cursor
    engine.settle()
    press(engine, page, keys)
    assert engine.mode == "NORMAL"
    assert f"{page.text[: page.cursor]}|{page.text[page.cursor :]}" == (
        after if "|" in after else f"{after}|"
    )


KEYS = st.text(
    st.sampled_from("hjklwbeWBE0^$GgfFtT;,%xXsSr~iIaAoOdcyDCYpPu.JvVUn\"'()[]{}123 -" + ESC + REDO),
    max_size=40,
)
TEXTS = st.text(st.sampled_from("ab_ \n\n().'\"[]{}é-"), max_size=30)


@given(TEXTS, KEYS)
def test_no_keys_raise_or_leave_the_text(text: str, keys: str) -> None:
    page = Page(text)
    engine = Engine(page)
    engine.escape()
    press(engine, page, keys)
    assert 0 <= page.cursor <= len(page.text)
    engine.escape()
    engine.escape()
    assert engine.mode == "NORMAL"
    if page.text and page.text[page.cursor - 1 : page.cursor] not in ("", "\n"):
        assert page.text[page.cursor : page.cursor + 1] not in ("", "\n"), "the cursor is past its line"


@given(TEXTS, KEYS)
def test_undo_brings_everything_back(text: str, keys: str) -> None:
    page = Page(text)
    engine = Engine(page)
    engine.escape()
    press(engine, page, keys)
    after = page.text
    press(engine, page, ESC + ESC + "999u")
    assert page.text == text
    press(engine, page, f"999{REDO}")
    redone = page.text
    press(engine, page, "999u")
    assert page.text == text
    assert after == redone or "u" in keys or REDO in keys or page.text == text


@given(TEXTS, st.text(st.sampled_from("hjklwbeWBE0^$Gg;,%fa(yY123vV" + ESC), max_size=40))
def test_what_is_no_edit_changes_nothing(text: str, keys: str) -> None:
    page = Page(text)
    engine = Engine(page)
    engine.escape()
    for key in keys:
        if engine.mode == "INSERT":
            engine.escape()
        if not (key == "a" and engine.mode == "NORMAL" and not engine.pending):
            press(engine, page, key)
    assert page.text == text


# --- in the composer ---


async def test_modes_are_shown_and_escape_goes_on_where_it_is_nothing_to_vim() -> None:
    async with writing("vim") as person:
        assert person.composer.mode_name == "INSERT"
        await person.keys(" one two", "escape")
        assert person.composer.mode_name == "NORMAL"
        assert person.app.noted == []
        await person.keys("v")
        assert person.composer.mode_name == "VISUAL"
        await person.keys("escape", "d", "escape")
        assert person.app.noted == []
        await person.keys("escape")
        assert person.app.noted == ["escape"]
        assert person.composer.text == "one two"


async def test_edits_in_the_composer() -> None:
    async with writing("vim", "one two\nthree") as person:
        assert await person.keys("escape", "k", " 0cw", " new") == "new two\nthree"
        assert await person.keys("escape", " jdd") == "new two"
        assert await person.keys("u", "u") == "one two\nthree"
        assert await person.keys("ctrl+r") == "new two\nthree"
        assert await person.keys(" ggvey", " $p") == "new twonew\nthree"
        assert await person.keys("left", "delete", "home", "delete") == "ew twonw\nthree"


async def test_enter_sends_from_every_mode() -> None:
    async with writing("vim") as person:
        await person.keys(" one", "enter", " two", "escape", "enter", " three", "escape", "v", "enter")
        assert person.app.sent == ["one", "two", "three"]
        assert person.composer.mode_name == "INSERT"


async def test_j_and_k_go_on_into_the_history() -> None:
    async with writing("vim") as person:
        await person.keys(" one", "enter", " two", "enter", " draft", "escape", "k")
        assert person.composer.text == "two"
        assert person.cursor == (0, 2)
        assert await person.keys("k") == "one"
        assert await person.keys("j", "j") == "draft"
        assert person.composer.mode_name == "NORMAL"
        assert await person.keys("k", "u") == "draft"


async def test_keys_of_the_insert_mode_do_not_edit_outside_of_it() -> None:
    async with writing("vim", "one two") as person:
        await person.keys(
            "escape", "ctrl+w", "ctrl+u", "ctrl+k", "tab", "ctrl+d", "f7", "ctrl+x", "ctrl+j", "backspace"
        )
        assert person.composer.text == "one two"
        await person.keys("ctrl+c", "ctrl+y", "alt+c")
        assert person.app.noted == ["stop", "ctrl+y", "alt+c"]


async def test_a_paste_is_put_in_whatever_the_mode() -> None:
    async with writing("vim", "ab") as person:
        await person.keys("escape")
        assert await person.paste("dd x") == "add xb"
        assert person.composer.mode_name == "NORMAL"
        assert await person.keys("u") == "ab"
        await person.keys("v")
        assert await person.paste("c") == "acb"


async def test_escape_and_a_letter_at_once_are_not_alt_and_the_letter() -> None:
    async with writing("vim", "one") as person:
        assert await person.keys("alt+x") == "on"
        assert person.composer.mode_name == "NORMAL"
        assert await person.keys("i", "alt+shift+i", "x") == "xon"
        assert await person.keys("alt+c", "c", " new") == "new"
        assert person.app.noted == []


async def test_words_that_come_back_are_kept_in_every_mode() -> None:
    async with writing("vim", "ab") as person:
        await person.keys("escape", "v", "h")
        person.composer.give_back("back")
        assert person.composer.text == "back\n\nab"
        assert await person.keys("u") == "ab"


async def test_a_token_is_one_letter() -> None:
    async with writing("vim") as person:
        await person.paste("x" * 20_000)
        await person.keys(" b", "escape")
        assert await person.keys("h", "x") == "b"
        await person.keys("u", "enter")
        assert person.app.sent == ["x" * 20_000 + "b"]


async def test_completion_and_search_are_those_of_the_insert_mode() -> None:
    async with writing("vim") as person:
        await person.keys(" sent before", "enter", "ctrl+r", " bef")
        assert await person.keys("escape") == ""
        assert person.composer.mode_name == "INSERT"
        assert await person.keys("ctrl+r", "enter", "escape", "ctrl+r") == "sent before"
        assert "search" not in person.text
