"""The filter as its users have it: what a real server is sent."""

from __future__ import annotations

from hfs_core.api import Paths
from hfs_core.testing import Answer, OpenAIServer
from tests.installing import INSTALLS

from .conftest import Hfs

EXAMPLE = "redactor"

pytestmark = INSTALLS


async def test_a_server_never_sees_what_is_replaced(hfs: Hfs, home: Paths) -> None:
    home.root.mkdir()
    home.config.write_text(
        "plugins:\n  redactor:\n    replace: {'(?i)acme': '[client]'}\n    refuse: [bluebird]\n"
    )
    async with OpenAIServer(Answer("ok")) as server:
        assert (await hfs("-p", "Acme, a@b.example?", server=server)).out == "ok\n"
        sent = str(server.requests[-1].body)
        assert "[client], [e-mail]?" in sent
        assert "acme" not in sent.casefold()
        count = len(server.requests)
        refused = await hfs("-p", "bluebird", server=server)
        assert refused.code == 1
        assert "what your setting plugins.redactor.refuse forbids: bluebird" in refused.err
        assert len(server.requests) == count
