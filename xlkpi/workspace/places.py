"""Where everything of a workspace lies: the workspace itself, found upwards from a folder, and its months."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from xlkpi.findings import Finding, Severity, worst
from xlkpi.folders import gather
from xlkpi.headquarters.calendar import Calendar, UnknownDay, calendar_of, read_calendar
from xlkpi.headquarters.forms import WORKING_DAYS
from xlkpi.headquarters.lists import Listed
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scheme.model import Scheme
from xlkpi.values import MONTH_PATTERN, months_earlier
from xlkpi.workspace.record import RECORD_FILE, Record, Refusal, State, load_record
from xlkpi.workspace.settings import SETTINGS_FILE, Settings, read_settings

ROSTER: Final = "名册.xlsx"
PLAN: Final = "计划.xlsx"
CALENDAR: Final = "日历.xlsx"
SCHEMES: Final = "方案"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with its settings."""

    root: Path
    settings: Settings

    @property
    def roster(self) -> Path:
        """The list of dealers."""
        return self.root / ROSTER

    @property
    def plan(self) -> Path:
        """The year's plan; it need not be there."""
        return self.root / PLAN

    @property
    def days(self) -> Path:
        """The list of days that are worked or not; it need not be there."""
        return self.root / CALENDAR

    def calendar(self) -> Calendar:
        """Which days are worked, by 日历.xlsx and the national calendar.

        Raises:
            Refusal: something in 日历.xlsx is wrong.
        """
        listed: Listed[bool] = read_calendar(self.days) if self.days.is_file() else Listed()
        if worst(listed.findings) is Severity.ERROR:
            raise Refusal(*listed.findings)
        return calendar_of(listed)

    def working_days(self, scheme: Scheme, month: str) -> int | None:
        """A month's working days, where the scheme lets headquarters give them and the calendar knows them all.

        Raises:
            Refusal: something in 日历.xlsx is wrong.
        """
        if WORKING_DAYS not in scheme.headquarters_figures():
            return None
        try:
            return self.calendar().working_days(month)
        except UnknownDay:
            return None

    def counted_by(self) -> Calendar | None:
        """The calendar by which `xlkpi.yaml` counts days; None: calendar days."""
        return self.calendar() if self.settings.deadlines.unit == "working" else None

    @property
    def history(self) -> Path:
        """The history file."""
        return self.root / self.settings.history

    def scheme(self) -> tuple[Scheme, Compiled]:
        """The scheme with its formulas: a folder of one's own in 方案/, else the shipped one of that name.

        Raises:
            SchemeError: there is none, or it cannot be used.
        """
        custom = self.root / SCHEMES / self.settings.scheme
        return usable_scheme(custom if custom.is_dir() else self.settings.scheme)

    def months(self) -> list[MonthFolder]:
        """The months that were opened, the oldest first."""
        folders = sorted(path for path in self.root.iterdir() if re.fullmatch(MONTH_PATTERN, path.name))
        return [MonthFolder(self, path.name) for path in folders if (path / RECORD_FILE).is_file()]

    def current(self, month: str = "") -> MonthFolder:
        """The month of that name, else the first that is not final, else the last.

        Raises:
            Refusal: no month was opened, or not this one.
        """
        months = self.months()
        if month:
            months = [each for each in months if each.month == month]
        going = [each for each in months if each.record().state is not State.FINAL]
        if not months:
            facts = {"step": "做这一步", "why": f"还没有开 {month or '任何'} 月份", "command": "xlkpi month open"}
            raise Refusal(Finding("XK-W084", facts=facts))
        return going[0] if going else months[-1]

    def next_month(self, today: str) -> str:
        """The month after the last one that was opened, else today's (YYYY-MM)."""
        months = self.months()
        return months_earlier(months[-1].month, -1) if months else today


@dataclass(frozen=True, slots=True)
class MonthFolder:
    """A month's folder and the names of what lies in it."""

    workspace: Workspace
    month: str

    @property
    def path(self) -> Path:
        """The folder."""
        return self.workspace.root / self.month

    @property
    def targets(self) -> Path:
        """目标.xlsx."""
        return self.path / "目标.xlsx"

    @property
    def inspections(self) -> Path:
        """检查情况.xlsx."""
        return self.path / "检查情况.xlsx"

    def inspection_lists(self) -> list[Path]:
        """检查情况.xlsx and the workbooks in 检查情况/, one a supervisor, as far as they are there."""
        several = gather([self.inspections.with_suffix("")]).files if self.inspections.with_suffix("").is_dir() else []
        return [*([self.inspections] if self.inspections.is_file() else []), *sorted(several)]

    @property
    def waivers(self) -> Path:
        """豁免.xlsx; it need not be there."""
        return self.path / "豁免.xlsx"

    @property
    def actuals(self) -> Path:
        """实绩.xlsx; it need not be there."""
        return self.path / "实绩.xlsx"

    @property
    def replies(self) -> Path:
        """答复.xlsx; it is there once a dealer has answered a warning."""
        return self.path / "答复.xlsx"

    def reply_lists(self) -> list[Path]:
        """答复.xlsx of this month and of those before it, as far as they are there: accepted answers hold on."""
        folders = [*(each for each in self.workspace.months() if each.month < self.month), self]
        return [each.replies for each in folders if each.replies.is_file()]

    @property
    def blanks(self) -> Path:
        """空白表/, with issue.json and the master."""
        return self.path / "空白表"

    @property
    def received(self) -> Path:
        """收件/."""
        return self.path / "收件"

    @property
    def log(self) -> Path:
        """收件.jsonl."""
        return self.path / "收件.jsonl"

    @property
    def marked(self) -> Path:
        """标注/."""
        return self.path / "标注"

    @property
    def results(self) -> Path:
        """结果/."""
        return self.path / "结果"

    @property
    def replaced(self) -> Path:
        """结果/改分前/."""
        return self.results / "改分前"

    @property
    def handed(self) -> Path:
        """发放/."""
        return self.path / "发放"

    def record(self) -> Record:
        """The month's state and history.

        Raises:
            Refusal: `month.json` is damaged or was altered.
        """
        return load_record(self.path / RECORD_FILE, self.month)

    def previous(self) -> MonthFolder:
        """The month before; it need not be there."""
        return MonthFolder(self.workspace, months_earlier(self.month))

    def year_ago(self) -> MonthFolder:
        """The same month last year; it need not be there."""
        return MonthFolder(self.workspace, months_earlier(self.month, 12))


def find_workspace(start: Path) -> Workspace:
    """The workspace that a folder lies in.

    Raises:
        Refusal: there is none, or its settings cannot be used.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            settings, findings = read_settings(folder / SETTINGS_FILE)
            if settings is None:
                raise Refusal(*findings)
            return Workspace(folder, settings)
    raise Refusal(Finding("XK-W089", facts={"path": str(start)}))
