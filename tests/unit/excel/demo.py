"""The demonstration month as a reviewer has it open: answers and 检查情况 filled in."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from xlkpi.cli.demo import answers_of
from xlkpi.issue import Inspections, Issue
from xlkpi.scoring.engine import Engine, load_engine

_SENT: dict[tuple[Any, ...], bytes] = {}  # openpyxl takes its time; the month is one for all tests


@dataclass(frozen=True)
class Month:
    """`listed` are headquarters' inspections as its list gives them; `files` the blanks by dealer."""

    data: dict[str, Any]
    issue: Issue
    listed: Inspections
    files: Mapping[str, Path]
    folder: Path

    def dealer(self, code: str) -> dict[str, Any]:
        return next(dealer for dealer in self.data["dealers"] if dealer["code"] == code)

    def sent(self, code: str, *, reviewed: bool = False, **changes: Any) -> bytes:
        """A dealer's filled workbook; `reviewed` with 检查情况 typed in on 绩效考核表 by headquarters."""
        key = (code, reviewed, tuple(changes.items()))
        if key not in _SENT:
            _SENT[key] = self._sent(code, reviewed, changes)
        return _SENT[key]

    def _sent(self, code: str, reviewed: bool, changes: Mapping[str, Any]) -> bytes:
        dealer = self.dealer(code)
        contents = answers_of(self.data, dealer)
        if reviewed:
            contents |= dict(zip(self.data["inspections"], dealer["inspections"], strict=True))
        return filled(self.files[code].read_bytes(), self.issue, {**contents, **changes})

    @cached_property
    def engine(self) -> Engine:
        return load_engine("formualizer", self.issue.master, self.issue.layout)

    @property
    def issue_with_list(self) -> Issue:
        return replace(self.issue, inspections=self.listed)


def filled(blank: bytes, issue: Issue, contents: Mapping[str, Any]) -> bytes:
    """Type contents into a blank, by slot name, and save it with openpyxl."""
    book = load_workbook(io.BytesIO(blank))
    for name, content in contents.items():
        place = issue.layout.place(name)
        book[place.sheet][place.ref].value = content
    return saved(book)


def saved(book: Any) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
