"""Reads JSON of any size piece by piece: containers are walked, and only their small parts are ever held whole."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from hfs_core.api import JSON

CHUNK = 1 << 18
"""How many bytes are read at once."""

LARGEST = 32 << 20
"""How many characters one part, such as a message, may have."""

DEEPEST = 10_000
"""How deep containers may lie in each other that are passed over."""

CUT = 16
"""How many characters before the end of what was read a fault may be one of what was not read yet."""

_BLANKS = re.compile(r"[ \t\n\r]*")


class JsonFault(ValueError):
    """The text is not the JSON that is expected; its message says where."""


class JsonReader:
    """A cursor in a JSON text.

    Objects and arrays are entered with `members` and `items`, whose loops must read each part with `value`, `members`,
    `items` or `skip` before they go on. UTF-8, UTF-16 and UTF-32 are told apart by their first bytes.
    """

    def __init__(self, file: BinaryIO):
        head = file.read(CHUNK)
        encoding = "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else json.detect_encoding(head)
        self._decode = codecs.getincrementaldecoder(encoding)(errors="strict").decode
        self._file = file
        self._read = 0
        self._is_over = False
        self._consumed = 0
        self._at = 0
        self._text = self._decoded(head)

    @property
    def place(self) -> str:
        """Where the cursor is, for people."""
        return f"at character {self._consumed + self._at + 1:,}"

    def peek(self) -> str:
        """Return the next character that is no blank, "" at the end."""
        if self._at < len(self._text) and (first := self._text[self._at]) > " ":
            return first
        while True:
            if (blanks := _BLANKS.match(self._text, self._at)) is not None:
                self._at = blanks.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def members(self) -> Iterator[str]:
        """Enter an object and go through its keys."""
        self._expect("{", "an object")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                raise self._fault("a key in quotes is missing")
            key = self.value()
            self._expect(":", "a colon after a key")
            yield str(key)
            if self._closed("}"):
                return

    def items(self) -> Iterator[int]:
        """Enter an array and go through the numbers of its items, from 0."""
        self._expect("[", "an array")
        if self.peek() == "]":
            self._at += 1
            return
        number = 0
        while True:
            yield number
            number += 1
            if self._closed("]"):
                return

    def value(self) -> JSON:
        """Return the next part whole."""
        if not self.peek():
            raise self._fault("the text ends in the middle")
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                is_open = error.msg.startswith("Unterminated")
                if (is_open or error.pos + CUT > len(self._text)) and self._more(double=True):
                    continue
                ended = is_open or error.pos >= len(self._text)
                self._at = min(error.pos, len(self._text))
                problem = "the text ends in the middle" if ended else error.msg.removesuffix(" at")
                raise self._fault(problem) from error
            except RecursionError as error:
                raise self._fault("it is nested too deeply") from error
            except ValueError as error:
                raise self._fault("a number has too many digits") from error
            if end + 2 < len(self._text) or not self._more(double=True):  # `1.5e+` may go on
                self._at = end
                return value

    def skip(self) -> None:
        """Pass over the next part, however large it is."""
        if self._has_passed():
            return
        entered: list[Iterator[object]] = []
        while True:
            first = self.peek()
            if first == "{":
                entered.append(self.members())
            elif first == "[":
                entered.append(self.items())
            else:
                self.value()
            if len(entered) > DEEPEST:
                raise self._fault("it is nested too deeply")
            while entered and next(entered[-1], None) is None:
                entered.pop()
            if not entered:
                return

    def end(self) -> None:
        """Make sure that nothing follows."""
        if self.peek():
            raise self._fault("something follows the end")

    def _has_passed(self) -> bool:
        """Pass over the next part if it is small, several times as quickly; False where it is large or faulty."""
        if not self.peek():
            return False
        if len(self._text) - self._at < CHUNK // 4:
            self._more()
        try:
            _, end = _DECODER.raw_decode(self._text, self._at)
        except (ValueError, RecursionError):
            return False
        if end + 2 >= len(self._text):
            return False
        self._at = end
        return True

    def _closed(self, bracket: str) -> bool:
        character = self.peek()
        if character not in (bracket, ","):
            problem = "the text ends in the middle" if not character else f"a comma or {bracket} is missing"
            raise self._fault(problem)
        self._at += 1
        return character == bracket

    def _expect(self, character: str, what: str) -> None:
        found = self.peek()
        if found != character:
            problem = "the text ends in the middle" if not found else f"{what} is missing"
            raise self._fault(problem)
        self._at += 1

    def _more(self, *, double: bool = False) -> bool:
        """Read on; False at the end. With `double` as much again, so that a large part is not tried too often."""
        if self._is_over:
            return False
        kept = len(self._text) - self._at
        if kept >= LARGEST:
            raise self._fault(f"one part has more than {LARGEST:,} characters")
        data = self._file.read(max(CHUNK, min(kept, LARGEST - kept)) if double else CHUNK)
        self._text = self._text[self._at :] + self._decoded(data)
        self._consumed += self._at
        self._at = 0
        return True

    def _decoded(self, data: bytes) -> str:
        self._is_over = not data
        try:
            return self._decode(data, final=not data)
        except UnicodeDecodeError as error:
            place = self._read + max(error.start - (len(error.object) - len(data)), 0) + 1
            raise JsonFault(
                f"it is not text in {error.encoding} (at byte {place:,}: {error.reason})"
            ) from error
        finally:
            self._read += len(data)

    def _fault(self, problem: str) -> JsonFault:
        return JsonFault(f"{problem} ({self.place})")


_DECODER = json.JSONDecoder()
