"""When a file came: headquarters' receipt log, else the file's own time. Local time, to the second."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from xlkpi.findings import Finding
from xlkpi.headquarters.lists import Listed, plain_text, read_table
from xlkpi.values import DAY_ZERO, CellKind, RawCell

FILE_HEADINGS = ("文件", "文件名", "file")
TIME_HEADINGS = ("收到时间", "收到日期", "received")
_MOMENT = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s]*(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2})秒?)?分?)?"
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """When a file came, and whether the receipt log says so or only the file's modification time."""

    moment: datetime
    logged: bool

    @property
    def basis(self) -> str:
        """What it goes by, in the words that people read."""
        return "收件登记" if self.logged else "文件修改时间"

    def __str__(self) -> str:
        return f"{self.moment:%Y-%m-%d %H:%M:%S}"


def read_receipts(path: Path) -> Listed[datetime]:
    """The receipt log: when each file came, by the file's name. A file listed twice came last at the later time."""
    table = read_table(path, FILE_HEADINGS)
    # a line without a file is no fault: the return list, which may be given back as a log, has one for who is missing
    out: Listed[datetime] = Listed(findings=[found for found in table.findings if found.code != "XK-T025"])
    heading = next((heading for heading in table.headings if heading.strip().lower() in TIME_HEADINGS), None)
    if table.headings and heading is None:
        out.findings.append(Finding("XK-T020", table.file, facts={"column": TIME_HEADINGS[0]}))
    for row in table.rows:
        cell = row.cells.get(heading) if heading else None
        if cell is None:
            continue
        moment = moment_of(cell)
        if moment is None:
            facts = {"file": row.code, "found": plain_text(cell)[:60]}
            out.findings.append(Finding("XK-T056", table.file, cell.place, facts=facts))
        else:
            out.rows[row.code] = max(moment, out.rows.get(row.code, moment))
    return out


def receipt(path: Path, log: Mapping[str, datetime]) -> Receipt:
    """When a file came: the log decides; a file that it does not list goes by its modification time."""
    logged = log.get(path.name)
    if logged is not None:
        return Receipt(logged, True)
    try:
        return Receipt(_modified(path), False)
    except (OSError, NotImplementedError):  # it is gone; reading it says so
        return Receipt(DAY_ZERO, False)


def _modified(path: Path) -> datetime:
    if isinstance(path, Path):
        return datetime.fromtimestamp(int(path.stat().st_mtime))
    there: datetime = path.fs.modified(path.path)  # a file at a URL, as fsspec tells it
    return there.astimezone().replace(tzinfo=None, microsecond=0)


def moment_of(cell: RawCell) -> datetime | None:
    """A cell's day and time: a date of the spreadsheet, or a text as 2026-12-05 18:30."""
    if cell.text is None:
        return None
    if cell.kind is CellKind.NUMBER:
        days = float(cell.text)
        return DAY_ZERO + timedelta(seconds=round(days * 86_400)) if 1 <= days < 2_958_466 else None
    return moment(cell.text)


def moment(text: str) -> datetime | None:
    """A day, with or without a time, as people write it."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]  # six numbers at most
    except ValueError:
        return None


def end_of(text: str) -> datetime | None:
    """The first moment after a deadline: a day counts whole, a time to the end of its minute.

    Raises:
        ValueError: it is no day.
    """
    if not text:
        return None
    found = moment(text)
    if found is None:
        raise ValueError(f"{text!r} is no day: write for example 2026-12-05 or 2026-12-05 18:00")
    return found + (timedelta(minutes=1) if ":" in text or "：" in text or "时" in text else timedelta(days=1))


def days_after(end: datetime, came: datetime) -> int:
    """Calendar days from a deadline's day to the day that a file came; 0 where it came in time."""
    last: date = (end - timedelta(seconds=1)).date()
    return max(1, (came.date() - last).days) if came >= end else 0
