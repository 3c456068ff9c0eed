"""诊断改善: what is off its standard this month, the heaviest first: why that may be, what to do, who does it by when.

It shows what holds and nothing else. What it is looked up in stands on 全部诊断: each problem that the scheme knows, in
a row of its own, with the places for a person and a day; there, nothing moves when a figure changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from xlkpi.scheme import parts
from xlkpi.scheme.cells import SHOWS, of_diagnosis
from xlkpi.scheme.entries import Diagnosis
from xlkpi.scheme.formulas import Formula, format_value
from xlkpi.values import column_letters
from xlkpi.workbook.layout import Role
from xlkpi.workbook.looks import STYLES
from xlkpi.workbook.measure import column_points, height
from xlkpi.workbook.plan import Highlight, SheetPlan, WorkbookPlan

TITLE = "诊断改善"
ALL = "全部诊断"
_NUMBER, _PERSON, _DAY = "编号", "责任人", "完成日期"
_WEIGHT, _CAUSES, _MEASURES = "轻重（元）", "可能原因", "对策"
_EVERY = (
    (_NUMBER, 7), ("问题", 26), ("指标", 18), ("本月", 13), ("方向", 7), ("出现", 7), (_WEIGHT, 13),
    (_CAUSES, 34), (_MEASURES, 60), (_PERSON, 12), (_DAY, 13),
)  # fmt: skip
_SHOWN = (
    (_NUMBER, 7), ("问题", 24), ("指标", 16), ("本月", 12), (_WEIGHT, 12), (_CAUSES, 30), (_MEASURES, 60),
    (_PERSON, 10), (_DAY, 12),
)  # fmt: skip
_COLUMNS = {heading: column_letters(column) for column, (heading, _) in enumerate(_EVERY, 1)}
_STYLES = {_NUMBER: "number", "问题": "item", "本月": "figure", _WEIGHT: "figure", _CAUSES: "note", _MEASURES: "note"}
_HEAD = 3
_FIRST = _HEAD + 1
_PRINTED = 6  # rows that a page takes; with all of them a blank would print empty pages
_OURS_MARK = "＊"
_NOTE = f"{_OURS_MARK} 原文的对策已失，由本方案补写"


def add(plan: WorkbookPlan) -> None:
    """Put both sheets into the plan, where the scheme has diagnoses."""
    if plan.scheme.diagnoses:
        _shown(plan)
        _every(plan)


def _shown(plan: WorkbookPlan) -> None:
    """The problems that show, by weight: as many rows as there are diagnoses, of which the others stay white;
    the heaviest are printed."""
    diagnoses = plan.scheme.diagnoses
    sheet = _sheet(plan, TITLE, "诊断与改善", _SHOWN)
    last_column = len(_SHOWN)
    weights = _column(_WEIGHT, len(diagnoses))
    count = f"COUNT({weights})"
    printed = f'IF({count}>{_PRINTED},"，打印最重的 {_PRINTED} 个","")'
    headline = f'IF({count}=0,"按已填的数，本月没有出现的问题","本月出现 "&{count}&" 个问题，重的在前"&{printed})'
    sheet.put(1, 2, Formula(headline), "strong")
    sheet.merge(1, 2, last_column - 3, 2)
    sheet.put(
        last_column - 2,
        2,
        f"→ {ALL}（在那里填责任人和完成日期）　{_OURS_MARK} 原文的对策已失，由本方案补写",
        "link",
        link=ALL,
    )
    sheet.merge(last_column - 2, 2, last_column, 2)
    sheet.heights[2] = 22
    texts = {
        "问题": [each.problem for each in diagnoses],
        _CAUSES: [_listed(each.causes) for each in diagnoses],
        _MEASURES: [_listed(_measures(each)) for each in diagnoses],
    }
    tallest = {heading: _tallest(heading, several) for heading, several in texts.items()}
    for rank in range(1, len(diagnoses) + 1):
        row = _HEAD + rank
        number = f"$A{row}"
        for column, (heading, _) in enumerate(_SHOWN, 1):
            looked_up = f"INDEX({_column(heading, len(diagnoses))},{number})"
            if heading in (_PERSON, _DAY):  # an unfilled place must not show as 0
                looked_up += '&""'
            if heading == _NUMBER:
                text = f'IF({rank}>{count},"",MATCH(LARGE({weights},{rank}),{weights},0))'
            else:
                text = f'IF({number}="","",{looked_up})'
            shape = "#,##0" if heading == _WEIGHT else "General"
            style = f"shown_{_STYLES.get(heading, 'text')}"
            sheet.put(column, row, Formula(text), style, shape, expects=tallest.get(heading, ""))
    sheet.last_printed_row = _HEAD + min(_PRINTED, len(diagnoses))
    area = f"A{_FIRST}:{column_letters(last_column)}{_HEAD + len(diagnoses)}"
    sheet.highlights.append(Highlight(area, f'$A{_FIRST}<>""', "shown"))


def _every(plan: WorkbookPlan) -> None:
    """Each problem that the scheme knows, with what is entered beside it."""
    sheet = _sheet(plan, ALL, ALL, _EVERY)
    sheet.put(1, 2, f"出现的标红；请填责任人和完成日期　{_NOTE}", "band")
    sheet.merge(1, 2, len(_EVERY), 2)
    sheet.heights[2] = 22
    for number, diagnosis in enumerate(plan.scheme.diagnoses, 1):
        _row(plan, sheet, _HEAD + number, number, diagnosis)
    last = _HEAD + len(plan.scheme.diagnoses)
    shows = f'${_COLUMNS["出现"]}{_FIRST}="{SHOWS}"'
    sheet.highlights.append(Highlight(f"A{_FIRST}:{_COLUMNS[_WEIGHT]}{last}", shows, "veto"))


def _row(plan: WorkbookPlan, sheet: SheetPlan, row: int, number: int, diagnosis: Diagnosis) -> None:
    indicator = plan.scheme.indicators.get(diagnosis.of)
    sheet.put(1, row, number, "number")
    sheet.put(2, row, diagnosis.problem, "item")
    sheet.put(3, row, (indicator.label if indicator else "") or diagnosis.of, "text")
    # as text, so that the list of what shows has each in its own format
    sheet.put(4, row, format_value(plan.compiled.names[diagnosis.of]), "figure")
    sheet.put(5, row, diagnosis.way, "centre")
    plan.formula(sheet, (6, row), of_diagnosis(number, parts.SHOWN), Role.OTHER, "check")
    plan.formula(sheet, (7, row), of_diagnosis(number, parts.WEIGHT), Role.OTHER, "figure", "#,##0")
    sheet.put(8, row, _listed(diagnosis.causes), "note")
    sheet.put(9, row, _listed(_measures(diagnosis)), "note")
    for column, part in ((10, parts.PERSON), (11, parts.DAY_DONE)):
        where = sheet.put(column, row, None, "remark")
        plan.slot(sheet, where, of_diagnosis(number, part), Role.MEASURE)


def _sheet(plan: WorkbookPlan, title: str, words: str, columns: Sequence[tuple[str, float]]) -> SheetPlan:
    sheet = plan.sheet(
        SheetPlan(
            title, widths=[width for _, width in columns], landscape=True, freeze=f"C{_FIRST}",
            repeat_rows=f"{_HEAD}:{_HEAD}", last_printed_column=len(columns), tab_colour="ED7D31",
        )
    )  # fmt: skip
    sheet.head(f"{plan.scheme.title}　{words}", len(columns))
    for column, (heading, _) in enumerate(columns, 1):
        sheet.put(column, _HEAD, heading, "header")
    sheet.heights[_HEAD] = 24
    return sheet


def _column(heading: str, count: int) -> str:
    """The cells of 全部诊断 below a heading."""
    letter = _COLUMNS[heading]
    return f"'{ALL}'!${letter}${_FIRST}:${letter}${_HEAD + count}"


def _tallest(heading: str, texts: Sequence[str]) -> str:
    """The text that takes most room in its column of what is shown."""
    room, style = column_points([dict(_SHOWN)[heading]]), STYLES[f"shown_{_STYLES[heading]}"]
    return max(texts, key=lambda text: height(text, room, style))


def _measures(diagnosis: Diagnosis) -> list[str]:
    return [measure.text + (_OURS_MARK if measure.own else "") for measure in diagnosis.measures]


def _listed(texts: Sequence[str]) -> str:
    return "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
