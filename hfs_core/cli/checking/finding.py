"""What a check has found, and how it comes from one process to another."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        check: what was looked at.
    """

    level: Level
    check: str
    text: str


def ok(check: str, text: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(Level.OK, check, text)


def warn(check: str, text: str) -> Finding:
    """Say what could be better."""
    return Finding(Level.WARN, check, text)


def fail(check: str, text: str) -> Finding:
    """Say what is wrong."""
    return Finding(Level.FAIL, check, text)


class Notes:
    """The file in which a process leaves what it found, line by line, so that all is there whenever it ends."""

    def __init__(self, file: Path):
        self._file = file.open("a", encoding="utf-8")

    def stage(self, name: str) -> None:
        """Say what is done from now on."""
        self._write({"stage": name})

    def add(self, finding: Finding) -> None:
        """Leave a finding."""
        self._write({"level": str(finding.level), "check": finding.check, "text": finding.text})

    def _write(self, line: dict[str, str]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()


def read_notes(file: Path) -> tuple[str, list[Finding]]:
    """Return what a process was doing last, and what it found; lines that make no sense are passed over."""
    stage, findings = "", []
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "", []
    for line in lines:
        try:
            said: Any = json.loads(line)
            if "stage" in said:
                stage = str(said["stage"])
            else:
                findings.append(Finding(Level(said["level"]), str(said["check"]), str(said["text"])))
        except (ValueError, KeyError, TypeError):
            continue  # a plugin's code may write there, too
    return stage, findings
