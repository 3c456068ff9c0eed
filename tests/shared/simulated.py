"""A made-up month of the shipped assessment sheet, and what it comes to, reckoned from the clauses' own words.

Nothing of the scheme, the workbook or an engine is used: `reckoned` is the second opinion for a whole month.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random

from openpyxl import Workbook, load_workbook

AIMS = ("接车台次", "维修产值", "维修毛利", "养护品", "精品", "轮胎")
POINTS = {"接车台次": 15.0, "维修产值": 10.0, "维修毛利": 15.0, "养护品": 5.0, "精品": 5.0, "轮胎": 5.0}
COUNTS = {"计划退回次数": 5.0, "上报迟延天数": 5.0, "重点计划未完成数": 2.0, "一般计划未完成数": 2.0}
COLLECTED = ("维修欠款回收", "索赔款回款", "员工欠款回收")
Sheet = dict[str, float | str]


@dataclass(slots=True)
class Dealt:
    """A made-up dealer: code, name, region, targets, figures and inspections."""

    code: str
    name: str
    region: str
    targets: dict[str, float] = field(default_factory=dict)
    actuals: dict[str, float] = field(default_factory=dict)
    inspections: Sheet = field(default_factory=dict)


def drawn(count: int, seed: int = 17) -> list[Dealt]:
    """So many dealers; some miss a limit by a little, some are vetoed."""
    random = Random(seed)
    return [_one(number, random) for number in range(1, count + 1)]


def _one(number: int, random: Random) -> Dealt:
    made = Dealt(f"S{number:03d}", f"虚构·{number}号店", ("华东", "华南", "华北")[number % 3])
    for name in AIMS:
        made.targets[name] = float(random.randint(100, 4000))
        made.actuals[name] = float(round(made.targets[name] * random.choice((0.3, 0.5, 0.75, 0.9, 1.0, 1.2))))
    made.actuals["交车台数"] = float(random.randint(501, 3000))
    made.inspections = {name: float(random.choice((0, 0, 0, 1, 2))) for name in COUNTS}
    made.inspections |= {name: random.choice(("完成", "完成", "完成", "完成", "未完成")) for name in COLLECTED}
    made.inspections |= {
        "绩效沟通会召开日": float(random.choice((3, 6, 7))), "绩效会参加率": random.choice((1.0, 1.0, 0.97)),
        "员工绩效上报日": float(random.choice((5, 7, 9))), "员工满意度": random.choice((0.9, 0.95, 0.89)),
        "承诺时间修复率": random.choice((1.0, 1.0, 0.99)), "配件更换率": 1.0,
        "返修台数": float(random.choice((0, 0, 1, 9))), "培训次数": float(random.choice((2, 3, 4))),
        "部门员工参训率": random.choice((0.9, 1.0, 0.85)),
    }  # fmt: skip
    return made


def reckoned(dealt: Dealt) -> dict[str, float]:
    """The points of every item; the total is their sum."""
    found = dealt.inspections
    rate = {name: dealt.actuals[name] / dealt.targets[name] for name in AIMS}
    points = {name: POINTS[name] * min(1.0, rate[name]) for name in AIMS}
    for name in ("接车台次", "维修产值"):
        points[name] = points[name] if round(rate[name], 10) >= 0.5 else 0.0
    points["维修毛利"] = 15.0 * min(1.0, rate["维修毛利"] / 0.4)
    points["计划执行"] = max(0.0, 10.0 - sum(float(found[name]) * lost for name, lost in COUNTS.items()))
    points["资金计划"] = 10.0 if all(found[name] == "完成" for name in COLLECTED) else 0.0
    late = [float(found["绩效沟通会召开日"]) > 6, float(found["绩效会参加率"]) < 1, float(found["员工绩效上报日"]) > 7]
    points["绩效管理"] = max(0.0, 10.0 - 5.0 * sum(late)) if float(found["员工满意度"]) >= 0.9 else 0.0
    comebacks = round(float(found["返修台数"]) / dealt.actuals["交车台数"], 10)
    mended = float(found["承诺时间修复率"]) >= 1 and float(found["配件更换率"]) >= 1 and comebacks < 0.002
    points["质量管理"] = 10.0 if mended else 0.0
    points["学习成长"] = 5.0 if float(found["培训次数"]) >= 3 and float(found["部门员工参训率"]) >= 0.9 else 0.0
    return points


def printed(total: float) -> float:
    """A total as it is printed: one decimal, half up."""
    return float(Decimal(f"{total:.15g}").quantize(Decimal("0.1"), ROUND_HALF_UP))


def filled_form(form: bytes, rows: Mapping[str, Mapping[str, float | str]]) -> bytes:
    """A form of headquarters' with values in it, by dealer code and heading."""
    book = load_workbook(io.BytesIO(form))
    sheet = book.worksheets[0]
    head = next(n for n, row in enumerate(sheet.iter_rows(), 1) if row[0].value == "经销商代码")
    columns = {cell.value: n for n, cell in enumerate(sheet[head], 1)}
    for number in range(head + 1, sheet.max_row + 1):
        for heading, value in rows.get(str(sheet.cell(number, 1).value), {}).items():
            sheet.cell(number, columns[heading]).value = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def exported(path: Path, rows: Sequence[Sequence[object]], above: str = "") -> Path:
    """What another system exports: a text above, headings, a row a dealer."""
    book = Workbook()
    for row in ([[above]] if above else []) + [list(row) for row in rows]:
        book.worksheets[0].append(row)
    book.save(path)
    return path


def keys(dealers: Sequence[Dealt]) -> list[tuple[str, str, str]]:
    """Code, name and region of each."""
    return [(dealt.code, dealt.name, dealt.region) for dealt in dealers]
