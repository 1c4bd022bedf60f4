"""What an endpoint says of a failure, in whichever of the usual shapes it says it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from hfs_core.api import JSON

LONGEST = 300
"""Characters of an endpoint's own words that are shown."""

_STATUS_OF = {
    "authentication_error": 401,
    "context_length_exceeded": 400,
    "insufficient_quota": 429,
    "invalid_api_key": 401,
    "invalid_request_error": 400,
    "model_not_found": 404,
    "overloaded_error": 503,
    "permission_error": 403,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "server_error": 500,
}
"""The HTTP status that belongs to the words by which endpoints name an error inside of a stream."""

_TOO_LONG = re.compile(
    r"context[ _](length|window|size)|maximum model length|prompt is too long|reduce the length of the messages"
    r"|input token count .* exceeds|longer than the maximum",
    re.IGNORECASE,
)
_FITS = re.compile(
    r"(?:context length|model length|context window)\D{0,20}(\d+)|> (\d+) maximum|tokens allowed \(?(\d+)",
    re.IGNORECASE,
)
_NEEDS = re.compile(
    r"(?:resulted in|requested(?: about)?|request has|prompt \(length|too long:|token count)\s*\(?(\d+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Detail:
    """An endpoint's words.

    Attributes:
        message: for people, may be empty.
        names: what it calls the error: its code and its type.
        status: the HTTP status that the error object itself names, None if none.
        needed: tokens of the conversation, if it says so.
        limit: tokens that fit, if it says so.
    """

    message: str = ""
    names: tuple[str, ...] = ()
    status: int | None = None
    needed: int | None = None
    limit: int | None = None

    @property
    def is_too_long(self) -> bool:
        """Whether it is about a conversation that does not fit."""
        known = {"context_length_exceeded", "exceed_context_size_error"}
        return bool(known & set(self.names) or _TOO_LONG.search(self.message))


def read_detail(content: bytes) -> Detail:
    """Return what the body of a refusal says; a body that is no JSON is a message, unless it is a web page."""
    text = content.decode(errors="replace").strip()
    try:
        return detail_of(json.loads(text))
    except ValueError:
        return detail_of("" if text.startswith("<") else text)


def detail_of(body: JSON) -> Detail:
    """Return what an error object says: OpenAI's and llama.cpp's, vLLM's, FastAPI's, or a bare text."""
    error = body.get("error") or body if isinstance(body, dict) else body
    fields = error if isinstance(error, dict) else {"message": error}
    message = _text(fields.get("message") or fields.get("detail") or fields.get("error") or "")
    names = tuple(name for name in (fields.get("code"), fields.get("type")) if isinstance(name, str))
    return Detail(
        message,
        names,
        _status(fields.get("code"), names),
        _number(fields.get("n_prompt_tokens")) or _first_number(_NEEDS, message),
        _number(fields.get("n_ctx")) or _first_number(_FITS, message),
    )


def _status(code: JSON, names: tuple[str, ...]) -> int | None:
    if isinstance(code, int | str) and str(code).isdecimal():
        return int(code)
    return next((_STATUS_OF[name] for name in names if name in _STATUS_OF), None)


def _text(value: JSON) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _number(value: JSON) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _first_number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(next(group for group in found.groups() if group)) if found else None
