"""Files that no importer should ever meet, and what it says of each."""

from __future__ import annotations

import gzip
import json
import os
import socket
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

Make = Callable[[Path], object]
"""Makes a file."""

BIG = 2 << 30


def text(content: str, encoding: str = "utf-8") -> Make:
    return lambda path: path.write_bytes(content.encode(encoding, "surrogatepass"))


def data(content: bytes) -> Make:
    return lambda path: path.write_bytes(content)


def sparse(head: str) -> Make:
    """A file of 2 GB that takes no room on the disk."""

    def make(path: Path) -> None:
        path.write_text(head)
        os.truncate(path, BIG)

    return make


def zipped(*members: tuple[str, bytes], count: int = 0) -> Make:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members:
                archive.writestr(name, content)
            for number in range(count):
                archive.writestr(f"{number}.json", b"")

    return make


def bomb(path: Path) -> None:
    """200 MB of one message in 200 kB."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("conversations.json", "w") as file,
    ):
        file.write(b'[{"role": "user", "content": "a"}')
        for _ in range(200):
            file.write(b" " * (1 << 20))
        file.write(b"]")


def encrypted(path: Path) -> None:
    """What says of itself that it is; its list of files is enough to know that."""
    zipped(("conversations.json", b"[]"))(path)
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.rindex(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)


def damaged(path: Path) -> None:
    zipped(
        ("conversations.json", json.dumps([{"role": "user", "content": os.urandom(99).hex()}] * 99).encode())
    )(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)


def crowded(path: Path) -> None:
    """A list of 200,000 files: they are all the same one."""
    zipped(("a.json", b"[]"))(path)
    content = path.read_bytes()
    at, end = content.index(b"PK\1\2"), content.index(b"PK\5\6")
    entry = content[at:end]
    tail = bytearray(content[end:])
    tail[8:12] = b"\xff\xff\xff\xff"
    tail[12:16] = (200_000 * len(entry)).to_bytes(4, "little")
    path.write_bytes(content[:at] + entry * 200_000 + tail)


def message(content: str) -> str:
    return f'[{{"role": "user", "content": {content}}}]'


def huge(character: str) -> Make:
    """One string of a hundred million characters."""

    def make(path: Path) -> None:
        begin, end = message('"|"').split("|")
        with path.open("w", encoding="utf-8") as file:
            file.write(begin)
            for _ in range(100):
                file.write(character * 1_000_000)
            file.write(end)

    return make


def lines(path: Path) -> None:
    """A hundred messages of a million characters each, on one line."""
    with path.open("w") as file:
        for number in range(100):
            file.write((", " if number else "[") + message('"' + "a" * 999_000 + '"')[1:-1])
        file.write("]")


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


REFUSED: Mapping[str, tuple[Make, str]] = {
    "missing": (lambda path: None, "cannot be read: No such file"),
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "fifo": (os.mkfifo, "is no file"),
    "device": (device, "is no file"),
    "socket": (listening, "is no file"),
    "loop": (lambda path: path.symlink_to(path.name), "cannot be read: Too many levels of symbolic links"),
    "empty": (data(b""), "it is empty"),
    "blank": (text(" \n" * 9), "it is empty"),
    "blanks": (text(" " * 300_000), "nothing but blanks"),
    "prose": (text("Dear diary"), "in no known format"),
    "picture": (data(b"\x89PNG\r\n\x1a\n" + bytes(range(256))), "in no known format"),
    "gzip": (lambda path: path.write_bytes(gzip.compress(b"[]")), "is compressed with gzip: unpack it first"),
    "no messages": (text("{}"), "in no known format"),
    "truncated": (text('[{"role": "user", "content": "Hel'), "the text ends in the middle (at character 30)"),
    "truncated list": (
        text('[{"role": "user", "content": "Hello"}, '),
        "the text ends in the middle (at character 40)",
    ),
    "garbage behind": (text('[{"role": "user", "content": "a"}] x'), "Expecting value (at character 36)"),
    "Latin-1": (text(message('"é"'), "latin-1"), "it is not text in utf-8"),
    "UTF-16 cut": (data(message('"é"').encode("utf-16")[:-1]), "not text in utf-16"),
    "trailing comma": (
        text('{"messages": [{"role": "user", "content": "a",}]}'),
        "a key in quotes is missing",
    ),
    "control character": (text(message('"a\nb"')), "Invalid control character (at character 32)"),
    "nested": (
        text('[{"role": "user", "content": ' + "[" * 5000 + "]" * 5000 + "}]"),
        "it is nested too deeply",
    ),
    "digits": (text(message("1" * 10_000)), "a number has too many digits"),
    "a huge string": (huge("a"), "one part has more than"),
    "a huge string of pictures": (huge("\N{GRINNING FACE}"), "one part has more than"),
    "2 GB of zeros": (sparse(""), "zeros, no text"),
    "2 GB of JSON": (
        sparse('[{"role": "user", "content": "a'),
        "Invalid control character (at character 32)",
    ),
    "2 GB behind JSON": (sparse('[{"role": "user", "content": "a"}]'), "(at character 35)"),
    "bomb": (bomb, "unpacks to far more than its size"),
    "nested archive": (zipped(("inner.zip", b"PK")), "with an archive in it: unpack that first"),
    "archive of nothing": (zipped(("a.txt", b"x")), "is an archive without a JSON file"),
    "archive of others": (zipped(("a.json", b"[1]"), ("b.json", b"{}")), "in no known format"),
    "encrypted": (encrypted, "is encrypted"),
    "damaged": (damaged, "is damaged in the archive"),
    "crowded": (crowded, "holds more than 100,000 files"),
    "SQLite of others": (data(b"SQLite format 3\0" + bytes(84)), "its database cannot be read"),
}
"""What is refused, and a part of the sentence that says so."""

READ: Mapping[str, tuple[Make, int]] = {
    "UTF-8 with a mark": (text(message('"é"'), "utf-8-sig"), 1),
    "UTF-16": (text(message('"é"'), "utf-16"), 1),
    "UTF-16 without a mark": (text(message('"é"'), "utf-16-le"), 1),
    "UTF-32": (text(message('"é"'), "utf-32"), 1),
    "NUL and a lone surrogate": (text(message(r'"\u0000\ud800"')), 1),
    "duplicate keys": (text('[{"role": "user", "content": "a", "content": "b"}]'), 1),
    "Infinity": (text('[{"role": "user", "content": "a", "created_at": Infinity}]'), 1),
    "year 0": (text('[{"role": "user", "content": "a", "created_at": "0000-01-01T00:00:00Z"}]'), 1),
    "year 9999": (
        text('[{"role": "user", "content": "a", "created_at": "9999-12-31T23:59:59.999999-12:00"}]'),
        1,
    ),
    "names outside": (zipped(("../../x.json", message('"a"').encode()), ("/etc/y.json", b"[]")), 1),
    "100 MB on one line": (lines, 100),
}
"""What is read in spite of its looks, and how many messages come."""

LARGE = ("a huge string", "a huge string of pictures", "bomb", "crowded", "100 MB on one line")
"""Those that take a second or more."""
