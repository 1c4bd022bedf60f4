"""What a message of ChatGPT becomes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hfs_core.api import JSON, Draft, Role, Status, replace_surrogates
from hfs_export.readers.chatgpt_content import MARKED, ChatGptContent
from hfs_export.readers.fences import fenced
from hfs_export.readers.losses import Losses

ROLES = {"user": Role.USER, "system": Role.SYSTEM}
"""Who speaks. The assistant, its tools and whoever else is there are the assistant to HFS: a tool's answer without its
question is refused by models. What came from a tool says so in its first line, and in its metadata."""

CONTEXTS = ("user_editable_context", "model_editable_context")
"""What the person and the model had set for all conversations: the system said it, though ChatGPT does not show it."""

CUT = ("interrupted", "max_tokens", "client_stopped")
"""Why an answer is not whole."""

LONGEST_FACT = 200
"""How many characters a name may have that is kept in the metadata."""


def draft_of(message: Mapping[str, Any], moment: datetime, place: str, losses: Losses) -> Draft | None:
    """Return the message, None where there is nothing that a person saw.

    Args:
        place: names it in what `losses` tells.
    """
    content, metadata = message.get("content"), _object(message.get("metadata"))
    kind = _word(content.get("content_type")) if isinstance(content, Mapping) else ""
    author = _object(message.get("author"))
    said_by = _word(author.get("role"))
    if kind == "reasoning_recap":
        losses.add("how long it was thought is left out", place)
        return None
    attachments = _attachments(metadata)
    reads = ChatGptContent(lambda what: losses.add(what, place))
    text = reads.text(content, attachments)
    for name in attachments.values():
        if name not in text:
            losses.add(MARKED, place)
            text = f"{text}\n\n[file: {name}]".lstrip()
    if not text.strip():
        if said_by != "system":  # an empty one stands at the beginning of every conversation
            losses.add("an empty message is left out", place)
        return None
    if metadata.get("is_visually_hidden_from_conversation") is True and kind not in CONTEXTS:
        losses.add("a message that ChatGPT does not show is left out", place)
        return None
    role = Role.SYSTEM if kind in CONTEXTS else ROLES.get(said_by, Role.ASSISTANT)
    facts = _facts(message, metadata, kind, said_by)
    if role == Role.ASSISTANT:
        text = _marked(text, kind, said_by, facts)
    status = Status.INTERRUPTED if _is_cut(message, metadata) else Status.COMPLETE
    return Draft(role, losses.text(text, place), moment, status, facts)


def _facts(
    message: Mapping[str, Any], metadata: Mapping[str, Any], kind: str, said_by: str
) -> dict[str, JSON]:
    """Return what is known besides the text: the model as HFS keeps it, and what is peculiar to ChatGPT."""
    facts: dict[str, JSON] = {}
    if model := _word(metadata.get("model_slug")) if said_by != "user" else "":
        facts["model"] = model
    own: dict[str, JSON] = {}
    if kind not in ("", "text"):
        own["content_type"] = kind
    if said_by not in ("user", "assistant", "system"):
        own["role"] = said_by
    if name := _word(_object(message.get("author")).get("name")):
        own["name"] = name
    if (recipient := _word(message.get("recipient"))) not in ("", "all"):
        own["recipient"] = recipient
    if own:
        facts["chatgpt"] = own
    return facts


def _marked(text: str, kind: str, said_by: str, facts: Mapping[str, JSON]) -> str:
    """Return what a tool was asked, or answered, with a line that says so."""
    own = _object(facts.get("chatgpt"))
    if said_by not in ("assistant", ""):
        name = own.get("name") or said_by
        return f"[{name}]\n\n{fenced(text) if kind in ('', 'text') else text}"
    if "recipient" in own:
        return f"[call of {own['recipient']}]\n\n{text}"
    return text


def _is_cut(message: Mapping[str, Any], metadata: Mapping[str, Any]) -> bool:
    why = _object(metadata.get("finish_details")).get("type")
    return message.get("status") in ("in_progress", "finished_partial_completion") or why in CUT


def _attachments(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of the files that go with a message, by their ids."""
    attachments = metadata.get("attachments")
    return {
        _word(each.get("id")): _word(each.get("name")) or _word(each.get("id"))
        for each in (attachments if isinstance(attachments, list) else ())
        if isinstance(each, Mapping) and (_word(each.get("id")) or _word(each.get("name")))
    }


def _object(value: JSON) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _word(value: JSON) -> str:
    """Return a short text of the file, "" for anything else."""
    return replace_surrogates(value)[:LONGEST_FACT] if isinstance(value, str) else ""
