"""Gets one answer and writes it: as text, as one JSON object, or as a stream of them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from hfs_core.cli.running import chosen_session, running, say, stdout
from hfs_core.errors import HfsError
from hfs_core.events import MessageDelta, RunStarted
from hfs_core.host import Host
from hfs_core.models import JSON, Run, Session, Status
from hfs_core.plugins.selection import NO_CHOICE, Choice
from hfs_core.tui.text import Cleaner, clean


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, and of which session."""

    prompt: str
    continue_latest: bool = False
    resume: str | None = None
    model: str | None = None


async def answer(asked: Asked, output_format: str, choice: Choice = NO_CHOICE) -> int:
    """Get an answer, write it to standard output in a format, and return the exit code."""
    printer = _Printer(output_format)
    try:
        async with running(choice, loads_all=True) as host:
            session = await chosen_session(host, continue_=asked.continue_latest, resume=asked.resume)
            run = await _send(host, printer, asked.prompt, session, asked.model)
    except HfsError as error:
        printer.failed(error, asked.model)
        return error.exit_code
    return printer.ended(run)


def show_run(run: Run) -> int:
    """Write the answer of a run that has ended, as `hfs -p` does, and return the exit code."""
    return _Printer("text").ended(run)


async def _send(
    host: Host, printer: _Printer, prompt: str, session: Session | None, model: str | None
) -> Run:
    events = await host.bus.subscribe("*")

    async def follow() -> None:
        async for event in events:
            if event.session_id is None:
                continue
            try:
                if isinstance(event, RunStarted):
                    printer.started(await host.store.session(event.session_id), event.model)
                elif isinstance(event, MessageDelta):
                    printer.delta(event.text)
            except BrokenPipeError:
                host.engine.interrupt(event.session_id)  # nobody reads it: let nobody write it
                raise

    following = asyncio.create_task(follow())
    try:
        return await host.engine.send(prompt, session_id=session.id if session else None, model=model)
    finally:
        await host.bus.unsubscribe(events)
        await following


class _Printer:
    """Writes the answer in one of the formats; a terminal and `stream-json` see it as it comes."""

    def __init__(self, output_format: str):
        self._format = output_format
        self._out = stdout()
        self._streams = output_format == "text" and self._out.isatty()
        self._streamed = ""
        self._cleaner = Cleaner()

    def started(self, session: Session, model: str) -> None:
        if self._format == "stream-json":
            about = {"session_id": session.id, "uid": session.uid, "name": session.name, "model": model}
            self._line({"type": "session", **about})

    def delta(self, text: str) -> None:
        self._streamed += text
        if self._format == "stream-json":
            self._line({"type": "delta", "text": text})
        elif self._streams:
            self._out.write(self._cleaner.feed(text))
            self._out.flush()

    def ended(self, run: Run) -> int:
        """Write the end and return the exit code."""
        answer = run.reply.content if run.reply else ""
        if self._format != "text":
            usage = run.usage and {
                "prompt_tokens": run.usage.prompt_tokens,
                "completion_tokens": run.usage.completion_tokens,
            }
            result = {
                "session_id": run.session.id,
                "model": run.model,
                "result": answer,
                "status": run.status,
            }
            self._line({"type": "result", **result, "usage": usage, "error": _error(run.error)})
        elif self._streams and answer == self._streamed:
            self._out.write("\n" if answer and not answer.endswith("\n") else "")
        elif answer:
            lead = "\n" if self._streams and self._streamed else ""
            answer = clean(answer) if self._streams else answer
            self._out.write(lead + answer + ("" if answer.endswith("\n") else "\n"))
        self._out.flush()
        if run.error is not None:
            say(str(run.error))
        if run.status == Status.COMPLETE:
            return 0
        return getattr(run.error, "exit_code", 1)

    def failed(self, error: HfsError, model: str | None) -> None:
        """Write that the message was not sent."""
        if self._format != "text":
            result = {"session_id": None, "model": model, "result": "", "status": Status.FAILED}
            self._line({"type": "result", **result, "usage": None, "error": _error(error)})
        say(str(error))

    def _line(self, value: JSON) -> None:
        self._out.write(json.dumps(value, ensure_ascii=False) + "\n")
        self._out.flush()


def _error(error: Exception | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {"type": type(error).__name__, "message": str(error)}
