"""When a file came: headquarters' receipt log, else the file's own time. Local time, to the second."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from xlkpi.findings import Finding
from xlkpi.folders import SPREADSHEETS, shown_name, shown_names
from xlkpi.headquarters.headings import ListSpec
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.moments import moment_in, said_moment
from xlkpi.headquarters.table import Files, Row, read_table
from xlkpi.headquarters.words import tidy, wording
from xlkpi.values import DAY_ZERO, Place

if TYPE_CHECKING:
    from xlkpi.headquarters.calendar import Calendar

_FILE = ("文件", "文件名", "file")
_TIME = ("收到时间", "收到日期", "received")
_BASIS = ("时间依据",)
_IGNORED = frozenset(("状态", "迟报天数", "待改正", "说明", "经销商代码", "经销商名称", "区域"))
_LOGGED, _MODIFIED = "收件登记", "文件修改时间"
_NOBODYS = ("XK-T025", "XK-T076")


@dataclass(frozen=True, slots=True)
class Receipt:
    """When a file came, and whether the receipt log says so or only the file's modification time."""

    moment: datetime
    logged: bool

    @property
    def basis(self) -> str:
        """What the time is based on, in the words that people read."""
        return _LOGGED if self.logged else _MODIFIED

    def __str__(self) -> str:
        return f"{self.moment:%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of the log: the file as it is written there, when it came, and where the line stands."""

    file: str
    receipt: Receipt
    log: str
    place: Place


@dataclass(slots=True)
class ReceiptLog:
    """The receipt log as it was read, with what is wrong with it."""

    lines: list[Logged] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refused: bool = False

    def of(self, paths: Sequence[Path]) -> tuple[dict[str, Receipt], list[Finding]]:
        """When files came, by their paths; and the lines that match no file, or several.

        A line matches by the file's name, ignoring case, with or without its ending; the folders that it names tell
        files of one name apart. A file that is listed twice came last at the later time.
        """
        by_name: dict[str, list[Path]] = {}
        for path in dict.fromkeys(paths):
            by_name.setdefault(_key(shown_name(path.name)), []).append(path)
        receipts: dict[str, Receipt] = {}
        strays: list[Finding] = []
        for line in self.lines:
            alike = by_name.get(_key(line.file), [])
            fitting = [path for path in alike if _fits(line.file, path)] or alike  # folders matter among several
            if len(fitting) == 1:
                before = receipts.setdefault(str(fitting[0]), line.receipt)
                receipts[str(fitting[0])] = max(before, line.receipt, key=lambda receipt: receipt.moment)
                continue
            names = shown_names(paths)
            facts = {"file": line.file, "files": "、".join(names[path] for path in fitting)}
            strays.append(Finding("XK-T079" if fitting else "XK-T078", line.log, line.place, facts=facts))
        return receipts, strays


def read_receipts(paths: Files, month: str = "", *, anyway: bool = False) -> ReceiptLog:
    """The receipt log: when each file came, by the file's name. A run's return list is one.

    Args:
        paths: the log, or several.
        month: the month that is assessed, as YYYY-MM: it tells the year where a day is written without.
        anyway: headquarters insists on a list of another kind or month.
    """
    spec = ListSpec(
        Origin("receipts", month=month), {"time": _TIME, "basis": _BASIS}, key=_FILE, ignored=_IGNORED,
        needed=("time",), repeated=True,
    )  # fmt: skip
    table = read_table(paths, spec, anyway=anyway)
    # a line without a file is not an error: the return list has one for each missing dealer
    out = ReceiptLog(findings=[f for f in table.findings if f.code not in _NOBODYS], refused=table.refused)
    for row in table.rows:
        receipt = _receipt_in(out, row, month)
        if receipt is not None:
            out.lines.append(Logged(row.code, receipt, row.file, row.code_cell.place))
            if month and f"{receipt.moment:%Y-%m}" < month:
                facts = {"file": row.code, "found": str(receipt), "month": month}
                out.findings.append(Finding("XK-T081", row.file, row.place("time"), facts=facts))
    return out


def _receipt_in(out: ReceiptLog, row: Row, month: str) -> Receipt | None:
    cell = row.cells.get("time")
    moment = moment_in(cell, month) if cell else None
    if moment is None:
        content = wording(cell)
        shown = (content.text or content.fault or "空白")[:60]
        out.findings.append(Finding("XK-T056", row.file, row.place("time"), facts={"file": row.code, "found": shown}))
        return None
    if moment.other is not None:
        days = (f"{at.month}月{at.day}日" for at in (moment.at, moment.other))
        facts = dict(zip(("one", "other"), days, strict=True)) | {"file": row.code, "found": wording(cell).fault}
        out.findings.append(Finding("XK-T080", row.file, row.place("time"), facts=facts))
        return None
    return Receipt(moment.at, wording(row.cells.get("basis")).text != _MODIFIED)


def _key(name: str) -> str:
    """A file's name to compare by: without folders, without its ending, in one spelling."""
    last = unicodedata.normalize("NFC", tidy(name)).casefold().replace("\\", "/").rpartition("/")[2]
    return next((last.removesuffix(ending) for ending in SPREADSHEETS if last.endswith(ending)), last)


def _fits(written: str, path: Path) -> bool:
    """Whether the folders that are written before a name are those that the file lies in, as far as they are written;
    where an ending is written it is the file's."""
    normalised = unicodedata.normalize("NFC", tidy(written)).casefold().replace("\\", "/")
    parts = [part for part in PurePosixPath(normalised).parts if part not in ("/", ".", "..") and ":" not in part]
    actual = [shown_name(part).casefold() for part in path.parts]
    if parts[-1].endswith(SPREADSHEETS) and parts[-1] != actual[-1]:
        return False
    return actual[-len(parts) : -1] == parts[:-1] or not parts[:-1]


def receipt(path: Path, log: Mapping[str, Receipt]) -> Receipt:
    """When a file came: the log decides; a file that it does not list goes by its modification time."""
    logged = log.get(str(path))
    if logged is not None:
        return logged
    try:
        return Receipt(_modified(path), False)
    except (OSError, NotImplementedError, OverflowError, ValueError):  # it is gone, which reading says, or has no time
        return Receipt(DAY_ZERO, False)


def _modified(path: Path) -> datetime:
    if isinstance(path, Path):
        return datetime.fromtimestamp(int(path.stat().st_mtime))
    modified: datetime = path.fs.modified(path.path)  # a file at a URL, as fsspec tells it
    return modified.astimezone().replace(tzinfo=None, microsecond=0)


def moment(text: str) -> datetime | None:
    """A day, with or without a time, as people write it."""
    parsed = said_moment(text)
    return parsed.at if parsed else None


def end_of(text: str, month: str = "") -> datetime | None:
    """The first moment after a deadline: a day counts whole, a time to the end of its minute.

    Args:
        text: as it was typed; blank is no deadline.
        month: the month that is assessed (YYYY-MM), which tells the year where the text does not.

    Raises:
        ValueError: it is not a day.
    """
    if not text:
        return None
    parsed = said_moment(text, month)
    if parsed is None:
        raise ValueError(f"{text!r} is no day: write for example 2026-12-05 or 2026-12-05 18:00")
    return parsed.at + (timedelta(minutes=1) if parsed.timed else timedelta(days=1))


def days_after(end: datetime, received: datetime, calendar: Calendar | None = None) -> int:
    """Calendar days from a deadline's day to the day that a file came; 0 where it came in time. With a calendar they
    are working days, and what comes on a day of rest came on the next working day.

    Raises:
        UnknownDay: the calendar does not know a day between.
    """
    if received < end:
        return 0
    day: date = (end - timedelta(seconds=1)).date()
    if calendar is None:
        return max(1, (received.date() - day).days)
    days = 0
    while day < received.date():
        day, days = calendar.later(day, 1), days + 1
    return max(1, days)
