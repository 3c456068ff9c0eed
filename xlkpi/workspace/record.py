"""`month.json`: a month's state and how it came to it. Events are only ever added; each holds the hash of the one
before, so that an altered file is known (XK-W083). It is written last in every step, in one piece."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

from xlkpi.files import write_file
from xlkpi.findings import Finding

RECORD_FILE: Final = "month.json"
FORMAT: Final = 1
_WHO: Final = ("at", "by", "before")
"""What of an event is not what was done."""


class State(IntEnum):
    """How far a month has come."""

    NONE = 0
    OPEN = 1
    ISSUED = 2
    COLLECTING = 3
    SCORED = 4
    PUBLISHED = 5
    APPEALED = 6
    FINAL = 7

    @property
    def word(self) -> str:
        """The word that people read."""
        return _WORDS[self]


_WORDS: Final = {
    State.NONE: "未开", State.OPEN: "已开", State.ISSUED: "已下发", State.COLLECTING: "收集中", State.SCORED: "已评分",
    State.PUBLISHED: "预发布", State.APPEALED: "申诉", State.FINAL: "定稿",
}  # fmt: skip
_REACHED: Final = {
    "open": State.OPEN, "issue": State.ISSUED, "receive": State.COLLECTING, "score": State.SCORED,
    "publish": State.PUBLISHED, "appeal": State.APPEALED, "finalise": State.FINAL,
}  # fmt: skip
"""How far a step brings a month; none brings it back."""


class Refusal(Exception):
    """A step is not done; `findings` say why, and what to do."""

    def __init__(self, *findings: Finding):
        super().__init__("; ".join(finding.message("en") for finding in findings))
        self.findings = list(findings)


def refuse(step: str, why: str, command: str) -> Refusal:
    """A step out of order: what it lacks, and the command for that."""
    return Refusal(Finding("XK-W084", facts={"step": step, "why": why, "command": command}))


Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Who:
    """Who does a step, when, and the second name where one signs."""

    by: str
    at: datetime
    second: str = ""


@dataclass(slots=True)
class Record:
    """A month's events, as they are kept in `path`."""

    path: Path
    month: str
    events: list[Event] = field(default_factory=list)

    @property
    def state(self) -> State:
        """How far the month has come."""
        return max((_REACHED.get(event["step"], State.NONE) for event in self.events), default=State.NONE)

    def of(self, *steps: str) -> Iterator[Event]:
        """The events of steps, in order."""
        return (event for event in self.events if event["step"] in steps)

    def last(self, *steps: str) -> Event | None:
        """The last event of a step."""
        return next((event for event in reversed(self.events) if event["step"] in steps), None)

    def add(self, step: str, who: Who, **details: Any) -> bool:
        """Keep that a step was done, on disk too; False where the last one of its kind says the same.

        Raises:
            WriteError: the file could not be written.
        """
        content = {"step": step, **({"second": who.second} if who.second else {}), **details}
        last = self.last(step)
        if last is not None and {k: v for k, v in last.items() if k not in _WHO} == json.loads(json.dumps(content)):
            return False
        before = _hash(self.events[-1]) if self.events else ""
        event = {**content, "at": f"{who.at:%Y-%m-%d %H:%M:%S}", "by": who.by, "before": before}
        self.events.append(json.loads(json.dumps(event)))
        data = {"format": FORMAT, "month": self.month, "state": self.state.word, "history": self.events}
        write_file(self.path, (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode())
        return True


def load_record(path: Path, month: str) -> Record:
    """What a month's folder keeps; nothing where it has no `month.json` yet.

    Raises:
        Refusal: it is damaged, was altered, or is another month's.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Record(path, month)
    except (OSError, ValueError):
        raise _damaged(path, "读不出来") from None
    try:
        record = Record(path, data["month"], list(data["history"]))
        sound = data["format"] == FORMAT and data["state"] == record.state.word
        before = ["", *map(_hash, record.events)]
        sound = sound and all(event["before"] == known for event, known in zip(record.events, before, strict=False))
    except (KeyError, TypeError, AttributeError):
        raise _damaged(path, "内容不完整") from None
    if record.month != month:
        raise _damaged(path, f"是 {record.month} 的")
    if not sound:
        raise _damaged(path, "记录被改动过")
    return record


def _damaged(path: Path, detail: str) -> Refusal:
    return Refusal(Finding("XK-W083", RECORD_FILE, facts={"path": str(path), "detail": detail}))


def _hash(event: Event) -> str:
    return hashlib.sha256(json.dumps(event, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


# ------------------------------------------------------------------ hashes of files


def hash_of(path: Path) -> str:
    """SHA-256 of a file, "" where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def hashes_in(folder: Path, wanted: Iterable[str] | None = None) -> dict[str, str]:
    """SHA-256 of the files below a folder by their names inside it; `wanted` are top names. Temporary and hidden files
    are left out, and what an open spreadsheet program puts beside its file."""
    tops = None if wanted is None else set(wanted)
    hashes = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        relative = path.relative_to(folder)
        if path.is_file() and not relative.name.startswith((".", "~$")) and (tops is None or relative.parts[0] in tops):
            hashes[relative.as_posix()] = hash_of(path)
    return hashes


def joint_hash(hashes: Mapping[str, str]) -> str:
    """One hash of many files."""
    return hashlib.sha256(json.dumps(sorted(hashes.items()), ensure_ascii=False).encode()).hexdigest()
