"""The numbers of branches: shared up to where they part, and given once from there on."""

from __future__ import annotations

from hfs_checkpoints.checkpoint import HEAD
from hfs_checkpoints.repository import CheckpointRepository

from hfs_core.api import Store

from .conftest import branch, keep, numbered, say, talk


async def test_a_rewound_session_lists_its_past_and_counts_on(
    store: Store, repository: CheckpointRepository
) -> None:
    session = await talk(store, "talk", *"abcdef")
    made = [await keep(repository, session, position) for position in (2, 4, 6)]
    child = await repository.fork(made[1], session, "child", "child")
    assert numbered(await repository.list_for_session(child.id)) == [(1, 2), (2, 4)]
    child = await say(store, child.id, "x", "y")
    await keep(repository, child)
    assert numbered(await repository.list_for_session(child.id)) == [(1, 2), (2, 4), (3, 6)]
    assert [each.session_id for each in await repository.list_for_session(child.id)] == [
        session.id,
        session.id,
        child.id,
    ]
    assert await repository.list_for_session(session.id) == made


async def test_numbers_stay_unique_where_the_parent_goes_on_at_the_cut(
    store: Store, repository: CheckpointRepository
) -> None:
    """What an ancestor counts after a branch is its own, also at the very position where they part."""
    root = await talk(store, "root", *"ab")
    one = await keep(repository, root)
    child = await repository.fork(one, root, "child", "child")
    late = await keep(repository, root, is_manual=True)
    assert late.number == 2
    assert numbered(await repository.list_for_session(child.id)) == [(1, 2)]
    mine = await keep(repository, child, is_manual=True)
    assert mine.number == 2
    grandchild = await repository.fork(mine, child, "grandchild", "grandchild")
    await keep(repository, root, is_manual=True)
    await keep(repository, child, is_manual=True)
    assert (await keep(repository, grandchild, is_manual=True)).number == 3
    listed = await repository.list_for_session(grandchild.id)
    assert [(each.session_id, each.number) for each in listed] == [
        (root.id, 1),
        (child.id, 2),
        (grandchild.id, 3),
    ]
    assert [each.number for each in await repository.list_for_session(root.id)] == [1, 2, 3]


async def test_forks_that_are_no_rewinds_keep_what_they_have_made_themselves(
    store: Store, repository: CheckpointRepository
) -> None:
    """Whoever of a family counts first, and whoever later: each sees all of its own, and no number twice."""
    root = await talk(store, "root", *"ab")
    await keep(repository, root)
    line = [root]
    for depth in range(5):
        line.append(await branch(store, f"fork {depth}", line[-1].id, 2))
    youngest = await say(store, line[-1].id, "x", "y")
    await keep(repository, youngest)
    for session in (line[1], line[3], line[2], line[4], root, line[1]):
        await keep(repository, session, is_manual=True)
    assert numbered(await repository.list_for_session(youngest.id)) == [(1, 2), (2, 4)]
    for session in line:
        listed = await repository.list_for_session(session.id)
        numbers = [each.number for each in listed]
        assert numbers == sorted(set(numbers)), session.name
        own = [
            each
            for each in await CheckpointRepository(store.records("plugin.checkpoints")).list_for_session(
                session.id
            )
            if each.session_id == session.id
        ]
        records = await store.records("plugin.checkpoints").list(session=session.id)
        assert len(own) == len([record for record in records if record.key != HEAD]), session.name


async def test_a_fork_without_checkpoints_of_its_own_sees_its_parents(
    store: Store, repository: CheckpointRepository
) -> None:
    root = await talk(store, "root", *"abcd")
    for position in (2, 4):
        await keep(repository, root, position)
    fork = await branch(store, "fork", root.id, 3, "x")
    assert numbered(await repository.list_for_session(fork.id)) == [(1, 2)]
    assert (await repository.origin(fork.id)) is None
    await keep(repository, fork)
    assert numbered(await repository.list_for_session(fork.id)) == [(1, 2), (2, 4)]


async def test_what_is_shared_outlives_a_purged_session_between(
    store: Store, repository: CheckpointRepository
) -> None:
    root = await talk(store, "root", *"ab")
    one = await keep(repository, root)
    child = await repository.fork(one, root, "child", "child")
    child = await say(store, child.id, "c", "d")
    two = await keep(repository, child)
    grandchild = await repository.fork(two, child, "grandchild", "grandchild")
    await store.purge(child.id)
    assert numbered(await repository.list_for_session(grandchild.id)) == [(1, 2)]
    assert (await keep(repository, grandchild)).number == 3


async def test_pruning_leaves_the_shared_past_alone(store: Store, repository: CheckpointRepository) -> None:
    root = await talk(store, "root", *"ab")
    one = await keep(repository, root)
    child = await repository.fork(one, root, "child", "child")
    for _ in range(3):
        child = await say(store, child.id, "x", "y")
        await keep(repository, child, keep_count=1)
    assert numbered(await repository.list_for_session(child.id)) == [(1, 2), (4, 8)]
    assert await repository.list_for_session(root.id) == [one]
