"""The button's result is the batch's: the same code behind one adapter, the same operations on the file and in Excel.

Run on xlwings' real remote engine with payloads as the VBA client sends them; the actions are replayed into the file.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import load_workbook
from shared.tables import sampled

from xlkpi.checking.marking import SHEET as FINDINGS
from xlkpi.checking.plausible import with_doubts
from xlkpi.cli.demo import demo_month
from xlkpi.excel.button import review_book
from xlkpi.excel.scorecard import SHEET as SCORES
from xlkpi.findings import Finding
from xlkpi.intake.guard import admit
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.scoring.assess import Assessment, assess
from xlkpi.workbook.layout import Role
from xlkpi.workbook.patch import patched

from .conftest import Open
from .demo import Month
from .vba import ACTIONS, dump, replay

# a file that was cut in half does not open in Excel
DEALERS = [dealer["code"] for dealer in demo_month()["dealers"] if not dealer.get("broken")]


def batch(month: Month, code: str, data: bytes) -> Assessment:
    """The batch's assessment of a dealer's file, with headquarters' list."""
    sent = read_submission(month.issue, data)
    assert isinstance(sent, Submission)
    assert sent.dealer == code
    done = assess(month.issue_with_list, month.engine, sent)
    return with_doubts(month.issue_with_list, [done])[0]


def of_the_dealer(month: Month, findings: tuple[Finding, ...]) -> set[tuple[Any, ...]]:
    """Findings about the dealer's own entries: inspections come from another place, and formulas are not told."""
    inspected = {slot.field for slot in month.issue.layout.of(Role.INSPECTION)}
    return {
        (finding.code, finding.place, finding.message())
        for finding in findings
        if finding.field not in inspected and finding.code not in ("XK-I007", "XK-V045")
    }


@pytest.mark.parametrize("code", sampled(DEALERS, 2))
def test_the_button_gives_what_the_batch_gives(month: Month, opened: Open, code: str) -> None:
    data = month.sent(code, reviewed=True)
    book = opened(data, f"{code}.xlsx")
    done = review_book(book, month.issue, scoring=True)
    actions = json.loads(json.dumps(book.json()["actions"], allow_nan=False))

    there = batch(month, code, data)
    assert done.assessment is not None
    same = {"findings": (), "cells": {}, "file": ""}
    assert replace(done.assessment, **same) == replace(there, **same)
    assert of_the_dealer(month, done.findings) == of_the_dealer(month, there.findings)

    assert {action["func"] for action in actions} <= ACTIONS
    on_file = load_workbook(io.BytesIO(patched(admit(data), done.operations)))
    assert dump(replay(data, actions)) == dump(on_file)
    assert on_file.sheetnames[-2:] == [SCORES, FINDINGS]
