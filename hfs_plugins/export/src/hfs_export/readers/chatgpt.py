"""ChatGPT's export: `conversations.json`, alone or in its zip, whole or in numbered files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hfs_core.api import EPOCH, JSON, Incoming, Note, SourcePart
from hfs_export.json_reader import JsonReader
from hfs_export.readers.chatgpt_message import draft_of
from hfs_export.readers.gathering import Gathering, gathered, id_of
from hfs_export.readers.heads import telling_key
from hfs_export.readers.losses import Losses
from hfs_export.readers.trees import Node


class ChatGptReader:
    """Reads what ChatGPT's "Export data" gives: every branch of every conversation."""

    name = "chatgpt"
    title = "ChatGPT"

    def detects(self, head: bytes) -> bool:
        """Tell by the keys of a conversation: `mapping` or `current_node`."""
        return telling_key(head) in ("mapping", "current_node")

    def read(self, parts: Sequence[SourcePart], note: Note) -> Iterator[Incoming]:
        """Go through the conversations, in the order of the files' names; other files of the zip are passed over."""
        return gathered(parts, self.detects, _read, note)


def _read(reader: JsonReader, gathering: Gathering, losses: Losses) -> None:
    """Read one conversation."""
    for key in reader.members():
        if key == "mapping" and reader.peek() == "{":
            for node_id in reader.members():
                _add(gathering, id_of(node_id), reader.value(), losses)
        elif key == "title":
            gathering.title = reader.value()
        elif key == "create_time":
            gathering.began = reader.value()
        elif key == "update_time":
            gathering.ended = reader.value()
        elif key == "current_node":
            gathering.current = reader.value()
        else:
            reader.skip()


def _add(gathering: Gathering, node_id: str, value: JSON, losses: Losses) -> None:
    place = f"message {node_id[:40]} of {gathering.place}"
    if not isinstance(value, Mapping):
        losses.add("what is no message is left out", place)
        return
    gathering.adopt(node_id, value.get("children"))
    node = Node(id_of(value.get("parent")) or None, None)
    message = value.get("message")
    if isinstance(message, Mapping):
        moment = gathering.moment(message.get("create_time"), place)
        node.is_timed = moment is not None
        node.draft = draft_of(message, moment or EPOCH, place, losses)
    elif message is not None:
        losses.add("what is no message is left out", place)
    gathering.add(node_id, node, place)
