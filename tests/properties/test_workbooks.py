"""Issue → blank → fill in → read: what was entered comes back, whatever the values and the order of the files."""

from __future__ import annotations

import io
import os
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from shared.months import to_json
from shared.submissions import submission_of

from xlkpi.batch import run
from xlkpi.cli.demo import fill_in
from xlkpi.headquarters.issuing import Blank, blanks
from xlkpi.intake.normalise import understand
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.month.month import make_month
from xlkpi.scheme.entries import SchemeField
from xlkpi.scoring.assess import assess
from xlkpi.values import Absence, CellContent, CellKind, Place, RawCell
from xlkpi.workbook.stamp import Stamper

from .worlds import World

if TYPE_CHECKING:
    from conftest import RealMonth

EXAMPLES = settings(max_examples=25)
# beyond fifteen digits a cell does not show all of a figure, and it is a question
ALL_FIGURES = st.floats(-1e9, 1e9)
# what a person types and a program keeps: fifteen digits; openpyxl, which fills in here, writes sixteen
FIGURES = st.floats(-1e9, 1e9).map(lambda figure: float(f"{figure:.15g}"))


def entered(field: SchemeField) -> st.SearchStrategy[CellContent]:
    """What a person may type that needs no interpretation."""
    ways: list[st.SearchStrategy[CellContent]] = [st.none()]
    if field.words:
        ways.append(st.sampled_from(list(field.words)))
    if field.type in ("count", "day"):  # a whole number; noise behind the tenth digit is none of it
        ways.append(st.integers(-(10**9), 10**9).map(float))
    elif field.type != "choice":
        # a rate above its maximum in a percent-formatted cell is a figure like any other
        ways += [FIGURES, st.integers(-(10**9), 10**9).map(float), st.sampled_from([0.3, 0.333333333333333, 1e-300])]
    ways.append(st.just(Absence.NOT_APPLICABLE.value))
    return st.one_of(ways)


REMARKS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=40).filter(
    lambda text: text.strip() == text and not text.startswith("=") and "_x" not in text
)


def _filled(blank: bytes, issue: Issue, answers: Mapping[str, CellContent], remarks: Mapping[str, str]) -> bytes:
    data = fill_in(blank, answers)
    if not remarks:
        return data
    book = load_workbook(io.BytesIO(data))
    for name, text in remarks.items():
        place = issue.layout.place(name)
        cell = book[place.sheet][place.ref]
        cell.value, cell.data_type = text, "s"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


class Blanks(dict[str, bytes]):
    """Blanks by scheme, with a short repr (see World)."""

    def __repr__(self) -> str:
        return "Blanks()"


@pytest.fixture(scope="session")
def first_blanks(worlds: dict[str, World]) -> Blanks:
    return Blanks({name: next(iter(blanks(world.issue))).data for name, world in worlds.items()})


@pytest.mark.parametrize("name", ["service-assessment", "absence"])
@EXAMPLES
@given(st.data())
def test_what_is_filled_in_is_read_back(
    worlds: dict[str, World], first_blanks: Blanks, name: str, data: st.DataObject
) -> None:
    """Figures, words, 不适用, blanks and remarks; and no finding says that anything was altered."""
    issue = worlds[name].issue
    mine = issue.scheme.by("dealer")
    answers = {field: data.draw(entered(entry)) for field, entry in mine.items()}
    noted = data.draw(st.lists(st.sampled_from(sorted(mine)), max_size=2, unique=True))
    remarks = {f"{field}_备注": data.draw(REMARKS) for field in noted}
    sent = read_submission(issue, _filled(first_blanks[name], issue, answers, remarks), "filled.xlsx")
    assert isinstance(sent, Submission), sent
    assert (sent.dealer, sent.month, sent.scheme) == ("D001", issue.month, issue.scheme.name)
    wanted = {field: value for field, value in answers.items() if value is not None}
    read = sent.contents()
    assert {field: read[field] for field in read if field in mine} == wanted
    assert all(type(read[field]) is type(value) for field, value in wanted.items())
    assert {n: text for n, text in sent.remarks.items() if n in remarks} == remarks
    assert not [finding for finding in sent.findings if finding.code.startswith(("XK-I", "XK-T", "XK-F"))]


@pytest.mark.parametrize("name", ["service-assessment", "absence"])
@EXAMPLES
@given(st.data())
def test_what_we_write_ourselves_is_read_back_bit_by_bit(
    worlds: dict[str, World], stamped: Stamp, name: str, data: st.DataObject
) -> None:
    """The assessed workbook holds the very doubles that were scored, seventeen digits where it takes them."""
    issue, mine = worlds[name].issue, worlds[name].scheme.by("dealer")
    figures = st.none() | ALL_FIGURES | st.sampled_from([0.1 + 0.2, 1 / 3, 123456.78900000001, -0.0])
    counted = st.none() | st.integers(-(10**9), 10**9).map(float)
    answers = {
        field: data.draw(counted if entry.type in ("count", "day") else figures)
        for field, entry in mine.items()
        if entry.type != "choice"
    }
    done = assess(issue, worlds[name].engine, submission_of(issue, "D001", answers))
    sent = read_submission(issue, stamped(name, done.cells), "assessed.xlsx")
    assert isinstance(sent, Submission), sent
    read = sent.contents()
    assert {field: read.get(field) for field in answers} == answers
    again = assess(issue, worlds[name].engine, sent)
    assert (again.total, again.ceiling) == (done.total, done.ceiling)


Stamp = Callable[[str, Mapping[Place, CellContent]], bytes]


@pytest.fixture(scope="session")
def stamped(worlds: dict[str, World]) -> Stamp:
    stampers = {name: Stamper(world.issue.layout, world.issue.master) for name, world in worlds.items()}
    return lambda name, cells: stampers[name].stamp(cells, worlds[name].issue.marker("D001"))


# ------------------------------------------------------------------ words


def _digits(text: str) -> bool:
    return any(unicodedata.numeric(char, None) is not None for char in unicodedata.normalize("NFKC", text))


@settings(max_examples=300)
@given(
    st.sampled_from(["count", "amount", "rate", "number", "day"]),
    st.sampled_from(["dealer", "headquarters"]),
    st.text(max_size=12)
    | st.sampled_from(["未填", "不适用", "无法读取", "否决", "TRUE", "nan", "inf", "-", "%", "一二三", "台"]),
)
def test_a_text_without_digits_is_never_a_figure(kind: str, by: str, text: str) -> None:
    """No word is guessed into a number, 未填 least of all; what cannot be read is said."""
    entry = SchemeField(en="x", type=kind, by=by, unit="台")
    raw = RawCell(Place("填报", "F6"), CellKind.TEXT, text, None, "General")
    reading = understand(entry, raw)
    if not _digits(text):
        assert isinstance(reading.value, Absence)
        assert reading.remarks or reading.value is not Absence.UNREADABLE
    if isinstance(reading.value, float):
        assert [code for code, _ in reading.remarks] == ["XK-V009"], "a text that was taken for a figure is always told"


@settings(max_examples=200)
@given(ALL_FIGURES, st.sampled_from(["", "台", " 台", ",", "元元", "abc"]))
def test_a_figure_typed_as_text_is_that_figure_or_none(figure: float, unit: str) -> None:
    """Never another one: units and separators are dropped or refused, digits never."""
    entry = SchemeField(en="x", type="amount", unit="台")
    raw = RawCell(Place("填报", "F6"), CellKind.TEXT, f"{figure:,.2f}{unit}", None, "General")
    value = understand(entry, raw).value
    assert value == float(f"{figure:.2f}") or value is Absence.UNREADABLE
    if unit in ("", "台", " 台"):
        assert value == float(f"{figure:.2f}")


# ------------------------------------------------------------------ order of files


class Inbox:
    """Files of two dealers: one sends the same twice, the other two that differ; one broken file, one stranger."""

    def __init__(self, issue: Issue, issued: Mapping[str, Blank], real_month: RealMonth, folder: Path):
        self.issue = replace(issue, inspections={"D001": dict(real_month.inspections)})
        first, second = (issued[code].data for code in ("D001", "D002"))
        contents = {
            "a.xlsx": fill_in(first, real_month.answers),
            "b.xlsx": fill_in(first, real_month.answers),
            "c.xlsx": fill_in(second, {"接车台次": 300}),
            "d.xlsx": fill_in(second, {"接车台次": 299}),
            "e.xlsx": fill_in(second, {"接车台次": 300}, broken=True),
            "f.xlsx": b"PK no workbook",
        }
        for name, data in contents.items():
            (folder / name).write_bytes(data)
            os.utime(folder / name, (1, 1))  # all came at once
        self.paths = sorted(folder.iterdir())

    def scored(self, paths: Sequence[Path]) -> str:
        """scores.json of a run over these files in this order."""
        batch = run(self.issue, paths)
        return to_json(make_month(self.issue, "formualizer", batch.assessments, batch.unusable))


@pytest.fixture(scope="module")
def inbox(
    issue: Issue,
    issued_blanks: Mapping[str, Blank],
    real_month: RealMonth,
    tmp_path_factory: pytest.TempPathFactory,
) -> Inbox:
    return Inbox(issue, issued_blanks, real_month, tmp_path_factory.mktemp("inbox"))


@EXAMPLES
@given(st.data())
def test_the_order_of_files_changes_nothing(inbox: Inbox, data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(inbox.paths), min_size=1, unique=True))
    assert inbox.scored(data.draw(st.permutations(some))) == inbox.scored(sorted(some))


def test_the_inbox_is_what_it_says(inbox: Inbox) -> None:
    """Else order would change nothing because nothing is there."""
    batch = run(inbox.issue, inbox.paths)
    (sent,) = batch.assessments
    assert sent.file == "a.xlsx"
    codes = {refused.file: {finding.code for finding in refused.findings} for refused in batch.unusable}
    assert "XK-T005" in codes["c.xlsx"] & codes["d.xlsx"]
    assert set(codes) == {"c.xlsx", "d.xlsx", "e.xlsx", "f.xlsx"}
    assert "XK-T006" in {finding.code for finding in sent.findings}
