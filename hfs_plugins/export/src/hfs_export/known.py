"""Which conversations of a file are in the store already."""

from __future__ import annotations

from collections.abc import Collection

from hfs_core.api import Host, Session


class Known:
    """The sessions that were there before an import; each may stand for one conversation of the file."""

    def __init__(self) -> None:
        self._by_digest: dict[str, list[Session]] = {}
        self._by_uid: dict[str, Session] = {}
        self._claimed: set[int] = set()

    async def load(self, host: Host) -> None:
        """Look at what is there now; what was claimed stays claimed."""
        self._by_digest.clear()
        self._by_uid.clear()
        async for session in host.sessions.all(deleted=True):
            self._by_digest.setdefault(session.digest, []).append(session)
            self._by_uid[session.uid] = session

    def uid(self, uid: str) -> Session | None:
        """Return the session with a uid."""
        return self._by_uid.get(uid)

    def claim(self, digest: str, *, uid: str, names: Collection[str], is_hidden: bool) -> Session | None:
        """Return the session that is this conversation, which no other one may claim any more; None if none is.

        The one with the same uid is meant first, then one with the same name, then one that is shown. What is empty
        has no digest, so it needs the same uid or name. What is hidden needs the same uid: others come to share with
        it, and of another session they would share more than its messages.
        """
        free = [each for each in self._by_digest.get(digest, ()) if each.id not in self._claimed]
        if not digest:
            free = [each for each in free if each.uid == uid or each.name in names]
        if is_hidden:
            free = [each for each in free if each.uid == uid]
        if not free:
            return None
        best = max(
            free,
            key=lambda each: (
                each.uid == uid,
                each.name in names,
                each.deleted_at is None,
            ),
        )
        self._claimed.add(best.id)
        return best
