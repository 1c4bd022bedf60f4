"""What the scripted server answers to one request, well or badly."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from hfs_core.models import JSON, Usage

USAGE = Usage(prompt_tokens=7, completion_tokens=5)
Piece = str | bytes | Mapping[str, JSON] | asyncio.Event


@dataclass(frozen=True, slots=True, init=False)
class Answer:
    """What the server does with one chat request. Nothing is sent before the first piece that is no event.

    Attributes:
        pieces: a text becomes a delta, a mapping a chunk as it is, bytes one HTTP chunk as it is; an event is
            waited for.
        finish: the finish reason, None leaves it out.
        usage: sent where the request asks for it.
        is_done: whether `[DONE]` is sent.
        then: after the pieces, `break` closes the connection, `hang` keeps it open and silent; no end is sent.
        body: what is sent whole instead of a stream: bytes as they are, anything else as JSON.
        pause: seconds before each piece.
    """

    pieces: tuple[Piece, ...]
    finish: str | None
    usage: Usage | None
    is_done: bool
    then: Literal["end", "break", "hang"]
    status: int
    headers: Mapping[str, str]
    body: JSON | bytes
    pause: float

    def __init__(
        self,
        *pieces: Piece,
        finish: str | None = "stop",
        usage: Usage | None = USAGE,
        is_done: bool = True,
        then: Literal["end", "break", "hang"] = "end",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: JSON | bytes = None,
        pause: float = 0,
    ):
        given = dict(locals(), headers=dict(headers or {}))
        for name in self.__slots__:
            object.__setattr__(self, name, given[name])

    @classmethod
    def from_json(cls, value: JSON) -> Answer:
        """Return the answer that a text, or an object with these attributes, stands for."""
        if isinstance(value, str):
            return cls(value)
        fields = dict(value)
        if fields.get("usage"):
            fields["usage"] = Usage(*fields["usage"])
        return cls(*fields.pop("pieces", ()), **fields)

    @property
    def text(self) -> str:
        """The words of its pieces."""
        return "".join(piece for piece in self.pieces if isinstance(piece, str))


def refuse(
    status: int,
    message: str = "",
    *,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: JSON,
) -> Answer:
    """Return an answer that refuses a request as OpenAI does; `more` goes into its error object."""
    error = {"message": message or phrase(status), "type": "error", "code": code, **more}
    return Answer(status=status, headers=headers, body={"error": error})


def phrase(status: int) -> str:
    """Return the words of an HTTP status, also of one that has none by the book."""
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Something Else"
