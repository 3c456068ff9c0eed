"""`templates/functions.txt` promises that the three evaluators have every function in it and agree on them.

Also where evaluators are known to part: ROUND at a half, and numbers written as text as our sentences write them.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from openpyxl import Workbook
from shared.judges import JUDGES, by_libreoffice, equal, formula_cells, recalculated
from shared.tables import sampled, table

from xlkpi.scheme.formulas import Name, format_value
from xlkpi.scheme.parsing import allowed_functions, parse
from xlkpi.values import CellContent, Place

SHEET = "函数"
# B1:B5 hold 1, 2, 3.5, "甲", "乙"; C1:C5 hold 10, 20, 30, 40, 50; B6 is blank; A formula's value by Excel's manual
FIGURES = ((1, 10), (2, 20), (3.5, 30), ("甲", 40), ("乙", 50), (None, None))
CASES: dict[str, Any] = {
    "ABS(-2.5)": 2.5,
    "AND(B1=1,B2=2)": True, "AND(B1=1,B2=3)": False,
    "AVERAGE(B1:B3)": 6.5 / 3, "AVERAGE(B1:B6)": 6.5 / 3,
    'CHOOSE(2,"a","b","c")': "b",
    "COUNT(B1:B6)": 3.0, "COUNT(B1,B4,B6)": 1.0,
    "COUNTA(B1:B6)": 5.0,
    'COUNTIF(B1:B6,"甲")': 1.0, 'COUNTIF(C1:C6,">20")': 3.0,
    'COUNTIFS(C1:C5,">=20",C1:C5,"<50")': 3.0,
    "DATE(2026,11,30)": 46356.0,
    "DAY(DATE(2026,11,30))": 30.0,
    'IF(FALSE(),1,"no")': "no",
    'IF(B1>B2,"up",IF(B1=1,"one","other"))': "one",
    'IFERROR(B1/0,"不适用")': "不适用", "IFERROR(B2/B1,0)": 2.0,
    "INDEX(C1:C5,3)": 30.0,
    "INT(-1.5)": -2.0, "INT(2.999)": 2.0,
    "ISNUMBER(B1)": True, "ISNUMBER(B4)": False, "ISNUMBER(B6)": False,
    "ISTEXT(B4)": True, "ISTEXT(B1)": False, "ISTEXT(B6)": False,
    "LARGE(C1:C5,2)": 40.0,
    'LEFT("经销商",2)': "经销", 'LEN("经销商")': 3.0,
    'MATCH("甲",B1:B5,0)': 4.0,
    "MAX(B1:B6)": 3.5, "MIN(B1:B6)": 1.0, "MAX(0,-3)": 0.0,
    'MID("经销商",2,1)': "销",
    "MOD(7,3)": 1.0, "MOD(-1,3)": 2.0,
    "MONTH(DATE(2026,11,30))": 11.0,
    "N(B4)": 0.0, "N(B3)": 3.5,
    "NOT(B1=1)": False,
    "OR(B1=3,B2=2)": True, "OR(B1=3,B2=3)": False,
    'REPT("★",3)': "★★★",
    'RIGHT("经销商",1)': "商",
    "ROUND(-2.5,0)": -3.0, "ROUND(1.005,2)": 1.01, "ROUND(9.99975,4)": 9.9998, "ROUND(1234.5,-2)": 1200.0,
    "ROUNDDOWN(2.99,1)": 2.9, "ROUNDUP(0.0000001,0)": 1.0, "ROUNDUP(2,0)": 2.0,
    "SIGN(-3)": -1.0,
    "SMALL(C1:C5,2)": 20.0,
    'SUBSTITUTE("a-b-c","-","+")': "a+b+c",
    "SUM(B1:B6)": 6.5, "SUM(B1,B4,B6)": 1.0, "SUM(B1,B2,0.5)": 3.5,
    'SUMIF(B1:B5,"乙",C1:C5)': 50.0, 'SUMIFS(C1:C5,C1:C5,">10",C1:C5,"<40")': 50.0,
    "SUMPRODUCT((C1:C5>20)*1)": 3.0, 'SUMPRODUCT((B1:B5<>"")*C1:C5)': 150.0,
    'TEXT(0.8097,"0.00%")': "80.97%", 'TEXT(1234567.5,"#,##0.00")': "1,234,567.50", 'TEXT(0,"#,##0")': "0",
    'TEXT(0.5,"#,##0.00")': "0.50", 'TEXT(-0.25,"#,##0.00")': "-0.25", 'TEXT(999,"#,##0")': "999",
    'TEXT(80.5,"#,##0")': "81", 'TEXT(0.99995,"0.00%")': "100.00%", 'TEXT(0.999,"#,##0")': "1",
    'TRIM("  a  b ")': "a b",
    'IF(TRUE(),"yes",1)': "yes",
    'VALUE("12.5")': 12.5,
    "YEAR(DATE(2026,11,30))": 2026.0,
}  # fmt: skip
HALVES = 60


def _numbers() -> list[tuple[float, int]]:
    """Halves at the last digit, ratios, sums and products as scores are made of, and the sizes of money."""
    random = Random(7)
    found = [(0.0, 4), (1e-7, 4), (0.00005, 4), (-12.5, 0), (88.25, 1), (2.675, 2), (316228.805, 2), (99.95, 1)]
    for _ in range(HALVES):
        digits = random.choice([0, 1, 2, 4, 10])
        whole = random.randint(0, 10 ** random.randint(1, 6))
        found.append(((whole + 0.5) / 10**digits, digits))
        found.append((random.choice([5, 10, 15]) * random.randint(0, 5000) / random.randint(1, 5000), digits))
    return found


NUMBERS = _numbers()
KINDS = ("rate", "amount", "count", "number", "day")


class Court:
    """One workbook: the table above in column A, ROUND in E, and in F onwards a number as each kind shows it."""

    def __init__(self, folder: Path):
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.title = SHEET
        for row, (left, right) in enumerate(FIGURES, 1):
            sheet.cell(row, 2).value, sheet.cell(row, 3).value = left, right
        self.at: dict[str, Place] = {}
        for row, formula in enumerate(CASES, 1):
            sheet.cell(row, 1).value = f"={formula}"
            self.at[formula] = Place(SHEET, f"A{row}")
        for row, (number, digits) in enumerate(NUMBERS, 1):
            sheet.cell(row, 4).value = number
            sheet.cell(row, 5).value = f"=ROUND(D{row},{digits})"
            kind = KINDS[row % len(KINDS)]
            sheet.cell(row, 6).value = "=" + format_value(Name(f"D{row}", kind=kind, unit="台")).text
        buffer = io.BytesIO()
        book.save(buffer)
        self.data, self.folder = buffer.getvalue(), folder
        self.places = formula_cells(self.data)
        self._ruled: dict[str, Mapping[Place, CellContent]] = {}

    def rules(self, judge: str) -> Mapping[Place, CellContent]:
        if judge not in self._ruled and judge == "libreoffice":
            self._ruled[judge] = by_libreoffice({"f": self.data}, {"f": self.places}, self.folder)["f"]
        elif judge not in self._ruled:
            self._ruled[judge] = recalculated(judge, self.data, self.places)
        return self._ruled[judge]


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Court:
    return Court(tmp_path_factory.mktemp("functions"))


MARKS = {"libreoffice": pytest.mark.oracle, "formulas": pytest.mark.slow}
WITH_JUDGE = [pytest.param(judge, marks=MARKS.get(judge, ())) for judge in JUDGES]


def test_every_function_of_the_list_is_tried() -> None:
    assert {function for formula in CASES for function in parse(formula).functions} == allowed_functions()


@pytest.mark.parametrize("judge", WITH_JUDGE)
@table("formula", CASES)
def test_function_gives(court: Court, judge: str, formula: str) -> None:
    got = court.rules(judge)[court.at[formula]]
    assert equal(got, CASES[formula]), f"{judge}: ={formula} is {got!r}, wanted {CASES[formula]!r}"


@pytest.mark.oracle
@pytest.mark.parametrize("judges", sampled([(JUDGES[:1] + JUDGES[2:],), (JUDGES,)], 2))
def test_rounding_and_texts_are_the_same_everywhere(court: Court, judges: tuple[str, ...]) -> None:
    unlike = []
    for row, (number, digits) in enumerate(NUMBERS, 1):
        for column in "EF":
            place = Place(SHEET, f"{column}{row}")
            ruled = {judge: court.rules(judge)[place] for judge in judges}
            if not (isinstance(ruled["libreoffice"], float | str) and len(set(ruled.values())) == 1):
                unlike.append(f"{number!r} to {digits}: ={court.places[place]}: {ruled}")
    assert not unlike, "\n".join(unlike)
