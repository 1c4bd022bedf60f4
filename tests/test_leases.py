"""Leases: one living process a session, and the dead one's is taken over."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs_core.api import Conflict, Create, Owner, Put, SessionBusy
from hfs_core.builtin.memory_store import MemoryStore
from hfs_core.leases import Leases
from hfs_core.sessions import NAMESPACE

from .faulty_store import FaultyStore


async def test_a_living_owner_keeps_others_out_and_a_dead_one_does_not(tmp_path: Path) -> None:
    store, one, two = MemoryStore(), Owner(tmp_path / "owners"), Owner(tmp_path / "owners")
    one.acquire()
    two.acquire()
    await store.apply(Create("talk", "talk"))
    await store.apply(await Leases(store, one).claim("talk", "run"), namespace=NAMESPACE)
    with pytest.raises(SessionBusy, match="wait for it, or fork"):
        await Leases(store, two).claim("talk", "run")
    await Leases(store, two).release("talk")  # not its own: nothing happens
    with pytest.raises(SessionBusy):
        await Leases(store, two).claim("talk", "run")
    one.release()
    await store.apply(await Leases(store, two).claim("talk", "run"), namespace=NAMESPACE)
    await Leases(store, two).release("talk")
    two.release()


async def test_an_old_view_of_a_lease_cannot_take_a_new_one(tmp_path: Path) -> None:
    store, one = MemoryStore(), Owner(tmp_path / "owners")
    one.acquire()
    await store.apply(Create("talk", "talk"))
    leases = Leases(store, one)
    stale = await leases.claim("talk", "stale")
    for _ in range(2):
        await store.apply(await leases.claim("talk", "run"), namespace=NAMESPACE)
        await leases.release("talk")
    with pytest.raises(Conflict):
        await store.apply(stale, namespace=NAMESPACE)
    one.release()


async def test_an_owner_that_cannot_be_looked_at_counts_as_alive(tmp_path: Path) -> None:
    """Such as one of another person, after `sudo hfs`: better refuse than answer twice."""
    store, one = MemoryStore(), Owner(tmp_path / "owners")
    (tmp_path / "owners").mkdir()
    (tmp_path / "owners" / "1-a.lock").symlink_to("1-a.lock")
    one.acquire()
    await store.apply(Create("talk", "talk"))
    await store.apply(Put("lease", {"owner": "1-a", "run_id": "run"}, session="talk"), namespace=NAMESPACE)
    with pytest.raises(SessionBusy):
        await Leases(store, one).claim("talk", "run")
    one.release()


async def test_a_lease_that_cannot_be_given_back_does_not_fail_the_run(tmp_path: Path) -> None:
    store, one = FaultyStore(MemoryStore()), Owner(tmp_path / "owners")
    one.acquire()
    leases = Leases(store, one)
    await store.apply(Create("talk", "talk"))
    await store.apply(await leases.claim("talk", "run"), namespace=NAMESPACE)
    store.is_full = True
    await leases.release("talk")
    store.is_unreadable = True
    await leases.release("talk")
    one.release()


async def test_the_files_of_the_dead_are_swept(tmp_path: Path) -> None:
    dead = tmp_path / "owners" / "123-abc.lock"
    dead.parent.mkdir()
    dead.touch()
    owner = Owner(tmp_path / "owners")
    owner.acquire()
    assert [file.stem for file in dead.parent.iterdir()] == [owner.token]
    assert not owner.is_alive("123-abc")
    owner.release()
    assert not owner.is_alive(owner.token)
    assert list(dead.parent.iterdir()) == []
