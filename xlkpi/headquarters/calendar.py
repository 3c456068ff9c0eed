"""Which days are worked: headquarters' 日历.xlsx where it has the day, else the national holidays and 调休 of
chinesecalendar. Beyond that library's years nothing is assumed: a day that neither knows is asked for (XK-T100)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from xlkpi.findings import Finding, most_serious_first
from xlkpi.headquarters.forms import WORKING_DAYS
from xlkpi.headquarters.headings import ListSpec
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.lists import Listed
from xlkpi.headquarters.moments import moment_in, said_moment
from xlkpi.headquarters.table import Files, Row, read_table
from xlkpi.headquarters.words import Wording, folded, some_of, wording
from xlkpi.scheme.model import Scheme
from xlkpi.values import RawCell, days_in

_WORDS: Final = {
    **dict.fromkeys(("上班", "工作", "工作日", "班", "补班", "调休上班", "working"), True),
    **dict.fromkeys(("休息", "休", "休息日", "放假", "假", "假期", "节假日", "法定节假日", "rest"), False),
}


def _day(raw: RawCell) -> Wording:
    """The day that a cell says, as YYYY-MM-DD; else its words."""
    moment = moment_in(raw)
    return Wording(f"{moment.at:%Y-%m-%d}") if moment and not (moment.timed or moment.other) else wording(raw)


def _is_day(text: str) -> bool:
    moment = said_moment(text)
    return moment is not None and f"{moment.at:%Y-%m-%d}" == text


_SPEC: Final = ListSpec(
    Origin("calendar"), {"type": ("类型",)}, key=("日期", "date"), ignored=frozenset(("说明", "星期")),
    needed=("type",), is_key=_is_day, key_words=_day, repeated=True,
)  # fmt: skip


class UnknownDay(Exception):
    """Nothing says whether a day is worked; `finding` says what to fill in."""

    def __init__(self, day: date):
        super().__init__(day.isoformat())
        self.day = day

    @property
    def finding(self) -> Finding:
        """The refusal of what needs that day."""
        return Finding("XK-T100", facts={"day": self.day.isoformat(), "year": _last_year()})


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days. `named`: the days that headquarters names, and whether each is worked."""

    named: Mapping[date, bool] = field(default_factory=dict)

    def works(self, day: date) -> bool:
        """Whether a day is worked.

        Raises:
            UnknownDay: nothing says so.
        """
        if day in self.named:
            return self.named[day]
        import chinese_calendar  # noqa: PLC0415 - only where somebody asks for a day

        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            raise UnknownDay(day) from None

    def working_days(self, month: str) -> int:
        """How many days of a month (YYYY-MM) are worked.

        Raises:
            UnknownDay: nothing says so of one of them.
        """
        year, number = int(month[:4]), int(month[5:])
        return sum(self.works(date(year, number, day)) for day in range(1, days_in(month) + 1))

    def later(self, day: date, days: int) -> date:
        """The working day that lies so many working days after a day, which itself may be a rest day; 0 is the day.

        Raises:
            UnknownDay: nothing says so of a day between.
        """
        while days:
            day += timedelta(days=1)
            days -= self.works(day)
        return day


def read_calendar(paths: Files, *, anyway: bool = False) -> Listed[bool]:
    """The days that headquarters names (YYYY-MM-DD), and whether each is worked. A cell that is no day or no type, and
    a day that stands there twice, are findings and give no day."""
    table = read_table(paths, _SPEC, anyway=anyway)
    out: Listed[bool] = Listed(findings=table.findings, refused=table.refused)
    by_day: dict[str, list[tuple[Row, bool]]] = {}
    for row in table.rows:
        words = wording(row.cells.get("type")).text
        works = _WORDS.get(folded(words))
        if not _is_day(row.code):
            out.findings.append(_wrong(row, "", "日期", row.code))
        elif works is None or "type" in row.shared:
            out.findings.append(_wrong(row, "type", "类型", words or "空白"))
        else:
            by_day.setdefault(row.code, []).append((row, works))
    for day, rows in by_day.items():
        if len(rows) > 1:
            cells = "、".join(row.place().ref for row, _ in rows)
            first = rows[0][0]
            out.findings.append(Finding("XK-T102", first.file, first.place(), facts={"day": day, "cells": cells}))
        else:
            out.rows[day] = rows[0][1]
    out.findings = most_serious_first(out.findings)
    return out


def calendar_of(listed: Listed[bool]) -> Calendar:
    """The calendar in which a list's days decide."""
    return Calendar({date.fromisoformat(day): works for day, works in listed.rows.items()})


def against_calendar(
    scheme: Scheme, month: str, figures: Listed[dict[str, float | str]], calendar: Calendar
) -> list[Finding]:  # fmt: skip
    """Where headquarters' list says another 工作天数 than the calendar, once for each figure, with its first cell
    (XK-T103); or that the calendar does not know the month (XK-T104)."""
    if WORKING_DAYS not in scheme.headquarters_figures():
        return []
    by_figure: dict[float, list[str]] = {}
    for dealer, row in figures.rows.items():
        figure = row.get(WORKING_DAYS)
        if isinstance(figure, float):
            by_figure.setdefault(figure, []).append(dealer)
    if not by_figure:
        return []
    try:
        days = calendar.working_days(month)
    except UnknownDay as unknown:
        return [Finding("XK-T104", facts={"month": month, "day": unknown.day.isoformat()})]
    findings = []
    for figure, dealers in by_figure.items():
        if figure != days:
            file, place = figures.places[dealers[0], WORKING_DAYS]
            facts = {"dealer": some_of(dealers), "found": f"{figure:g}", "days": days, "month": month}
            findings.append(Finding("XK-T103", file, place, WORKING_DAYS, facts))
    return findings


def _wrong(row: Row, part: str, column: str, content: str) -> Finding:
    return Finding("XK-T101", row.file, row.place(part), facts={"column": column, "found": content})


def _last_year() -> int:
    from chinese_calendar.constants import holidays  # noqa: PLC0415 - only where a day is not known

    return int(max(holidays).year)
