"""诊断改善: what is off its standard this month, why that may be, what to do; who does it by when, to fill in.

On top the problems that show, the heaviest first; below all of them, each with its place for a person and a day.
"""

from __future__ import annotations

from collections.abc import Sequence

from xlkpi.scheme import parts
from xlkpi.scheme.cells import SHOWS, of_diagnosis
from xlkpi.scheme.formulas import Formula, format_value
from xlkpi.scheme.model import Diagnosis
from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import Content, Highlight, SheetPlan, WorkbookPlan

TITLE = "诊断改善"
_TOP = 8
_HEADINGS = (
    ("编号", 7), ("问题", 26), ("指标", 18), ("本月", 13), ("方向", 7), ("出现", 7), ("轻重（元）", 13),
    ("可能原因", 40), ("对策", 72), ("责任人", 12), ("完成日期", 13),
)  # fmt: skip
_LAST = len(_HEADINGS)
_HEAD = 3
_OWN = "＊"
_CAUSE_LINE, _MEASURE_LINE = 27, 50  # Chinese characters in a line of these columns


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan, where the scheme has diagnoses."""
    diagnoses = plan.scheme.diagnoses
    if not diagnoses:
        return
    sheet = plan.sheet(
        SheetPlan(
            TITLE, widths=[width for _, width in _HEADINGS], landscape=True, freeze=f"C{_HEAD + 1}",
            repeat_rows=f"{_HEAD}:{_HEAD}", last_printed_column=_LAST, tab_colour="ED7D31",
        )
    )  # fmt: skip
    sheet.head(f"{plan.scheme.title}　诊断与改善", _LAST)
    for column, (heading, _) in enumerate(_HEADINGS, 1):
        sheet.put(column, _HEAD, heading, "header")
    sheet.heights[_HEAD] = 24
    first = _HEAD + 1 + 1 + min(_TOP, len(diagnoses)) + 1
    last = first + len(diagnoses) - 1
    tallest = max(_height(diagnosis) for diagnosis in diagnoses)
    _top(sheet, first, last, min(_TOP, len(diagnoses)), tallest)
    _band(sheet, first - 1, f"全部诊断（出现的标红；请填责任人和完成日期）　{_OWN} 原文的对策已失，由本方案补写")
    for number, diagnosis in enumerate(diagnoses, 1):
        _row(plan, sheet, first + number - 1, number, diagnosis)
    sheet.highlights.append(Highlight(f"A{first}:G{last}", f'$F{first}="{SHOWS}"', "veto"))


def _top(sheet: SheetPlan, first: int, last: int, count: int, height: float) -> None:
    """The problems that show, by weight: looked up in the list below."""
    _band(sheet, _HEAD + 1, "本月重点（按轻重排列）")
    weights = f"$G${first}:$G${last}"
    for rank in range(1, count + 1):
        row = _HEAD + 1 + rank
        beyond = f"{rank}>COUNT({weights})"
        position = f"MATCH(LARGE({weights},{rank}),{weights},0)"
        for column in range(1, _LAST + 1):
            letter = "ABCDEFGHIJK"[column - 1]
            content: Content = Formula(f'IF({beyond},"",INDEX(${letter}${first}:${letter}${last},{position}))')
            if column >= 10:  # an unfilled place must not show as 0
                content = Formula(f'IF({beyond},"",INDEX(${letter}${first}:${letter}${last},{position})&"")')
            style = {4: "figure", 7: "figure"}.get(column, "note" if column >= 8 else "text")
            sheet.put(column, row, content, style, "#,##0" if column == 7 else "General")
        sheet.heights[row] = height


def _row(plan: WorkbookPlan, sheet: SheetPlan, row: int, number: int, diagnosis: Diagnosis) -> None:
    indicator = plan.scheme.indicators.get(diagnosis.of)
    sheet.put(1, row, number, "number")
    sheet.put(2, row, diagnosis.problem, "item")
    sheet.put(3, row, (indicator.label if indicator else "") or diagnosis.of, "text")
    # as text, so that the sorted list above shows each in its own format
    sheet.put(4, row, format_value(plan.compiled.names[diagnosis.of]), "figure")
    sheet.put(5, row, diagnosis.way, "centre")
    plan.formula(sheet, (6, row), of_diagnosis(number, parts.SHOWN), Role.OTHER, "check")
    plan.formula(sheet, (7, row), of_diagnosis(number, parts.WEIGHT), Role.OTHER, "figure", "#,##0")
    sheet.put(8, row, _listed(diagnosis.causes), "note")
    sheet.put(9, row, _listed(_measures(diagnosis)), "note")
    for column, part in ((10, parts.PERSON), (11, parts.DAY_DONE)):
        where = sheet.put(column, row, None, "remark")
        plan.slot(sheet, where, of_diagnosis(number, part), Role.MEASURE)
    sheet.heights[row] = _height(diagnosis)


def _measures(diagnosis: Diagnosis) -> list[str]:
    return [measure.text + (_OWN if measure.own else "") for measure in diagnosis.measures]


def _height(diagnosis: Diagnosis) -> float:
    """Points for the longer of the two columns; a row with line breaks does not grow by itself everywhere."""
    sides = ((diagnosis.causes, _CAUSE_LINE), (_measures(diagnosis), _MEASURE_LINE))
    lines = max(sum(-(-(len(text) + 3) // line) for text in texts) for texts, line in sides)
    return max(30, 12.5 * lines + 10)


def _listed(texts: Sequence[str]) -> str:
    return "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))


def _band(sheet: SheetPlan, row: int, text: str) -> None:
    sheet.put(1, row, text, "band")
    sheet.merge(1, row, _LAST, row)
    sheet.heights[row] = 22
