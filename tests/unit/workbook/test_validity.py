"""A marked workbook is a package that Excel opens without a word, whatever was marked in whatever file."""

from __future__ import annotations

import pytest
from shared.packages import replaced, without
from shared.rich import OTHER, SHEET, rich_workbook
from shared.validity import faults

from unit.workbook.test_patch import CELLS, findings
from xlkpi.checking.marking import mark
from xlkpi.findings import Finding
from xlkpi.intake.guard import admit
from xlkpi.values import Place
from xlkpi.workbook.package import unpack
from xlkpi.workbook.patch import patched


def marked(data: bytes, marks: list[Finding], sheets: set[str]) -> bytes:
    return patched(admit(data), mark(marks, sheets, "D001 2026-11"))


def _ours(*refs: str, sheet: str = "填报") -> list[Finding]:
    return [Finding("XK-V001", "", Place(sheet, ref), "x", {"label": f"甲<&>\"'{ref}"}) for ref in refs]


@pytest.fixture(scope="module")
def rich() -> bytes:
    return rich_workbook()


@pytest.fixture(scope="module")
def books(rich: bytes, filled: bytes, blank: bytes) -> dict[str, bytes]:
    sheets = {"填报", "绩效考核表"}
    twice = [*_ours("F8", "F9", "Z99"), *_ours("I20", sheet="绩效考核表")]
    found = {
        "a dealer's": marked(filled, _ours("F8"), sheets),
        "a blank": marked(blank, twice, sheets),
        "nothing to mark": marked(filled, [], sheets),
        "many": marked(filled, _ours(*(f"F{row}" for row in range(5, 60))), sheets),
        "with comments, controls and drawings": marked(rich, findings(SHEET, CELLS), {SHEET, OTHER}),
        "two sheets": marked(rich, [*findings(SHEET, CELLS), *findings(OTHER, ["B2", "C9"])], {SHEET, OTHER}),
    }
    again = marked(found["two sheets"], findings(OTHER, ["B2"]), {SHEET, OTHER})
    return {**found, "marked again": again, "marked twice": marked(found["a blank"], _ours("F10"), sheets)}


NAMES = ("a dealer's", "a blank", "nothing to mark", "many", "with comments, controls and drawings", "two sheets",
         "marked again", "marked twice")  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_it_opens_without_a_word(name: str, books: dict[str, bytes]) -> None:
    assert faults(books[name]) == []


def test_what_was_there_before_was_in_order(rich: bytes, filled: bytes) -> None:
    assert faults(filled) == []
    assert faults(rich) == []


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/workbook.xml", 'sheetId="2"', 'sheetId="1"'),
        ("xl/workbook.xml", "</sheets>", "</sheets>X"),
        ("[Content_Types].xml", "</Types>", "X</Types>"),
        ("[Content_Types].xml", "vmlDrawing", "vmlDrawings"),
        ("xl/styles.xml", 'applyFill="1"', 'applyFill="1X"'),
        ("xl/_rels/workbook.xml.rels", "</Relationships>", "=</Relationships>"),
    ],
)
def test_the_look_finds_what_is_wrong(part: str, old: str, new: str, books: dict[str, bytes]) -> None:
    text = unpack(books["two sheets"])[part].decode()
    assert old in text
    assert faults(replaced(books["two sheets"], {part: text.replace(old, new, 1).encode()})) != []


def test_the_look_finds_what_is_gone(books: dict[str, bytes]) -> None:
    assert faults(without(books["two sheets"], "xl/comments1.xml")) != []
