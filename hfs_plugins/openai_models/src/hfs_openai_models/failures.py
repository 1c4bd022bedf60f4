"""From what goes wrong with an endpoint to an error that says what happened and what to do now."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from hfs_core.api import (
    AuthenticationFailed,
    ContextTooLong,
    ModelError,
    NoModel,
    RateLimited,
    RequestRefused,
    ServerFailed,
    StreamBroken,
    Unreachable,
)
from hfs_openai_models.details import LONGEST, Detail


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom a message to a person is about.

    Attributes:
        model: `provider/model`.
        address: what it was reached by, for people.
        key: is cut out of whatever an endpoint says.
        key_advice: what to do where the key is refused.
    """

    provider: str
    model: str
    address: str
    key: str | None = field(default=None, repr=False)
    key_advice: str = "check its key"

    def clean(self, text: str) -> str:
        """Return an endpoint's words as part of one line, without the key."""
        if self.key:
            text = text.replace(self.key, "***")
        text = "".join(letter if letter.isprintable() else " " for letter in text)
        text = " ".join(text.split()).rstrip(".")
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."

    def says(self, detail: Detail) -> str:
        """Return an endpoint's words to be put behind a sentence."""
        return f": {words}" if (words := self.clean(detail.message)) else ""

    def not_connected(self, error: Exception) -> ModelError:
        """Translate what went wrong before an answer began."""
        import httpx2

        reason = self.clean(str(error)) or type(error).__name__
        if isinstance(error, httpx2.ReadTimeout):
            return self.silent("has not begun to answer")
        if isinstance(error, httpx2.UnsupportedProtocol | httpx2.InvalidURL):
            return ModelError(f"{self.provider}: {self.address} is no address: {reason}", model=self.model)
        if isinstance(error, httpx2.ProxyError):
            text = f"the proxy on the way to {self.provider} ({self.address}) refused: {reason}; check HTTPS_PROXY"
        elif isinstance(error, httpx2.TimeoutException):
            text = (
                f"{self.provider} cannot be reached: {self.address} does not react; "
                "check the address and the network"
            )
        elif "CERTIFICATE_VERIFY_FAILED" in reason:
            text = (
                f"{self.provider} at {self.address} is not trusted: {reason}; check the address, or let "
                "SSL_CERT_FILE name the certificate that it needs"
            )
        elif "SSL" in reason:
            text = f"{self.provider} at {self.address} does not speak TLS: {reason}; should it be http://?"
        elif isinstance(error, httpx2.ConnectError):
            text = (
                f"{self.provider} cannot be reached at {self.address}: {reason}; "
                "check that its server runs and that the address is right"
            )
        else:
            text = f"{self.provider} at {self.address} closed the connection without an answer: {reason}; try again"
        return Unreachable(text, model=self.model)

    def silent(self, what: str) -> ModelError:
        """Return the error of an endpoint that was silent for too long, before its first word."""
        text = (
            f"{self.provider} at {self.address} {what} in time; try again, or allow it more with "
            "plugins.openai_models.read_timeout"
        )
        return Unreachable(text, model=self.model)

    def broken(self, reason: str) -> ModelError:
        """Return the error of a reply that does not come to its end."""
        text = f"the reply of {self.model} broke off: {reason}; send the message again to retry"
        return StreamBroken(text, model=self.model)

    def refused(
        self, status: int, detail: Detail, headers: Mapping[str, str], known: Sequence[str] = ()
    ) -> ModelError:
        """Translate a refusal.

        Args:
            headers: by lower-case name.
            known: the models that the endpoint lists, where it was asked.
        """
        says = self.says(detail)
        if detail.is_too_long or status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return ContextTooLong(self._too_long(detail), model=self.model)
        if status in (401, 403):
            text = f"{self.provider} refused the key ({status}){says}; {self.key_advice}"
            return AuthenticationFailed(text, model=self.model)
        if status == HTTPStatus.NOT_FOUND:
            return self._not_found(detail, known)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return self._too_many(detail, headers)
        if status >= 500 or status == HTTPStatus.REQUEST_TIMEOUT:
            text = f"{self.provider} failed on its own side ({status}){says}; {_when(headers, 'in a moment')}"
            return ServerFailed(text, model=self.model)
        if 300 <= status < 400:
            place = self.clean(headers.get("location", "another place"))
            text = (
                f"{self.provider} at {self.address} sends on to {place}: set its address to where that leads"
            )
            return RequestRefused(text, model=self.model)
        if status == HTTPStatus.PAYMENT_REQUIRED:
            return RequestRefused(
                f"{self.provider} wants to be paid (402){says}; add credit there", model=self.model
            )
        text = f"{self.provider} refused {self.model} ({status}){says}; change the request, or choose another model"
        return RequestRefused(text, model=self.model)

    def reported(self, detail: Detail) -> ModelError:
        """Translate an error that came inside of a reply."""
        if detail.status is None and not detail.is_too_long:
            return self.broken(self.clean(detail.message) or "the endpoint reports an error")
        return self.refused(detail.status or 400, detail, {})

    def _too_long(self, detail: Detail) -> str:
        advice = "start a new session, or choose a model with a longer context"
        if detail.limit:
            needed = f"it has {detail.needed} tokens, " if detail.needed else ""
            return f"the conversation does not fit into {self.model}: {needed}{detail.limit} fit; {advice}"
        return f"the conversation does not fit into {self.model}{self.says(detail)}; {advice}"

    def _not_found(self, detail: Detail, known: Sequence[str]) -> ModelError:
        name = self.model.partition("/")[2]
        if name in known or not (known or "model" in detail.message.lower()):
            text = (
                f"there is nothing at {self.address} (404){self.says(detail)}; check the address of {self.provider}, "
                "which mostly ends in /v1"
            )
            return RequestRefused(text, model=self.model)
        near = get_close_matches(name, known, 3, 0.4) or list(known[:5])
        if near:
            advice = f"it has {', '.join(self.clean(model) for model in near)}"
            advice += f" and {len(known) - len(near)} more" if len(known) > len(near) else ""
        else:
            advice = "check the name"
        return NoModel(
            f"{self.provider} has no model {name!r} (404){self.says(detail)}; {advice}", model=self.model
        )

    def _too_many(self, detail: Detail, headers: Mapping[str, str]) -> ModelError:
        if "insufficient_quota" in detail.names:
            text = f"{self.provider} has no credit left for this key (429){self.says(detail)}; add some there"
            return RateLimited(text, model=self.model)
        text = f"{self.provider} is asked too much (429){self.says(detail)}; {_when(headers, 'later')}"
        return RateLimited(text, model=self.model, retry_after=seconds_to_wait(headers))


def _when(headers: Mapping[str, str], otherwise: str) -> str:
    wait = seconds_to_wait(headers)
    return f"try again {otherwise if wait is None else f'in {max(1, round(wait))} s'}"


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Return what `Retry-After` asks for, which may be seconds or a date (RFC 9110, 10.2.3); None if nothing."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return max(0.0, seconds) if seconds < float("inf") else None
