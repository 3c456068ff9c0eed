"""Days of a month's life, by the rules in `xlkpi.yaml`. They are calendar days, or working days where a calendar is
given; the last one is whole."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from xlkpi.headquarters.calendar import Calendar, UnknownDay
from xlkpi.headquarters.issuing import default_deadline
from xlkpi.scheme.model import Scheme
from xlkpi.values import days_in
from xlkpi.workspace.record import Refusal
from xlkpi.workspace.settings import Deadlines


def days_on(day: date, days: int, calendar: Calendar | None = None) -> date:
    """The day that lies so many days later, or so many working days of a calendar.

    Raises:
        Refusal: the calendar does not know a day between (XK-T100).
    """
    if calendar is None:
        return day + timedelta(days=days)
    try:
        return calendar.later(day, days)
    except UnknownDay as unknown:
        raise Refusal(unknown.finding) from None


def of_issue(rules: Deadlines, scheme: Scheme, month: str, calendar: Calendar | None = None) -> tuple[str, str]:
    """Until when dealers send, and from when on nothing counts ("": never); both as YYYY-MM-DD.

    Raises:
        Refusal: the calendar does not know a day that is counted (XK-T100).
    """
    last = date(int(month[:4]), int(month[5:]), days_in(month))
    due = default_deadline(scheme, month) if rules.send is None else days_on(last, rules.send, calendar).isoformat()
    if rules.lock is None:
        return due, ""
    return due, days_on(date.fromisoformat(due), rules.lock, calendar).isoformat()


def of_appeals(rules: Deadlines, published: datetime, calendar: Calendar | None = None) -> str:
    """The last day on which a dealer may appeal, as YYYY-MM-DD.

    Raises:
        Refusal: the calendar does not know a day that is counted (XK-T100).
    """
    return days_on(published.date(), rules.appeal, calendar).isoformat()


def is_past(day: str, now: datetime) -> bool:
    """Whether a last day (YYYY-MM-DD) is over."""
    return now.date() > date.fromisoformat(day)
