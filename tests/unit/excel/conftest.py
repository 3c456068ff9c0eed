"""What the button's tests share."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from xlkpi.cli.demo import demo_month, issue_month
from xlkpi.headquarters.inspections import read_inspections
from xlkpi.issue import Issue

from .demo import Month
from .vba import payload

Open = Callable[..., Any]


@pytest.fixture(scope="session")
def _remote_engine() -> None:
    import xlwings

    if not xlwings.__pro__:
        told = "xlwings' remote engine has no key: it was imported before tests/conftest.py, or the key is refused"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)


@pytest.fixture
def opened(_remote_engine: None) -> Iterator[Open]:
    """Open a workbook on xlwings' real remote engine, as the VBA client sends it."""
    import xlwings

    books: list[Any] = []

    def open_book(data: bytes, name: str = "D001.xlsx", **changes: Any) -> Any:
        sent = {**payload(data, name), **changes}
        books.append(xlwings.Book(json=json.loads(json.dumps(sent, allow_nan=False))))
        return books[-1]

    yield open_book
    for book in books:
        book.close()


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """The demonstration month: issued, with headquarters' list of inspections."""
    folder = tmp_path_factory.mktemp("demo")
    data = demo_month()
    issue, blanks = issue_month(data, folder)
    listed = read_inspections(folder / "inspections.xlsx", issue.scheme, issue.roster, issue.month)
    files = {dealer["code"]: path for dealer, path in zip(data["dealers"], blanks, strict=True)}
    return Month(data, issue, listed.rows, files, folder)


@pytest.fixture(scope="session")
def issued(month: Month) -> Issue:
    return month.issue


@pytest.fixture
def folder(month: Month) -> Path:
    return month.folder
