"""What the workspace's history file knows of earlier months, and keeping a month in it. A workspace without a history
has no earlier months."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from xlkpi.issue import Issue
from xlkpi.month.month import Month
from xlkpi.month.standing import Earlier
from xlkpi.month.store.file import Store, open_store
from xlkpi.month.store.query import EarlierMonth, earlier_months, figures_before, month_earlier
from xlkpi.month.store.record import record
from xlkpi.workspace.places import MonthFolder

T = TypeVar("T")


def figures_of_dealers(folder: MonthFolder, issue: Issue) -> dict[str, dict[str, list[float]]]:
    """Answers that are numbers of the twelve months before, by dealer and field, last month last."""
    return _from_history(
        folder, lambda store: figures_before(store, issue.scheme.name, issue.month, roster=issue.roster)
    )


def month_before(folder: MonthFolder, issue: Issue) -> dict[str, Earlier]:
    """Totals and ranks of the month before, by dealer."""
    return _from_history(folder, lambda store: month_earlier(store, issue.scheme.name, issue.month, issue.roster))


def months_before(folder: MonthFolder, issue: Issue) -> dict[str, list[EarlierMonth]]:
    """What counts of the twelve months before, by dealer."""
    return _from_history(
        folder, lambda store: earlier_months(store, issue.scheme.name, issue.month, roster=issue.roster)
    )


def keep(folder: MonthFolder, month: Month) -> None:
    """Keep a month's scores."""
    with open_store(folder.workspace.history, write=True) as store:
        record(store, month)


def _from_history(folder: MonthFolder, query: Callable[[Store], dict[str, T]]) -> dict[str, T]:
    if not folder.workspace.history.is_file():
        return {}
    with open_store(folder.workspace.history) as store:
        return query(store)
