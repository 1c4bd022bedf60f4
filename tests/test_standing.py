"""How plugins stand before any is imported: names, needs, circles and order, each with its reason."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hfs_core.plugins.info import PluginInfo
from hfs_core.plugins.registry import Registry
from hfs_core.plugins.standing import stand
from hfs_core.plugins.states import Entry, PluginState


def installed(name: str, distribution: str = "", **known: object) -> PluginInfo:
    return PluginInfo(name, distribution=distribution or f"acme-{name}", lists=True, **known)  # type: ignore[arg-type]


def folder(name: str, **known: object) -> PluginInfo:
    return PluginInfo(name, source="directory", folder=f"/p/{name}", lists=True, **known)  # type: ignore[arg-type]


def off(*names: str) -> object:
    def verdict(info: PluginInfo) -> tuple[PluginState, str] | None:
        return (PluginState.DISABLED, "told") if {info.name, info.distribution} & set(names) else None

    return (verdict,)


def by_name(*found: PluginInfo, verdicts: object = ()) -> dict[str, Entry]:
    order, _ = stand(found, verdicts)  # type: ignore[arg-type]
    return {entry.info.name: entry for entry in order}


def test_two_distributions_of_one_name_are_both_refused_and_named() -> None:
    order, others = stand([installed("a", "one"), installed("a", "two"), installed("b")])
    refused = [*order[:1], *others]
    assert [entry.info.distribution for entry in refused] == ["one", "two"]
    for entry in refused:
        assert entry.state == "incompatible"
        assert "one and two" in entry.reason
    assert order[1].state == "found"


def test_of_two_distributions_the_one_that_is_not_disabled_is_used() -> None:
    order, others = stand([installed("a", "one"), installed("a", "two")], off("one"))  # type: ignore[arg-type]
    assert [(entry.info.distribution, str(entry.state)) for entry in [*order, *others]] == [
        ("two", "found"),
        ("one", "disabled"),
    ]


def test_an_installed_plugin_shadows_a_folder_of_its_name() -> None:
    order, others = stand([folder("a"), installed("a")])
    assert [(entry.info.source, str(entry.state)) for entry in [*order, *others]] == [
        ("installed", "found"),
        ("directory", "shadowed"),
    ]
    assert "acme-a" in others[0].reason


def test_two_distributions_and_a_folder_of_one_name_leave_none_to_use() -> None:
    order, others = stand([folder("a"), installed("a", "one"), installed("a", "two")])
    assert [str(entry.state) for entry in [*order, *others]] == ["incompatible", "incompatible", "shadowed"]


def test_what_is_missing_is_named_through_all_that_need_it() -> None:
    found = by_name(
        installed("a", requires=("b",)), installed("b", requires=("c",)), installed("d", requires=("d2",))
    )
    assert found["b"].reason == "needs the plugin c, which is not installed"
    assert found["a"].reason == f"needs the plugin b, which is missing dependency: {found['b'].reason}"
    assert {str(entry.state) for entry in found.values()} == {"missing dependency"}


def test_one_of_hfs_own_that_is_missing_comes_with_the_command_that_installs_it() -> None:
    found = by_name(installed("a", requires=("openai_models",)))
    assert "pip install hfs-openai-models" in found["a"].reason


def test_a_plugin_whose_need_is_disabled_says_so() -> None:
    found = by_name(installed("a", requires=("b",)), installed("b"), verdicts=off("b"))
    assert found["a"].reason == "needs the plugin b, which is disabled: told"


def test_a_plugin_of_the_wrong_version_is_missing() -> None:
    found = by_name(installed("a", requires=("b",), mismatches=(("b", "needs b >=2"),)), installed("b"))
    assert (found["a"].state, found["a"].reason) == ("missing dependency", "needs b >=2")


def test_a_service_that_nobody_offers_is_missing() -> None:
    needy = installed("a", requires_services=("acme.search",))
    found = by_name(needy)
    assert found["a"].reason == "needs the service acme.search, which no plugin in use offers"
    assert by_name(needy, installed("b", services=("acme.search",)))["a"].state == "found"
    assert by_name(installed("a", requires_services=("hfs.store",)))["a"].state == "found"
    offered = installed("b", services=("acme.search",))
    assert by_name(needy, offered, verdicts=off("b"))["a"].state == "missing dependency"


def test_a_service_of_another_version_is_missing() -> None:
    needy = installed(
        "a", requires_services=("acme.search",), requires_services_versions=(("acme.search", 2),)
    )
    old = installed("b", services=("acme.search",))
    assert by_name(needy, old)["a"].reason == (
        "needs the service acme.search in version 2, and what is offered is version 1"
    )
    new = installed("b", services=("acme.search",), services_versions=(("acme.search", 2),))
    assert by_name(needy, new)["a"].state == "found"


def test_who_lists_nothing_may_offer_what_is_needed() -> None:
    silent = PluginInfo("b", distribution="acme-b")
    assert by_name(installed("a", requires_services=("acme.search",)), silent)["a"].state == "found"


def test_a_circle_is_named_and_stops_only_who_is_in_it_or_behind_it() -> None:
    found = by_name(
        installed("a", requires=("b",)),
        installed("b", requires=("c",)),
        installed("c", requires=("b",)),
        installed("d"),
        installed("e", requires=("e",)),
    )
    assert found["b"].reason == found["c"].reason == "plugins that need each other: b -> c -> b"
    assert found["e"].reason == "plugins that need each other: e -> e"
    assert found["a"].reason.startswith("needs the plugin b")
    assert found["d"].state == "found"


def test_the_order_is_needs_then_kind_then_name() -> None:
    order, _ = stand(
        [
            folder("aa"),
            installed("zz"),
            installed("bb", requires=("yy",)),
            folder("yy"),
            installed("sessions", "hfs-sessions"),
            installed("commands", "hfs-commands", requires=("sessions",)),
        ]
    )
    assert [entry.info.name for entry in order] == ["sessions", "commands", "zz", "aa", "yy", "bb"]


@given(
    st.dictionaries(
        st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefgh"), max_size=3), max_size=8
    )
)
def test_whatever_needs_whatever_everybody_has_a_place_and_nobody_usable_lacks_anything(
    needs: dict[str, list[str]],
) -> None:
    found = by_name(*(installed(name, requires=tuple(wanted)) for name, wanted in needs.items()))
    assert sorted(found) == sorted(needs)
    places = {name: place for place, name in enumerate(found)}
    for name, entry in found.items():
        if entry.is_usable:
            assert all(found[need].is_usable and places[need] < places[name] for need in needs[name])
        else:
            assert entry.reason


def test_a_hook_is_called_first_on_who_wants_to_be_first() -> None:
    hooks = ("on_message",)
    registry = Registry(
        [
            installed("a", hooks=hooks, trylast=hooks),
            installed("b", hooks=hooks),
            folder("c", hooks=hooks, tryfirst=hooks),
            installed("d"),
        ],
        on_change=lambda entry, failure: None,
    )
    assert [entry.info.name for entry in registry.order_of("on_message")] == ["c", "b", "a"]


def test_who_waited_for_a_plugin_is_found_when_that_comes_back() -> None:
    changed: list[tuple[str, str]] = []
    registry = Registry(
        [installed("a", requires=("b",)), installed("b"), installed("c", requires=("a",))],
        verdicts=off("b"),  # type: ignore[arg-type]
        on_change=lambda entry, failure: changed.append((entry.info.name, str(entry.state))),
    )
    registry.set_state("b", PluginState.FOUND)
    assert changed == [("b", "found"), ("a", "found"), ("c", "found")]
