"""Every function over drawn operands: the compiled formulas against LibreOffice.

Operands are everything that a cell can hold: blanks, numbers huge, tiny and at a half, truth values, texts, texts that
spell numbers, and errors. A part runs always, 30,000 evaluations are slow. Seeds are fixed: a failure comes again.
"""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from openpyxl import Workbook
from shared.judges import by_libreoffice, equal

from oracle.test_functions import CASES
from xlkpi.scoring.compiled.engine import CompiledEngine
from xlkpi.scoring.compiled.excel import number_in
from xlkpi.scoring.compiled.program import compile_master
from xlkpi.scoring.engine import Engine, FormualizerEngine
from xlkpi.values import CellContent, CellFault, Place
from xlkpi.workbook.layout import Layout, Role, Slot

OPERANDS = [f"{column}{row}" for column in "BC" for row in range(1, 7)]
NUMBERS = (
    0.0, 1.0, 2.0, 3.0, 3.5, -1.0, -2.5, 0.285, 1.005, 2.675, 99.95, 1e-7, 1234567.891, 316228.805, 251.0, 46356.0,
    1e15, 123456789012345.6, 1e-300, 1e308, -1e300, 0.1 + 0.2, 1 / 3,
)  # fmt: skip
TEXTS = (
    "甲", "乙", "", "abc", "ABC", "未填", "不适用", "a*", "12", " 3 ", "1.5%", "-4", "1e3", "TRUE", "经销商", "12a",
    "~", "?",
)  # fmt: skip
FAULTS = tuple(map(CellFault, ("#DIV/0!", "#N/A", "#VALUE!", "#NUM!")))
FORMULAS = (
    *CASES,
    "B1+C1", "B1-C1", "B1*C1", "B1/C1", "B1^C1", "-B1", "B1%", "B1&C1", 'B1&""', "B1=C1", "B1<>C1", "B1<C1", "B1>=C1",
    'B1="甲"', 'B1=""', 'B1<>""', "B1<5", "1/B1+C1", "IF(B1,1,2)", "IF(B1>C1,B2,C2)", 'IF(B1="","",B1)',
    "IF(1/B1>0,B2,C2)", "IFERROR(B1/C1,B2)", 'IFERROR(1/B1,"e")', "IFERROR(B1,C1)", "AND(B1,C1)", "OR(B1,C1)",
    "AND(B1>1,C1>1)", "OR(1/B1>0,C1>1)", "NOT(B1)", "SUM(B1,C1)", "SUM(B1:C6)", "SUM(B1+C1,B2)", "MAX(B1:B6)",
    "MIN(B1:B6,C1)", "MAX(B1,1)", "AVERAGE(B1:B6)", "COUNT(B1,C1,B2)", "COUNT(B1+1,C1)", "COUNTA(B1:B6)",
    "ROUND(B1,2)", "ROUND(B1/3,4)", "ROUND(B1,C1)", "ROUNDUP(B1,1)", "ROUNDDOWN(B1,1)", "INT(B1)", "ABS(B1)",
    "MOD(B1,C1)", "N(B1)", "VALUE(B1)", 'TEXT(B1,"0.00%")', 'TEXT(B1,"#,##0")', 'TEXT(B1,"0.00")', "LEN(B1)",
    "LEFT(B1,1)", "RIGHT(B1,2)", "MID(B1,1,2)", "LEFT(B1,C1)", "REPT(B1,2)", "TRIM(B1)", "LARGE(B1:B6,2)",
    "LARGE(B1:B6,B1)", "SMALL(B1:B6,1)", "MATCH(B1,C1:C6,0)", "INDEX(C1:C6,B1)", "INDEX(C1:C6,MATCH(B1,B1:B6,0))",
    "CHOOSE(B1,1,2,C1)", "COUNTIF(B1:B6,C1)", 'COUNTIF(B1:B6,">1")', 'COUNTIF(B1:B6,"")', 'COUNTIF(B1:B6,"<>")',
    'COUNTIF(B1:B6,"未填")', 'COUNTIF(B1:B6,"<>甲")', "SUMIF(B1:B6,C1,C1:C6)", 'SUMIF(B1:B6,">0",C1:C6)',
    'SUMIFS(C1:C6,B1:B6,"甲")', 'SUMIFS(C1:C6,B1:B6,">1",C1:C6,"<100")', 'COUNTIFS(B1:B6,">=1",C1:C6,"<>")',
    'SUMPRODUCT((B1:B6<>"")*1)', "SUMPRODUCT((B1:B6>1)*(C1:C6=2))", "SUMPRODUCT(B1:B6,C1:C6)", "ISNUMBER(1/B1)",
    "ISNUMBER(B1+C1)", "ISTEXT(B1&C1)", "ISNUMBER(B1)", "ISTEXT(B1)", "SIGN(B1)", 'SUBSTITUTE(B1,"a","b")',
    "YEAR(B1)", "MONTH(B1)", "DAY(B1)", "DATE(B1,C1,1)", "1/0", "B1*1E308*10", "SUM(1/B1,2)", "MAX(1/B1,0)",
    'IF(ISNUMBER(B1),B1*2,"x")', 'IF(ISNUMBER(B1),IF(B1>=C1,MIN(1,B1/MAX(1,C1)),0),"未填")',
    'IF(OR(B1="",B1="未填"),"未填",IFERROR(ROUND(B1/C1,4),"不适用"))', 'IF(COUNT(B1,C1)=2,B1/C1,"不适用")',
    'B1&"台，"&TEXT(C1,"#,##0.00")', "MAX(0,MIN(10,10*(B1-C1)/(B2-C2)))",
)  # fmt: skip
PART, WHOLE = 12, 180  # sheets: 12 always, the others are slow

Operands = Mapping[str, CellContent]


def drawn(seed: int) -> Operands:
    """One sheet's operands: every third is of numbers alone, every third has errors in it."""
    random = Random(seed)
    pool: tuple[Any, ...] = (NUMBERS, (*NUMBERS, *TEXTS, None, None, None), (*NUMBERS, *TEXTS, None, *FAULTS))[seed % 3]
    return {ref: random.choice(pool) for ref in OPERANDS}


# ------------------------------------------------------------------ where LibreOffice does otherwise than Excel

Excuse = Callable[[Operands], bool]


def _number(operands: Operands, ref: str) -> float:
    value = operands[ref]
    return (number_in(value) or 0.0) if isinstance(value, str) else float(value) if isinstance(value, float) else 0.0


def _beyond(ref: str, least: float, most: float) -> Excuse:
    return lambda operands: not least <= _number(operands, ref) <= most


def _text(*refs: str) -> Excuse:
    return lambda operands: all(isinstance(operands[ref], str) for ref in refs)


def _wild(ref: str) -> Excuse:
    return lambda operands: isinstance(operands[ref], str) and bool(set(str(operands[ref])) & set("*?~"))


def _one_of(*excuses: Excuse) -> Excuse:
    return lambda operands: any(excuse(operands) for excuse in excuses)


def _tiny(operands: Operands) -> bool:
    return 0 < abs(_number(operands, "B1")) < 1e-200


def _broken(operands: Operands) -> bool:
    return any(isinstance(value, CellFault) for value in operands.values())


def _no_plain_date(operands: Operands) -> bool:
    year, month = _number(operands, "B1"), _number(operands, "C1")
    return not (1900 <= year <= 9999 and 1 <= month <= 12)


def _power_out_of_range(operands: Operands) -> bool:
    base, exponent = _number(operands, "B1"), _number(operands, "C1")
    return base == exponent == 0 or (base != 0 and exponent * math.log10(abs(base)) < -300)


def _quotient_out_of_range(operands: Operands) -> bool:
    value, divisor = _number(operands, "B1"), _number(operands, "C1")
    return divisor != 0 and value != 0 and not 1e-9 < abs(value / divisor) < 1e9


def _no_whole_place(operands: Operands) -> bool:
    return isinstance(operands["B1"], str) or not _number(operands, "B1").is_integer()


def _cancels(operands: Operands) -> bool:
    value, other = _number(operands, "B1"), _number(operands, "C1")
    return value != 0 and abs(1 / value + other) < 1e-9 * abs(other)


APART: dict[str, Excuse] = {
    # Excel adds what is over twelve months, and 1900 to a year below; LibreOffice refuses, or guesses the century
    "DATE(B1,C1,1)": _no_plain_date,
    # Excel knows no day before 1900; LibreOffice counts on
    **dict.fromkeys(("YEAR(B1)", "MONTH(B1)", "DAY(B1)"), _beyond("B1", 0, 2_958_465)),
    # more digits or letters than there are leave a value as it is
    "ROUND(B1,C1)": _beyond("C1", -20, 20),
    "LEFT(B1,C1)": _beyond("C1", -1e9, 32767),
    # Excel takes the next whole place; LibreOffice cuts
    "LARGE(B1:B6,B1)": _no_whole_place,
    # 0^0 is #NUM! in Excel, and a power too small is 0
    "B1^C1": _power_out_of_range,
    # the smallest numbers
    **dict.fromkeys(("ROUNDUP(B1,1)", "ROUNDDOWN(B1,1)"), _tiny),
    'TEXT(B1,"0.00%")': _beyond("B1", -1e300, 1e300),
    # LibreOffice makes 0 of a difference in the last digits
    "1/B1+C1": _cancels,
    "MOD(B1,C1)": _quotient_out_of_range,
    # a text is no condition, even if it spells a number
    **dict.fromkeys(("IF(B1,1,2)", "NOT(B1)"), _text("B1")),
    # an error spreads
    "SUMPRODUCT(B1:B6,C1:C6)": _broken,
    # LibreOffice finds numbers by `?` and `*`, and an empty text by a blank
    **dict.fromkeys(("COUNTIF(B1:B6,C1)", "SUMIF(B1:B6,C1,C1:C6)"), _wild("C1")),
    "MATCH(B1,C1:C6,0)": _one_of(_wild("B1"), lambda operands: operands["B1"] is None),
    # texts are in the order of their letters' numbers; Excel and LibreOffice go by a language: no scheme asks for it
    'IF(B1>B2,"up",IF(B1=1,"one","other"))': _text("B1", "B2"),
}


def excused(formula: str, operands: Operands) -> bool:
    """LibreOffice takes the text TRUE for 1, which Excel does not; and what the table above tells."""
    named = OPERANDS if ":" in formula else [ref for ref in OPERANDS if ref in formula]
    return "TRUE" in [operands[ref] for ref in named] or (formula in APART and APART[formula](operands))


def agree(ours: CellContent, theirs: CellContent) -> bool:
    """An error is an error: LibreOffice writes its own as #VALUE!, and of several takes another."""
    return (isinstance(ours, CellFault) and isinstance(theirs, CellFault)) or equal(ours, theirs)


class Court:
    def __init__(self, seeds: range, folder: Path):
        self.cases = {f"S{seed}": drawn(seed) for seed in seeds}
        self.formulas = {f"A{row}": formula for row, formula in enumerate(FORMULAS, 1)}
        book = Workbook()
        book.remove(book.worksheets[0])
        for title, operands in self.cases.items():
            sheet = book.create_sheet(title)
            for ref, formula in self.formulas.items():
                sheet[ref] = f"={formula}"
            for ref, value in operands.items():
                sheet[ref] = value.code if isinstance(value, CellFault) else '=""' if value == "" else value
                if isinstance(value, str) and value:
                    sheet[ref].data_type = "s"
        buffer = io.BytesIO()
        book.save(buffer)
        places = [Place(title, ref) for title in self.cases for ref in self.formulas]
        self.ruled = by_libreoffice({"fuzz": buffer.getvalue()}, {"fuzz": places}, folder)["fuzz"]
        first = next(iter(self.cases))
        layout = Layout("", "", {r: Slot(r, Place(first, r), Role.ANSWER) for r in OPERANDS},
                        {Place(first, ref): formula for ref, formula in self.formulas.items()}, {}, {})  # fmt: skip
        self.compiled = self.by(CompiledEngine(compile_master(buffer.getvalue(), layout)), first)
        self.other = self.by(FormualizerEngine(buffer.getvalue(), layout), first)

    def by(self, engine: Engine, first: str) -> dict[Place, CellContent]:
        return {
            Place(title, place.ref): value
            for title, operands in self.cases.items()
            if engine.name == "compiled" or not any(isinstance(v, CellFault) for v in operands.values())
            for place, value in engine.evaluate({Place(first, r): v for r, v in operands.items()}).items()
        }


def _unlike(court: Court) -> list[str]:
    found = []
    for place, ours in court.compiled.items():
        formula, operands = court.formulas[place.ref], court.cases[place.sheet]
        if not agree(ours, court.ruled[place]) and not excused(formula, operands):
            given = {ref: value for ref, value in operands.items() if ref in formula or ":" in formula}
            others = f"LibreOffice {court.ruled[place]!r}, formualizer {court.other.get(place)!r}"
            found.append(f"{formula} {given}: {ours!r}, {others}")
    return found


@pytest.mark.oracle
def test_a_part_is_as_libreoffice_has_it(tmp_path: Path) -> None:
    court = Court(range(PART), tmp_path)
    assert len(court.compiled) == PART * len(FORMULAS)
    assert not _unlike(court), "\n".join(_unlike(court))
    assert any(isinstance(value, CellFault) for value in court.ruled.values())


@pytest.mark.oracle
@pytest.mark.slow
def test_the_whole_is_as_libreoffice_has_it(tmp_path: Path) -> None:
    court = Court(range(PART, WHOLE), tmp_path)
    assert len(court.compiled) + PART * len(FORMULAS) > 30_000
    assert not _unlike(court), "\n".join(_unlike(court))
    parted = Counter(
        court.formulas[place.ref]
        for place, ours in court.compiled.items()
        if not agree(ours, court.ruled[place]) and "TRUE" not in court.cases[place.sheet].values()
    )
    assert set(parted) == set(APART), "an excuse that nothing needs is taken out of the table"
