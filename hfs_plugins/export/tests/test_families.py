"""Families of any depth and number are worked out at once: nothing recurses, and nothing is looked at twice."""

from __future__ import annotations

from time import process_time

from hfs_export.families import Families

from hfs_core.api import Parent, Session, now

MOMENT = now()


def session(number: int, parent: tuple[int, int] | None, count: int, *, hidden: bool = False) -> Session:
    origin = Parent(*parent) if parent else None
    digest = f"digest {number}"
    return Session(
        number, f"s{number}", f"s{number}", origin, count, digest, MOMENT, MOMENT, MOMENT if hidden else None
    )


def of(*sessions: Session) -> Families:
    return Families({each.id: each for each in sessions})


def test_a_branch_below_its_parents_own_part_hangs_on_an_older_one() -> None:
    families = of(session(1, None, 5), session(2, (1, 3), 6), session(3, (2, 2), 4), session(4, (2, 3), 3))
    family = families.of(3)
    assert [(kin.session.id, kin.start, kin.stop) for kin in family.lineage] == [(1, 2, 5)]
    assert [(kin.session.id, kin.parent, kin.start, kin.stop) for kin in family.others] == [
        (1, 0, 2, 5),
        (2, 1, 3, 6),
        (4, 2, 3, 3),
    ]


def test_a_hidden_ancestor_is_there_as_far_as_it_is_shared() -> None:
    families = of(
        session(1, None, 9, hidden=True),
        session(2, (1, 4), 6, hidden=True),
        session(3, (2, 5), 5),
        session(4, (1, 2), 3, hidden=True),
    )
    family = families.of(3)
    assert [(kin.session.id, kin.start, kin.stop) for kin in family.lineage] == [(1, 4, 4), (2, 5, 5)]
    assert family.others == ()
    assert [each.main.session.id for each in families.all()] == [3]


def test_one_that_was_purged_is_there_as_far_as_several_branches_share_it() -> None:
    families = of(
        session(2, (1, 3), 4),
        session(3, (1, 6), 7),
        session(4, (1, 0), 1),
        session(6, (5, 2), 2),
        session(7, (6, 1), 1),
    )
    found = [
        {kin.session.id: (kin.parent, kin.start, kin.stop, kin.heir) for kin in family.members()}
        for family in families.all()
    ]
    assert found == [
        {1: (0, 3, 6, 3), 2: (1, 0, 4, 0), 3: (1, 6, 7, 0)},
        {4: (0, 0, 1, 0)},
        {6: (0, 0, 2, 0), 7: (6, 1, 1, 0)},
    ]
    assert families.of(3).lineage[0].is_hidden


def test_five_thousand_generations_take_no_time() -> None:
    for at in (lambda n: n, lambda n: 0, lambda n: 5000 - n):
        began = process_time()
        chain = [session(1, None, 6000), *(session(n, (n - 1, at(n)), 6000) for n in range(2, 5001))]
        families = of(*chain)
        family = families.of(5000)
        assert len(family.members()) == 5000
        assert len(list(families.all())) == 1
        assert process_time() - began < 1.5


def test_ten_thousand_families_take_no_time() -> None:
    began = process_time()
    many = [session(n, (n - 1, 1) if n % 2 == 0 else None, 2) for n in range(1, 10_001)]
    assert sum(len(family.members()) for family in of(*many).all()) == 10_000
    assert process_time() - began < 1.5
