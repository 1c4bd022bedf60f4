"""`/model`: choose the model that answers, from what the providers offer."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Annotated

from hfs_commands.markdown import escaped
from hfs_commands.remembering import remember
from hfs_core.api import (
    Action,
    Column,
    CommandError,
    CommandResult,
    ConfigError,
    Invocation,
    Notice,
    Offer,
    Param,
    Row,
    Table,
    UseModel,
)

COLUMNS = (
    Column("model", "Model"),
    Column("context_window", "Context", "number"),
    Column("note", "Note"),
    Column("provider"),
    Column("current"),
)
NONE = "No model is on offer. `hfs doctor` says why."


async def model(
    invocation: Invocation,
    name: Annotated[str, Param("provider/model, or a part of one that is on offer", complete="model")] = "",
    *,
    fresh: Annotated[bool, Param("ask the providers again what they offer")] = False,
) -> CommandResult:
    """Use a model and remember it; without a name, say what is on offer."""
    provider, slash, _ = name.partition("/")
    only = provider if slash else ""  # whose model it is need not wait for the others
    offers = await invocation.host.providers.offers(fresh=fresh, only=only)
    if not name:
        return _choice(offers, invocation.model or invocation.host.settings.current.model)
    chosen, remark = _meant(offers, name)
    parts = [Notice(remark, "warning")] if remark else []
    try:
        kept = await remember(invocation.host, "model", chosen)
    except ConfigError as error:
        notice = Notice(f"Model: {chosen}, for now only: {error}", "warning")
        return CommandResult((*parts, notice), (UseModel(chosen),), ok=False)
    said = f"Model: {chosen}. It is remembered in {invocation.host.paths.config}"
    notice = Notice(
        f"{said}{kept.but and kept.but + ' at the next start'}.", "warning" if kept.but else "info"
    )
    return CommandResult((*parts, notice), (UseModel(chosen),))


def _choice(offers: Sequence[Offer], current: str) -> CommandResult:
    rows = [
        _row(name, offer.provider, info.context_window, info.note, current)
        for offer in offers
        for name, info in offer.by_name.items()
    ]
    if current and not any(row.values["current"] for row in rows):
        provider = current.partition("/")[0]
        is_unknown = any(offer.provider == provider and offer.error for offer in offers)
        note = "its provider cannot say what it offers" if is_unknown else "not on its provider's list"
        rows.insert(0, _row(current, provider, None, note, current))
    failed = [
        Notice(f"{offer.provider} cannot say what it offers: {offer.error}", "warning")
        for offer in offers
        if offer.error
    ]
    table = Table(COLUMNS, tuple(rows), title="Models", hint="Use one: /model NAME", empty=NONE)
    return CommandResult((*failed, table))


def _row(model: str, provider: str, context_window: int | None, note: str, current: str) -> Row:
    is_current = model == current
    return Row(
        {
            "model": model,
            "context_window": context_window,
            "note": note,
            "provider": provider,
            "current": is_current,
        },
        shown={"context_window": f"{context_window:,}"} if context_window else {},
        preview=escaped(note),
        actions=(Action("enter", "Use", f"model {shlex.quote(model)}"),),
        is_current=is_current,
    )


def _meant(offers: Sequence[Offer], name: str) -> tuple[str, str]:
    """Return the model that a name means, and what is to be said about it.

    Raises:
        CommandError: none fits, or several do.
    """
    listed = {full: info.name for offer in offers for full, info in offer.by_name.items()}
    if name in listed:
        return name, ""
    if len(same := [model for model, own_name in listed.items() if own_name == name]) == 1:
        return same[0], ""
    providers = {offer.provider: offer for offer in offers}
    provider, slash, rest = name.partition("/")
    if slash and rest and provider in providers:
        offer = providers[provider]
        why = (
            f"could not be asked: {offer.error}"
            if offer.error
            else "does not list it; it is used all the same"
        )
        return name, f"{provider} {why}"
    parts = [model for model in listed if name.casefold() in model.casefold()]
    if len(parts) == 1:
        return parts[0], ""
    if parts:
        some = ", ".join(parts[:5]) + (f" and {len(parts) - 5} more" if len(parts) > 5 else "")
        raise CommandError(f"{len(parts)} models fit {name!r}: {some}; write more of the one that you mean")
    known = ", ".join(sorted(providers)) or "none"
    raise CommandError(
        f"no model fits {name!r}: /model lists those on offer, and provider/model names one that is not; "
        f"the providers are {known}"
    )
