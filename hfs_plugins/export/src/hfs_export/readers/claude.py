"""Claude.ai's export: `conversations.json`, alone or in its zip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hfs_core.api import EPOCH, JSON, Draft, Incoming, Note, Role, SourcePart, Status
from hfs_export.json_reader import JsonReader
from hfs_export.readers.claude_content import ClaudeContent
from hfs_export.readers.gathering import Gathering, gathered, id_of
from hfs_export.readers.heads import telling_key
from hfs_export.readers.losses import Losses
from hfs_export.readers.trees import Node

ROLES = {"human": Role.USER, "user": Role.USER, "system": Role.SYSTEM}
"""Who speaks; whoever else is there is the assistant."""

ROOT = "00000000-0000-4000-8000-000000000000"
"""The parent of a first message."""

CUT = ("user_canceled", "max_tokens")
"""Why an answer is not whole."""


class ClaudeReader:
    """Reads what Claude.ai's "Export data" gives: every conversation, and its branches where the file tells them."""

    name = "claude"
    title = "Claude.ai"

    def detects(self, head: bytes) -> bool:
        """Tell by the key of a conversation: `chat_messages`."""
        return telling_key(head) == "chat_messages"

    def read(self, parts: Sequence[SourcePart], note: Note) -> Iterator[Incoming]:
        """Go through the conversations; other files of the zip, such as its users and projects, are passed over."""
        return gathered(parts, self.detects, _read, note)


def _read(reader: JsonReader, gathering: Gathering, losses: Losses) -> None:
    """Read one conversation."""
    for key in reader.members():
        if key == "chat_messages" and reader.peek() == "[":
            for index in reader.items():
                place = f"message {index + 1:,} of {gathering.place}"
                value = reader.value()
                if isinstance(value, Mapping):
                    _add(gathering, index, value, place, losses)
                else:
                    losses.add("what is no message is left out", place)
        elif key == "name":
            gathering.title = reader.value()
        elif key == "created_at":
            gathering.began = reader.value()
        elif key == "updated_at":
            gathering.ended = reader.value()
        elif key == "current_leaf_message_uuid":
            gathering.current = reader.value()
        else:
            reader.skip()


def _add(gathering: Gathering, index: int, message: Mapping[str, Any], place: str, losses: Losses) -> None:
    moment = gathering.moment(message.get("created_at"), place)
    # Older files tell no parents: there each message follows the one before.
    parent = id_of(message["parent_message_uuid"]) if "parent_message_uuid" in message else gathering.last
    node = Node(None if parent in ("", ROOT) else parent, None, is_timed=moment is not None)
    text = ClaudeContent(lambda what: losses.add(what, place)).text(message)
    if text:
        sender, model = message.get("sender"), message.get("model")
        role = ROLES.get(sender, Role.ASSISTANT) if isinstance(sender, str) else Role.ASSISTANT
        status = Status.INTERRUPTED if message.get("stop_reason") in CUT else Status.COMPLETE
        facts: dict[str, JSON] = {}
        if role == Role.ASSISTANT and isinstance(model, str) and model:
            facts["model"] = losses.text(model[:200], place)
        node.draft = Draft(role, losses.text(text, place), moment or EPOCH, status, facts)
    else:
        losses.add("an empty message is left out", place)
    gathering.add(id_of(message.get("uuid")) or f"message {index + 1}", node, place)
