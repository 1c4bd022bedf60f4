"""Widgets of plugins: what their code does to others, and what is told of it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from hfs_core import widgets
from hfs_core.api import LiveWidget, MessageDelta, PluginFailed, PluginState, RunStarted, WidgetSpec, hookimpl
from hfs_core.kernel import Kernel
from hfs_core.testing import in_process
from tests.conftest import Paths


def plugin(*specs: WidgetSpec) -> Any:
    """A plugin with these widgets."""

    class Widgets:
        @hookimpl
        def provide_widgets(self) -> list[WidgetSpec]:
            return list(specs)

    return in_process("gadgets", Widgets)


class Started:
    """A kernel with one plugin, and its widgets."""

    def __init__(self, home: Paths, *specs: WidgetSpec):
        self._kernel = Kernel(home, found=[plugin(*specs)], environ={})

    async def __aenter__(self) -> Started:
        self.host = await self._kernel.__aenter__()
        await self._kernel.load_widgets()
        self.widgets = widgets.live_widgets(self.host)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._kernel.__aexit__(*exc_info)

    @property
    def state(self) -> str:
        return self.host.plugins.entries["gadgets"].state


def spec(render: Any, **rest: Any) -> WidgetSpec:
    """A widget that is drawn like this."""
    return WidgetSpec("panel", "Gadget", render, **rest)


async def test_draws_what_a_function_or_a_coroutine_gives(home: Paths) -> None:
    async def later(session_id: int | None) -> str:
        await asyncio.sleep(0)
        return f"later {session_id}"

    async with Started(home, spec(lambda session_id: f"now {session_id}"), spec(later)) as started:
        assert [await widget.draw(7) for widget in started.widgets] == ["now 7", "later 7"]


@pytest.mark.parametrize(
    "error", [RuntimeError("boom"), SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()]
)
async def test_whatever_it_raises_is_blamed_on_the_plugin(home: Paths, error: BaseException) -> None:
    def render(session_id: int | None) -> str:
        raise error

    async def later(session_id: int | None) -> str:
        raise error

    async with Started(home, spec(render), spec(later)) as started:
        for widget in started.widgets:
            with pytest.raises(PluginFailed, match=f"plugin gadgets .*{type(error).__name__}") as caught:
                await widget.draw(None)
            assert (caught.value.plugin, caught.value.hook) == ("gadgets", "provide_widgets")
        assert started.state == PluginState.FAILING


async def test_what_is_no_text_is_a_failure(home: Paths) -> None:
    async with Started(home, spec(lambda session_id: 3)) as started:
        with pytest.raises(PluginFailed, match="drew a int, no text"):
            await started.widgets[0].draw(None)


async def test_the_third_failure_in_a_row_is_the_last(home: Paths) -> None:
    calls = 0

    def render(session_id: int | None) -> str:
        nonlocal calls
        calls += 1
        raise RuntimeError("boom")

    # A neighbour that draws well does not make good what this one does.
    async with Started(home, spec(render), spec(lambda session_id: "fine")) as started:
        bad, good = started.widgets
        for _ in range(3):
            with pytest.raises(PluginFailed):
                await bad.draw(None)
            await good.draw(None)
        assert started.state == PluginState.QUARANTINED
        assert await bad.draw(None) == ""
        assert not await bad.wants(RunStarted())
        assert calls == 3


async def test_one_that_recovers_is_forgiven(home: Paths) -> None:
    answers = iter([None, None, "fine", None, None])

    async with Started(home, spec(lambda session_id: next(answers))) as started:
        (widget,) = started.widgets
        await fails_twice(started)
        assert await widget.draw(None) == "fine"
        assert started.state == PluginState.ACTIVE
        await fails_twice(started)


async def fails_twice(started: Started) -> None:
    """Draw twice in vain."""
    for _ in range(2):
        with pytest.raises(PluginFailed):
            await started.widgets[0].draw(None)
    assert started.state == PluginState.FAILING


async def test_one_that_takes_too_long_is_cut_off(home: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widgets, "DRAW_SECONDS", 0.05)

    async def forever(session_id: int | None) -> str:
        await asyncio.Event().wait()
        return ""

    def slow(session_id: int | None) -> str:
        time.sleep(0.06)
        return "done"

    async with Started(home, spec(forever), spec(slow)) as started:
        waiting, holding = started.widgets
        with pytest.raises(PluginFailed, match="did not answer"):
            await waiting.draw(None)
        with pytest.raises(PluginFailed, match="held everything up for 0"):
            await holding.draw(None)


async def test_says_which_events_change_it(home: Paths) -> None:
    def raising(event: Any) -> bool:
        raise RuntimeError("boom")

    specs = (
        spec(lambda _: ""),
        spec(lambda _: "", on_event=lambda event: event.event_type == "message.delta"),
        spec(lambda _: "", on_event=raising),
    )
    delta, other = MessageDelta(text="x"), RunStarted()
    async with Started(home, *specs) as started:
        found = [(await widget.wants(delta), await widget.wants(other)) for widget in started.widgets]
        assert found == [(False, True), (True, False), (False, False)]
        assert started.state == PluginState.FAILING


@pytest.mark.parametrize(
    ("slot", "rest"),
    [
        ("footer", {}),
        ("panel", {"title": 3}),
        ("panel", {"render": "text"}),
        ("panel", {"keys": (("r",),)}),
        ("panel", {"keys": (("r", 3),)}),
    ],
)
def test_a_widget_that_cannot_be_drawn_is_refused(slot: Any, rest: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        WidgetSpec(**{"slot": slot, "title": "Gadget", "render": lambda session_id: "", **rest})


def test_is_known_by_its_plugin() -> None:
    widget = LiveWidget(None, "gadgets", spec(lambda session_id: ""))  # type: ignore[arg-type] # not drawn
    assert (widget.plugin, widget.spec.title) == ("gadgets", "Gadget")
