"""HTTP clients, made when first needed: one for each address of a provider, kept and reused."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hfs_core.api import Connection
from hfs_openai_models import __version__

if TYPE_CHECKING:
    from httpx2 import AsyncClient

CONNECT_SECONDS = 10.0
KEEP_SECONDS = 60.0
"""How long an idle connection is kept: people read between two messages."""


class Clients:
    """The clients of one provider."""

    def __init__(self, run_blocking: Callable[..., Awaitable[Any]], read_timeout: float):
        self._run_blocking = run_blocking
        self._read_timeout = read_timeout
        self._clients: dict[str, AsyncClient] = {}
        self._lock = asyncio.Lock()

    async def get(self, connection: Connection) -> AsyncClient:
        """Return the client for an address or a socket."""
        place = str(connection.socket or connection.base_url)
        async with self._lock:
            if place not in self._clients:
                # The import and the certificates take a tenth of a second, in which a person may be typing.
                self._clients[place] = await self._run_blocking(_new_client, connection, self._read_timeout)
            return self._clients[place]

    async def close(self) -> None:
        """Close every client and its connections."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()


def _new_client(connection: Connection, read_timeout: float) -> AsyncClient:
    import httpx2

    address = urlsplit(connection.base_url)
    limits = httpx2.Limits(max_connections=100, max_keepalive_connections=4, keepalive_expiry=KEEP_SECONDS)
    # Without TLS there are no certificates to load, which saves their time.
    verify = address.scheme == "https" and connection.socket is None
    uds = str(connection.socket) if connection.socket else None
    # A proxy never stands between this machine and itself.
    is_local = uds is not None or _is_local(address.hostname or "")
    transport = httpx2.AsyncHTTPTransport(verify=verify, limits=limits, uds=uds) if is_local else None
    return httpx2.AsyncClient(
        transport=transport,
        verify=verify,
        limits=limits,
        timeout=httpx2.Timeout(read_timeout, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
        # Compression would hold words back until there are enough of them.
        headers={"accept-encoding": "identity", "user-agent": f"hfs-openai-models/{__version__}"},
    )


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
