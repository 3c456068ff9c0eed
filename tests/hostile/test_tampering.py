"""Whatever is tampered with: no score moves, and what a person sees otherwise is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
from conftest import REAL_ANSWERS, REAL_INSPECTIONS

from hostile import tampering
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.scoring.assess import Assessment, assess
from xlkpi.scoring.engine import Engine
from xlkpi.values import Status
from xlkpi.workbook.stamp import Stamper

KEY = bytes(range(32))


@dataclass(frozen=True)
class Month:
    issue: Issue
    engine: Engine
    filled: bytes
    findings: Mapping[str, int]
    scored: Assessment


@pytest.fixture(scope="module")
def month(issue: Issue, engine: Engine) -> Month:
    sealed = replace(issue.sealed(KEY), inspections={"D001": dict(REAL_INSPECTIONS)})
    inputs: dict[Any, Any] = {
        **sealed.stamped("D001"),
        **{sealed.layout.place(name): value for name, value in REAL_ANSWERS.items()},
    }
    data = Stamper(sealed.layout, sealed.master).stamp(
        {**inputs, **engine.evaluate(inputs)}, sealed.marker("D001", KEY), sealed.stamped("D001")
    )
    read = read_submission(sealed, data)
    assert isinstance(read, Submission)
    return Month(sealed, engine, data, Counter(f.code for f in read.findings), assess(sealed, engine, read))


def outcome(month: Month, data: bytes) -> tuple[str, list[str]]:
    """What became of the score (same, open, none, or its new value), and the codes of what was told."""
    read = read_submission(month.issue, data)
    told = [finding.code for finding in read.findings]
    new = list((Counter(told) - Counter(month.findings)).elements())
    if not isinstance(read, Submission):
        return "none", new
    if read.dealer != "D001":
        return f"of {read.dealer}", new
    scored = assess(month.issue, month.engine, read)
    if scored.total == month.scored.total and scored.published == month.scored.published:
        return "same", new
    if scored.status is Status.PROVISIONAL and scored.total < month.scored.total and scored.grade != month.scored.grade:
        return "open", new  # a question was put; until it is answered the figure counts nothing
    return f"{scored.total}", new


def judged(month: Month, count: int, seed: int) -> list[str]:
    """What went wrong in so many tamperings."""
    wrong = []
    for number, (kind, data) in enumerate(tampering.drawn(month.issue, "D001", month.filled, count, seed)):
        score, told = outcome(month, data)
        if score not in ("same", "open", "none"):
            wrong.append(f"{number} {kind}: the score is {score}")
        if not told and kind not in tampering.INVISIBLE:
            wrong.append(f"{number} {kind}: untold")
    return wrong


def test_no_tampering_moves_a_score_or_goes_untold(month: Month) -> None:
    assert len(tampering.KINDS) >= 60
    assert judged(month, 120, seed=1) == []


OWN_CODES = {
    "a name: of the total is 100": "XK-I030",
    "a name: of one sheet shadows the total": "XK-I041",
    "the marker: says another dealer": "XK-T096",
    "a word is rewritten: 绩效考核表": "XK-I033",
    "本店资料: is another": "XK-I034",
    "a format shows: another figure": "XK-I035",
    "a format shows another total": "XK-I035",
    "nobody reads: white on white": "XK-I037",
    "the sheets: a row is hidden": "XK-I038",
    "the sheets: a column is 0 wide": "XK-I038",
    "the sheets: cells are merged": "XK-I039",
    "the sheets: a prompt is another": "XK-I040",
    "the sheets: something is drawn over them": "XK-I042",
    "the sheets: one is hidden": "XK-I043",
    "a format put on by a condition": "XK-I044",
    "the sheets: stand in another order": "XK-I045",
    "the sheets: protection is removed": "XK-I046",
    "the sheets: validations are removed": "XK-I046",
}


def test_each_kind_has_its_code(month: Month) -> None:
    random = Random(3)
    for kind, code in OWN_CODES.items():
        copy = tampering.Copy.of(month.issue, "D001", month.filled, random)
        tampering.KINDS[kind](copy)
        assert code in outcome(month, copy.data())[1], kind
    copy = tampering.Copy.of(month.issue, "D001", month.filled, random)
    for sheet in ("绩效考核表", "计分过程"):
        copy.sheet(sheet, r'(<c r="[A-Z]+\d+" s=")\d+', r"\g<1>0", all_=True)  # as SheetJS leaves them
    assert [code for code in outcome(month, copy.data())[1] if code != "XK-I036"] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 5))
def test_nor_do_a_thousand(month: Month, seed: int) -> None:
    assert judged(month, 400, seed) == []
