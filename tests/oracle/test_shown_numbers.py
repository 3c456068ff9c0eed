"""A number that is taken without a question is the one that LibreOffice shows, in the field's unit."""

from __future__ import annotations

import csv
import io
import random
import re
import subprocess
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from shared.judges import need_soffice
from shared.tables import sampled

from xlkpi.intake.foreign import open_source
from xlkpi.intake.normalise import understand
from xlkpi.intake.outline import Area, Outline
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.scheme.entries import SchemeField
from xlkpi.values import Absence, CellKind, Place, RawCell

pytestmark = pytest.mark.oracle

CELLS = 12_000
FIELDS = {
    "count": {"type": "count", "unit": "台", "minimum": 0},
    "amount": {"type": "amount", "unit": "元"},
    "万元": {"type": "amount", "unit": "万元"},
    "hours": {"type": "number", "unit": "小时"},
    "index": {"type": "number"},
    "rate": {"type": "rate", "minimum": 0, "maximum": "100%"},
    "open rate": {"type": "rate"},
    "day": {"type": "day", "unit": "号", "by": "headquarters"},
}
BODIES = (
    "General", "0", "0.0", "0.00", "#,##0", "#,##0.00", "#,##0.0#", "#", "#.##", "?0.0?", "000", "0.00,", "0.0,,",
    "#,##0,", "0%", "0.00%", "0.0\\%", '0.0"%"', '0.0"‰"', "0.00E+00", "# ?/?",
)  # fmt: skip
PREFIXES = (*[""] * 20, '"约"', '"¥"', "[$¥-804]", "[$$-409]", "-", '"人民币"', "[Red]", "[$万元]", "_ ")
SUFFIXES = (
    *[""] * 20, '"万元"', '"万"', '" 元"', '"台"', '"W"', '"K"', '"千元"', '"萬元"', '"小时"', '"分钟"', '"号"', "\\次",
    '"(万元)"', '"（含税）"', "_)", '"成"', '"亿"',
)  # fmt: skip
SHAPES = (
    *["{a}"] * 8, "{a};{b}", "{a};-{a}", "{a};[Red]{a}", "{a};({a})", '{a};-{a};"-"', "[<1]{a};{b}", "[>=100]{a};{b}",
    "{a};;", '{a};-{a};0"无"',
)  # fmt: skip
NUMBERS = (
    0, 1, 2, 5, 6, 12, 31, 85, 100, 251, 320, 1000, 1250, 12345, 125000, 252486, 1234567, 0.2, 0.5, 0.85, 0.855, 0.9949,
    1.2, 12.5, 99.995, 1234.56, 252486.126, 0.002, 0.00004, 251.00000000000003, -1, -12.5, -1200, -0.05,
)  # fmt: skip
TEXTS = (
    "{n}", "{n}台", "{n}元", "{n}万元", "{n}%", "¥{n}", "({n})", "-{n}", "{n}\n5", "{n} 5", "{n}①", "②{n}", "{n}²",
    "约{n}", "{n}千", "＋{n}", "{n}‰", "{n}.", "{n}W", "{n},5", "0,{n}", "{n}½",
)  # fmt: skip
SCALES = {"": 1.0, "万": 1e4, "千": 1e3, "亿": 1e8, "百": 100.0}
SEEN = re.compile(
    r"(?P<open>\()?(?P<sign>-)?(?P<mark>¥|人民币)?(?P<sign2>-)?(?P<digits>[\d,]*\.?\d*)(?P<power>E[+-]\d+)?"
    r"(?P<mark2>¥)?(?P<percent>[%‰])?(?P<scale>[万千亿百])?(?P<unit>元|台|小时|号|次)?(?P<close>\))?"
)


def seen_number(text: str, field: str) -> tuple[float, float] | None:
    """What a person takes a text for, in the field's unit, and half of what its last digit is worth."""
    bare = re.sub(r"[\s\u00a0]", "", text).replace("萬", "万").replace("＋", "").replace("％", "%")
    found = SEEN.fullmatch(bare)
    if found is None or not re.search(r"\d", found["digits"]) or bool(found["open"]) != bool(found["close"]):
        return None
    digits = found["digits"].replace(",", "")
    times = 10.0 ** int(found["power"][1:]) if found["power"] else 1.0
    times *= {"%": 0.01, "‰": 0.001, None: 1.0}[found["percent"]] * SCALES[found["scale"] or ""]
    if field == "万元" and (found["scale"] or found["unit"] or found["mark"]):
        times /= 1e4
    sign = -1 if found["open"] or found["sign"] or found["sign2"] else 1
    step = 10.0 ** -len(digits.partition(".")[2]) * times
    return sign * float(digits) * times, step / 2


def cases() -> list[tuple[str, float | str, str]]:
    """Field, what is in the cell, and its number format: every one once, the same each time."""
    chance = random.Random(20_261_128)
    made: dict[tuple[str, float | str, str], None] = {}
    while len(made) < CELLS:
        field = chance.choice(list(FIELDS))
        if chance.random() < 0.2:
            made[field, chance.choice(TEXTS).format(n=chance.choice((1, 12, 85, 251, 12.5, 0.85))), "General"] = None
            continue
        a, b = (chance.choice(PREFIXES) + chance.choice(BODIES) + chance.choice(SUFFIXES) for _ in range(2))
        number = (
            chance.choice(NUMBERS)
            if chance.random() < 0.7
            else round(chance.uniform(-50, 300_000), chance.randint(0, 4))
        )
        made[field, number, chance.choice(SHAPES).format(a=a, b=b)] = None
    return list(made)


def converted(path: Path, ending: str) -> None:
    """Let LibreOffice save a file in another kind, beside it."""
    profile = f"-env:UserInstallation=file://{path.parent}/profile"
    command = [need_soffice(), profile, "--headless", "--convert-to", ending, "--outdir", str(path.parent), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What LibreOffice shows of each case, from one conversion."""
    folder = tmp_path_factory.mktemp("shown")
    book = Workbook()
    sheet = book.worksheets[0]
    for row, (_, content, code) in enumerate(cases(), 1):
        cell = sheet.cell(row, 1, content)
        cell.number_format = code
        if isinstance(content, str):
            cell.data_type = "s"
    path = folder / "cells.xlsx"
    book.save(path)
    converted(path, "csv:Text - txt - csv (StarCalc):44,34,76")
    with (folder / "cells.csv").open(encoding="utf-8", newline="") as lines:
        return [row[0] if row else "" for row in csv.reader(lines)]


def test_what_is_taken_is_what_is_shown(shown: list[str]) -> None:
    wrong, taken = [], 0
    for (field, content, code), text in zip(cases(), shown, strict=True):
        entry = SchemeField.model_validate({"en": "x", **FIELDS[field]})
        is_text = isinstance(content, str)
        raw = RawCell(Place("S", "A1"), CellKind.TEXT if is_text else CellKind.NUMBER, str(content), None, code)
        value = understand(entry, raw).value
        if not isinstance(value, float):
            continue
        taken += 1
        seen = seen_number(text, field)
        nought = value == 0 and text.strip() == "-"
        hundredth = entry.type == "rate" and "%" not in text  # a rate without its sign: said by a notice, by its range
        right = seen is not None and (
            abs(value - seen[0]) <= seen[1] * 1.000001
            or (hundredth and abs(value - seen[0] / 100) <= seen[1] / 100 * 1.000001)
        )
        if not right and not nought:
            wrong.append((field, content, code, text, value))
    print(*wrong, sep="\n")
    assert wrong == []
    assert taken > 2_000


@pytest.mark.parametrize("ending", sampled(["xls", "ods"], 2))
def test_other_kinds_of_files_tell_how_their_cells_look(
    issue: Issue, filled: bytes, tmp_path: Path, ending: str
) -> None:
    """The unit in a number's format; what is struck out, as a whole or in part; what is raised."""
    book = load_workbook(io.BytesIO(filled))
    cell = book["填报"][issue.layout.place("维修产值").ref]
    cell.value, cell.number_format = 25.2, '0.0"W"'
    struck, raised, plain = InlineFont(strike=True), InlineFont(vertAlign="superscript"), InlineFont()
    of = {name: book["填报"][issue.layout.place(name).ref] for name in ("养护品", "精品", "轮胎")}
    of["养护品"].font = Font(strike=True)
    of["精品"].value = CellRichText(TextBlock(struck, "320"), TextBlock(plain, "500"))
    of["轮胎"].value = CellRichText(TextBlock(plain, "320"), TextBlock(raised, "1"))
    book.save(tmp_path / "D001.xlsx")
    converted(tmp_path / "D001.xlsx", ending)
    sent = read_submission(issue, tmp_path / f"D001.{ending}")
    assert isinstance(sent, Submission)
    asked = [(f.code, f.facts.get("shown", f.facts["found"])) for f in sent.findings if f.field]
    assert asked == [
        ("XK-V019", "25.2W"), ("XK-V002", "1̶9̶2̶7̶0̶"), ("XK-V002", "3̶2̶0̶500"),
        ("XK-V002", "320¹"),
    ]  # fmt: skip
    assert {name for name, answer in sent.answers.items() if answer.value is Absence.UNREADABLE} == {"维修产值", *of}
    assert sent.answers["接车台次"].value == 251.0


@pytest.mark.parametrize("ending", sampled(["xlsx", "xls", "ods"], 3))
def test_a_date_without_its_day_and_what_is_merged_or_hidden(tmp_path: Path, ending: str) -> None:
    """Whoever types 2026-11 gets its 1st, in a format that shows the month alone: that is no day."""
    entry = SchemeField.model_validate({"en": "x", "type": "date"})
    book = Workbook()
    sheet = book.worksheets[0]
    for row, code in enumerate(('yyyy"年"m"月"', "yyyy-mm-dd", 'm"月"d"日"', "mmm-yy"), 1):
        sheet.cell(row, 1, date(2026, 11, 1)).number_format = code
    sheet["B6"] = sheet["F7"] = 1
    sheet.merge_cells("B6:C7")
    sheet.row_dimensions[7].hidden = sheet.column_dimensions["F"].hidden = True
    book.save(tmp_path / "book.xlsx")
    if ending != "xlsx":
        converted(tmp_path / "book.xlsx", ending)
    read = open_source(tmp_path / f"book.{ending}").cells("Sheet", None)
    assert read.outline == Outline((Area(2, 6, 3, 7),), frozenset({7}), ((6, 6),))
    values = [understand(entry, read.cells[f"A{row}"]).value for row in range(1, 5)]
    assert values == [Absence.UNREADABLE, 46327.0, 46327.0, Absence.UNREADABLE]
