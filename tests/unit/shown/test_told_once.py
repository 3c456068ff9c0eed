"""Many findings of one cause are one thing to read, with its count and cells, wherever people read; few stay apart."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from openpyxl import load_workbook
from rich.console import Console

from unit.shown.report.month import month
from unit.shown.test_ranking import table
from xlkpi.checking.finding_list import rows, to_csv, to_workbook
from xlkpi.checking.marking import mark, marked_before
from xlkpi.excel.button import Trouble, _stop_on_errors
from xlkpi.findings import Finding, finding_json, told_once
from xlkpi.issue import Dealer, Issue
from xlkpi.month.scores import scores_of
from xlkpi.month.standing import Standing, Standings
from xlkpi.scheme.model import Scheme
from xlkpi.shown.letters import _points
from xlkpi.shown.ranking import ranking_workbook
from xlkpi.shown.report import dealers, summary
from xlkpi.shown.report.source import Source
from xlkpi.shown.terminal import print_findings
from xlkpi.values import Place, Status, span_cells, spans
from xlkpi.workbook.operations import Comment, Fill, Write

COUNT = 220
CELLS = [f"F{row}" for row in range(8, 8 + COUNT)]
FACTS = {"label": "某项", "found": "x", "read": "1"}
CODES = ("XK-V001", "XK-V009", "XK-V014")  # an error, a notice, a warning


def flood(code: str) -> list[Finding]:
    return [Finding(code, "a.xlsx", Place("填报", ref), ref, {**FACTS, "label": f"项目{ref}"}) for ref in CELLS]


def _terminal(findings: list[Finding], scheme: Scheme) -> str:
    printed = io.StringIO()
    print_findings(Console(file=printed, width=300), findings)
    return printed.getvalue()


def _letter(findings: list[Finding], scheme: Scheme) -> str:
    return "\n".join(point.message for point in _points(findings, min(f.severity for f in findings)))


def _list(findings: list[Finding], scheme: Scheme) -> str:
    book = load_workbook(io.BytesIO(to_workbook(rows(told_once(findings), {}))))
    return "\n".join(str(cell) for row in book.worksheets[0].values for cell in row)


def _marked(findings: list[Finding], scheme: Scheme) -> str:
    return "\n".join(o.text for o in mark(findings, {"填报"}, "") if isinstance(o, Comment))


def _marked_list(findings: list[Finding], scheme: Scheme) -> str:
    (_, listed) = (o for o in mark(findings, {"填报"}, "") if isinstance(o, Write))
    return "\n".join(str(row[3]) for row in listed.rows[1:])


def _ranking(findings: list[Finding], scheme: Scheme) -> str:
    row = Standing(Dealer("R", "R店"), Status.REJECTED, "a.xlsx", findings=tuple(findings))
    made = load_workbook(io.BytesIO(ranking_workbook(Standings(scheme, "2026-11", [row]))))
    (finding,) = table(made, "问题")
    assert (finding["文件"], finding["单元格"]) == ("a.xlsx", CELLS[0])
    return str(finding["问题"])


def _report(findings: list[Finding], scheme: Scheme) -> str:
    data = month(1)
    data["dealers"][0]["findings"] = json.loads(json.dumps([finding_json(one) for one in findings]))
    source = Source(scores_of(data), "zh")
    (counted,) = summary.findings(source)
    assert (counted.times, len(counted.who)) == (COUNT, 1)
    (row,) = dealers.rows(source)
    page = dealers.page(source, row)
    return "\n".join(message for *_, message, _ in page["findings"])


def _button(findings: list[Finding], scheme: Scheme) -> str:
    with pytest.raises(Trouble) as told:
        _stop_on_errors("清单", findings)
    return str(told.value)


OUTPUTS: dict[str, Callable[[list[Finding], Scheme], str]] = {
    "terminal": _terminal, "letter": _letter, "list": _list, "comments": _marked, "list in the copy": _marked_list,
    "ranking workbook": _ranking, "report": _report, "button": _button,
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*extension is not supported")  # data bars
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("code", CODES)
def test_two_hundred_and_twenty_of_one_cause_are_told_once_with_their_cells(
    code: str, output: str, issue: Issue
) -> None:
    findings = flood(code)
    if output == "button" and findings[0].severity.name != "ERROR":
        pytest.skip("the button stops on errors alone")
    text = OUTPUTS[output](findings, issue.scheme)
    assert text.count(f"这样的共 {COUNT} 格：{CELLS[0]}:{CELLS[-1]}") == 1
    assert text.count("项目F") == 1


def test_programs_get_each_of_them() -> None:
    assert len(to_csv(rows(flood("XK-V001"), {})).splitlines()) == 1 + COUNT


def test_few_other_causes_and_what_has_no_cell_stay_apart() -> None:
    few, placeless = flood("XK-V001")[:10], [Finding("XK-F010", "a.xlsx")] * 20
    elsewhere = [Finding("XK-V001", "a.xlsx", Place("别的", f"A{row}"), facts=FACTS) for row in range(1, 11)]
    other_file = [Finding("XK-V001", "b.xlsx", Place("填报", f"A{row}"), facts=FACTS) for row in range(1, 11)]
    apart = [*few, *placeless, *elsewhere, *other_file]
    assert told_once(apart) == apart
    (one, *rest) = told_once([*apart, *flood("XK-V009")])[len(apart) - 1 :]
    assert (one.file, [finding.code for finding in rest]) == ("b.xlsx", ["XK-V009"])
    assert rest[0].message("en").endswith(f"({COUNT} such cells: {CELLS[0]}:{CELLS[-1]})")


def test_a_copy_s_cells_are_all_coloured_and_found_again_by_the_next_marking() -> None:
    gaps = [one for one in flood("XK-V001") if one.place and one.place.ref not in ("F20", "F40")]
    done = mark(gaps, {"填报"}, "")
    assert {o.area for o in done if isinstance(o, Fill) and o.sheet == "填报"} == set(CELLS) - {"F20", "F40"}
    (_, listed) = (o for o in done if isinstance(o, Write))
    before = marked_before({f"C{row}": str(texts[2]) for row, texts in enumerate(listed.rows, 4)}, {"填报"})
    assert {place.ref for place in before} == set(CELLS) - {"F20", "F40"}
    again = mark(flood("XK-V001"), {"填报"}, "", dict.fromkeys(before, ""))
    assert Comment(Place("填报", "F21"), "") in again  # an earlier marking may have said something there


@pytest.mark.parametrize(
    "cells", [["A1"], ["A1", "A2", "A3"], ["AA10", "B2", "B3", "B9"], ["B2", "C2", "B3", "C3", "D4"], ["XFD1048576"]]
)
def test_cells_in_words_are_read_back(cells: list[str]) -> None:
    assert sorted(span_cells(spans(cells, len(cells)))) == sorted(cells)


@pytest.mark.parametrize("text", ["", "A", "A0", "A9:A1", "B1:A3", "A1:A1048576", "=A1", "A1、乱", "A1:CV99"])
def test_what_is_no_cells_of_ours_is_none(text: str) -> None:
    assert span_cells(text) in ([], ["A1"])
