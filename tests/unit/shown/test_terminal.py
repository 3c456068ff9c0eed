"""Findings on the terminal: by dealer and sheet, the most serious first, with a count."""

from __future__ import annotations

import io

from rich.console import Console

from xlkpi.findings import Finding
from xlkpi.shown.terminal import print_findings
from xlkpi.values import Place


def missing(file: str, sheet: str, ref: str) -> Finding:
    return Finding("XK-V001", file, Place(sheet, ref), "x", {"label": ref})


def negative(file: str, sheet: str, ref: str) -> Finding:
    return Finding("XK-V014", file, Place(sheet, ref), "x", {"label": ref, "found": "-1"})


def shown(
    *findings: Finding, dealers: dict[str, str] | None = None, lang: str = "zh", most: int | None = None
) -> list[str]:
    console = Console(file=io.StringIO(), width=200, highlight=False)
    print_findings(console, findings, lang, dealers, most)
    assert isinstance(console.file, io.StringIO)
    return [line for line in console.file.getvalue().splitlines() if "→" not in line]


def test_dealers_come_by_their_worst_and_how_many_of_it() -> None:
    told = shown(
        negative("a.xlsx", "填报", "F1"), missing("b.xlsx", "填报", "F1"), missing("c.xlsx", "填报", "F1"),
        missing("c.xlsx", "填报", "F2"), negative("c.xlsx", "填报", "F3"),
        dealers={"c.xlsx": "D003 三店", "b.xlsx": "D002 二店"},
    )  # fmt: skip
    assert [line for line in told if not line.startswith(" ")] == [
        "D003 三店　c.xlsx　错误 2 警告 1", "D002 二店　b.xlsx　错误 1", "a.xlsx　警告 1",
        "共 5 条：错误 3，警告 2，提示 0",
    ]  # fmt: skip


def test_sheets_come_by_their_worst_and_cells_in_their_order() -> None:
    told = shown(
        negative("a.xlsx", "甲", "F1"), missing("a.xlsx", "乙", "F10"), missing("a.xlsx", "乙", "F9"),
        negative("a.xlsx", "乙", "A1"), Finding("XK-F010", "a.xlsx"),
    )  # fmt: skip
    assert [line.strip().partition("　")[0] for line in told[1:-1]] == [
        "乙", "错误 XK-V001 F9", "错误 XK-V001 F10", "警告 XK-V014 A1", "甲", "警告 XK-V014 F1", "提示 XK-F010",
    ]  # fmt: skip


def test_a_dealer_s_text_is_no_markup_and_moves_no_cursor() -> None:
    bad = Finding("XK-V002", "[red]a\x1b[2J.xlsx", Place("[b]填报", "F1"), "x", {"label": "x", "found": "[/]\x07"})
    told = shown(bad, dealers={bad.file: "[bold]D001"})
    assert told[0].startswith("[bold]D001　[red]a·[2J.xlsx")
    assert told[1].strip() == "[b]填报"
    assert "[/]·" in told[2]


def test_english_words_where_they_are_asked_for() -> None:
    assert "error XK-V001 F1" in shown(missing("a.xlsx", "填报", "F1"), lang="en")[2]


def test_nothing_found() -> None:
    assert shown() == ["没有发现问题"]


def test_after_so_many_the_gravest_files_have_been_printed_and_the_rest_is_counted() -> None:
    told = shown(
        negative("a.xlsx", "填报", "F1"), missing("b.xlsx", "填报", "F1"), missing("c.xlsx", "填报", "F1"),
        missing("c.xlsx", "填报", "F2"), most=3,
    )  # fmt: skip
    assert [line for line in told if not line.startswith(" ")] == [
        "c.xlsx　错误 2", "b.xlsx　错误 1", "… 另有 1 条没有列出", "共 4 条：错误 3，警告 1，提示 0",
    ]  # fmt: skip
