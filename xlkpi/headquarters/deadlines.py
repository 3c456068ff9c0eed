"""Until when dealers send: the days that headquarters names, in one spelling and in an order that can be."""

from __future__ import annotations

from datetime import datetime

from xlkpi.headquarters.moments import said_moment


def day_said(text: str, month: str) -> str:
    """A deadline in one spelling: 2026-12-05, or 2026-12-05 18:00 where a time is named; "" stays "".

    Args:
        text: as it was typed: 2026/12/5, 12月5日, 十二月五日, 2026年12月5日 18时; 次月5日 is of the month after the
            assessed one.
        month: the month that is assessed (YYYY-MM), which tells the year where the text does not.

    Raises:
        ValueError: it is no day.
    """
    if not text:
        return ""
    following = int(month[5:]) % 12 + 1
    moment = said_moment(text.strip().replace("次月", f"{following}月", 1), month)
    if moment is None:
        raise ValueError(f"{text!r} is no day: write for example 2026-12-05 or 2026-12-05 18:00")
    return f"{moment.at:%Y-%m-%d %H:%M}" if moment.timed else f"{moment.at:%Y-%m-%d}"


def check_order(deadline: str, locked: str, month: str) -> None:
    """See that dealers can keep the deadline: not before the month's last day, and no lock before it.

    Raises:
        ValueError: the month has not ended by then, or the lock comes first; the text says which.
    """
    due, lock = (said_moment(text, month) for text in (deadline, locked))
    if due and due.at < _last_day(month):
        raise ValueError(f"the deadline {deadline} lies before the end of {month}: no month is reported before it ends")
    if due and lock and lock.at.date() < due.at.date():
        raise ValueError(f"locked {locked} lies before the deadline {deadline}")
    if due and lock and lock.at.date() == due.at.date() and due.timed and lock.timed and lock.at < due.at:
        raise ValueError(f"locked {locked} lies before the deadline {deadline}")


def _last_day(month: str) -> datetime:
    year, number = int(month[:4]), int(month[5:])
    return datetime.fromordinal(datetime(year + number // 12, number % 12 + 1, 1).toordinal() - 1)
