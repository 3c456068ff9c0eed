"""Days of a month's life, by the rules in `xlkpi.yaml`. All days are calendar days, the last one whole."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from xlkpi.headquarters.issuing import default_deadline
from xlkpi.scheme.model import Scheme
from xlkpi.values import days_in
from xlkpi.workspace.settings import Deadlines


def days_on(day: date, days: int) -> date:
    """The day that lies so many days later."""
    return day + timedelta(days=days)


def of_issue(rules: Deadlines, scheme: Scheme, month: str) -> tuple[str, str]:
    """Until when dealers send, and from when on nothing counts ("": never); both as YYYY-MM-DD."""
    last = date(int(month[:4]), int(month[5:]), days_in(month))
    due = default_deadline(scheme, month) if rules.send is None else days_on(last, rules.send).isoformat()
    return due, "" if rules.lock is None else days_on(date.fromisoformat(due), rules.lock).isoformat()


def of_appeals(rules: Deadlines, published: datetime) -> str:
    """The last day on which a dealer may appeal, as YYYY-MM-DD."""
    return days_on(published.date(), rules.appeal).isoformat()


def is_past(day: str, now: datetime) -> bool:
    """Whether a last day (YYYY-MM-DD) is over."""
    return now.date() > date.fromisoformat(day)
