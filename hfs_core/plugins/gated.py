"""The store, records and services as one plugin sees them: each call goes through its gate first.

A call that is let through is handed on as it is: what it returns is awaited by the plugin itself, so that passing the
gate costs no task and no step of the event loop.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar, cast

from hfs_core.contracts import (
    STATE,
    STORE,
    Diagnosable,
    Operation,
    Outcome,
    Records,
    Ref,
    ReplyWriter,
    Service,
    Services,
    Store,
)
from hfs_core.errors import Undeclared
from hfs_core.models import Message, Record, Session
from hfs_core.plugins.capabilities import OFFERING, USING
from hfs_core.plugins.gates import Gate
from hfs_core.plugins.views import view

T = TypeVar("T")
Answer = Coroutine[Any, Any, T]

READ, WRITE, SERVICES = "store.read", "store.write", "services"


class GatedRecords:
    """A namespace of the store, as one plugin sees it."""

    def __init__(self, records: Records, gate: Gate):
        self._records = records
        self._gate = gate

    def get(self, key: str, *, session: Ref | None = None) -> Answer[Record | None]:
        """See `Records.get`."""
        self._gate.use(READ)
        return self._records.get(key, session=session)

    def list(self, *, session: Ref | None = None, inherited: bool = False) -> Answer[Sequence[Record]]:
        """See `Records.list`."""
        self._gate.use(READ)
        return self._records.list(session=session, inherited=inherited)

    def apply(self, *operations: Operation) -> Answer[Sequence[Outcome]]:
        """See `Records.apply`."""
        self._gate.use(WRITE)
        return self._records.apply(*operations)

    def blob(self, sha256: str) -> Answer[bytes]:
        """See `Records.blob`."""
        self._gate.use(READ)
        return self._records.blob(sha256)


class GatedStore:
    """The store in use, as one plugin sees it."""

    def __init__(self, store: Store, gate: Gate):
        self._store = store
        self._gate = gate

    def session(self, ref: Ref) -> Answer[Session]:
        """See `Store.session`."""
        self._gate.use(READ)
        return self._store.session(ref)

    def sessions(
        self, *, limit: int = 20, before: Session | None = None, deleted: bool = False
    ) -> Answer[Sequence[Session]]:
        """See `Store.sessions`."""
        self._gate.use(READ)
        return self._store.sessions(limit=limit, before=before, deleted=deleted)

    def messages(self, ref: Ref, start: int = 0, stop: int | None = None) -> Answer[Sequence[Message]]:
        """See `Store.messages`."""
        self._gate.use(READ)
        return self._store.messages(ref, start, stop)

    def apply(self, *operations: Operation, namespace: str = "") -> Answer[Sequence[Outcome]]:
        """See `Store.apply`."""
        self._gate.use(WRITE)
        return self._store.apply(*operations, namespace=namespace)

    def reply(self, ref: Ref, *, expect: int) -> AbstractAsyncContextManager[ReplyWriter]:
        """See `Store.reply`."""
        self._gate.use(WRITE)
        return self._store.reply(ref, expect=expect)

    def records(self, namespace: str) -> Records:
        """See `Store.records`."""
        return GatedRecords(self._store.records(namespace), self._gate)

    def verify(self, ref: Ref, at: int) -> Answer[int | None]:
        """See `Store.verify`."""
        self._gate.use(READ)
        return self._store.verify(ref, at)

    def purge(self, ref: Ref) -> Answer[int]:
        """See `Store.purge`."""
        self._gate.use(WRITE)
        return self._store.purge(ref)


class DiagnosableGatedStore(GatedStore):
    """The same, of a store that can say how it is."""

    def diagnose(self, subject: str = "") -> Answer[Sequence[tuple[str, bool]]]:
        """See `Diagnosable.diagnose`."""
        self._gate.use(READ)
        return cast(Diagnosable, self._store).diagnose(subject)


def gated_store(store: Store, gate: Gate) -> Store:
    """Return a store as one plugin sees it; it is `Diagnosable` where the store is."""
    if isinstance(store, Diagnosable):
        return DiagnosableGatedStore(store, gate)
    return GatedStore(store, gate)


class GatedServices:
    """The other plugins' abilities, as one plugin sees them."""

    def __init__(self, services: Services, gate: Gate):
        self._services = services
        self._gate = gate

    def provide(self, service: Service[T], provider: T) -> None:
        """See `Services.provide`."""
        self._pass(OFFERING.get(service.name))
        known = self._gate.info
        if self._gate.is_strict and known.lists and service.name not in known.services:
            text = f"its manifest does not list the service {service.name}, which it offers"
            raise Undeclared(text, plugin=known.name)
        self._services.provide(service, provider)

    async def get(self, service: Service[T]) -> T:
        """See `Services.get`."""
        self._pass(USING.get(service.name))
        return self._seen(service, await self._services.get(service))

    async def all(self, service: Service[T]) -> Sequence[T]:
        """See `Services.all`."""
        self._pass(USING.get(service.name))
        return [self._seen(service, provider) for provider in await self._services.all(service)]

    def _pass(self, also: str | None) -> None:
        self._gate.use(SERVICES)
        if also is not None:
            self._gate.use(also)

    def _seen(self, service: Service[T], provider: T) -> T:
        """Return what HFS itself provides with the plugin's gate before it; what plugins provide as it is."""
        if service.name == STORE.name:
            return cast(T, gated_store(cast(Store, provider), self._gate))
        if service.name == STATE.name:
            return view(provider, "host.state", self._gate)
        return provider
