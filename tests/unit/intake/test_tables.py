"""修理单日报 comes back: its rows, their sums, what is wrong in them, and nothing of a customer."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from openpyxl import load_workbook
from shared.monthly import MONTH, ORDERS, Monthly, answer_places, edited, order_places
from shared.tables import sampled

from xlkpi.batch import run
from xlkpi.findings import Finding
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.month.month import make_month
from xlkpi.scoring.assess import Assessment
from xlkpi.shown.folder import write_scores
from xlkpi.values import Absence, Place

COLUMNS = ("日期", "修理单号", "类别", "工时", "工时销售", "零件销售")
CATEGORIES = ("客户付费", "保修", "内部")
FIRST, ROWS = 5, 1000
SERIAL = 46327.0  # 2026-11-01
Order = tuple[Any, ...]


def _orders(count: int, seed: int = 1) -> list[Order]:
    random = Random(seed)
    return [
        (
            SERIAL + number % 30, f"RO{number:04d}", random.choice(CATEGORIES),
            random.randint(1, 80) / 4, random.randint(-500, 90_000) / 100, random.randint(0, 99_999) / 100,
        )
        for number in range(count)
    ]  # fmt: skip


def _file(monthly: Monthly, rows: Mapping[int, Sequence[Any]], answers: Mapping[str, Any] | None = None) -> bytes:
    cells = dict(order_places(monthly, rows)) | answer_places(monthly, answers or {})
    return edited(monthly.blanks["D001"], cells)


def _read(monthly: Monthly, data: bytes) -> Submission:
    sent = read_submission(monthly.issue, data, "D001.xlsx")
    assert isinstance(sent, Submission), sent
    return sent


def _judged(monthly: Monthly, sent: Submission) -> Assessment:
    return monthly.judge(sent.contents(), sent.tables[ORDERS])


def _below(start: int, rows: Sequence[Order]) -> dict[int, Order]:
    return dict(enumerate(rows, start))


def _sum(orders: Sequence[Order], column: str, category: str = "") -> float:
    position = COLUMNS.index(column)
    return sum(order[position] for order in orders if not category or order[2] == category)


def _about(findings: Sequence[Finding], sheet: str = ORDERS) -> list[Finding]:
    return [finding for finding in findings if finding.place and finding.place.sheet == sheet]


# ------------------------------------------------------------------ rows and sums


@pytest.mark.parametrize("count", sampled([7, 1, ROWS, 160], 2))
def test_rows_come_back_and_roll_up(dealership: Monthly, count: int) -> None:
    orders = _orders(count, seed=count)
    sent = _read(dealership, _file(dealership, _below(FIRST, orders)))
    assert [tuple(row.get(column) for column in COLUMNS) for row in sent.tables[ORDERS]] == orders
    assert _about(sent.findings) == []
    done = _judged(dealership, sent)
    assert done.indicators["日报修理单数"] == count
    assert done.indicators["日报售出工时"] == pytest.approx(_sum(orders, "工时"), abs=1e-6)
    assert done.indicators["日报零件销售"] == pytest.approx(_sum(orders, "零件销售"), abs=1e-6)
    for category in CATEGORIES:
        wanted = _sum(orders, "工时销售", category)
        assert done.indicators[f"日报{category}工时销售"] == pytest.approx(wanted, abs=1e-6)


def test_three_rows_by_hand(dealership: Monthly) -> None:
    """Two customers pay 100 and 250.5, the maker 80; hours 1 + 2.5 + 0.5 = 4; parts 10 + 0 + 5.25 = 15.25."""
    rows = {
        FIRST: (SERIAL, "R1", "客户付费", 1.0, 100.0, 10.0),
        FIRST + 1: (SERIAL, "R2", "保修", 2.5, 80.0, 0.0),
        FIRST + 2: (SERIAL, "R3", "客户付费", 0.5, 250.5, 5.25),
    }
    done = _judged(dealership, _read(dealership, _file(dealership, rows)))
    names = (
        "日报修理单数",
        "日报客户付费工时销售",
        "日报保修工时销售",
        "日报内部工时销售",
        "日报售出工时",
        "日报零件销售",
    )
    assert [done.indicators[name] for name in names] == [3.0, 350.5, 80.0, 0.0, 4.0, 15.25]


def test_an_empty_list_is_no_zero(dealership: Monthly) -> None:
    done = _judged(dealership, _read(dealership, dealership.blanks["D001"]))
    rolled = [name for name in dealership.scheme.indicators if name.startswith("日报")]
    assert len(rolled) == 6
    assert {name: done.indicators[name] for name in rolled} == dict.fromkeys(rolled, Absence.MISSING)


def test_blank_rows_between_are_passed_over(dealership: Monthly) -> None:
    orders = _orders(4)
    rows = dict(zip((FIRST + 2, FIRST + 3, FIRST + 40, FIRST + ROWS - 1), orders, strict=True))
    sent = _read(dealership, _file(dealership, rows))
    assert [tuple(row.values()) for row in sent.tables[ORDERS]] == orders
    assert _judged(dealership, sent).indicators["日报修理单数"] == 4.0
    assert _about(sent.findings) == []


def test_figures_pasted_as_text(dealership: Monthly) -> None:
    """A dealer management system's export: everything text, thousands separated, a unit behind."""
    rows = {
        FIRST: ("2026-11-03", "007", "客户付费", "1.5", "1,234.50", "20"),
        FIRST + 1: ("2026/11/4", "008", " 保修 ", "２", "80元", "0"),
    }
    sent = _read(dealership, _file(dealership, rows))
    first, second = sent.tables[ORDERS]
    assert (first["修理单号"], first["类别"], first["工时"], first["工时销售"], first["零件销售"]) == (
        "007",
        "客户付费",
        1.5,
        1234.5,
        20.0,
    )
    assert (second["类别"], second["工时"], second["工时销售"], second["零件销售"]) == ("保修", 2.0, 80.0, 0.0)
    done = _judged(dealership, sent)
    assert (done.indicators["日报售出工时"], done.indicators["日报保修工时销售"]) == (3.5, 80.0)


@pytest.mark.parametrize(("wrong", "code", "column"), [
    (("客户", 1.0, 10.0, 1.0), "XK-V007", "类别"),
    (("保修", "两小时", 10.0, 1.0), "XK-V002", "工时"),
    (("保修", 1.0, "见附件", 1.0), "XK-V002", "工时销售"),
])  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_cell(
    dealership: Monthly, wrong: tuple[Any, ...], code: str, column: str
) -> None:
    rows = {FIRST: (SERIAL, "R1", "保修", 2.0, 30.0, 4.0), FIRST + 6: (SERIAL, "R2", *wrong)}
    sent = _read(dealership, _file(dealership, rows))
    (told,) = _about(sent.findings)
    letter = dealership.issue.layout.tables[ORDERS].columns[column]
    assert (told.code, told.place) == (code, Place(ORDERS, f"{letter}{FIRST + 6}"))
    assert column in told.message()
    done = _judged(dealership, sent)  # the row still counts; what is unreadable in it adds nothing
    assert done.indicators["日报修理单数"] == 2.0
    hours, pay = (
        2.0 + (wrong[1] if code == "XK-V007" or column == "工时销售" else 0.0),
        30.0 + (10.0 if column == "工时" else 0.0),
    )
    assert (done.indicators["日报售出工时"], done.indicators["日报保修工时销售"]) == (hours, pay)


# ------------------------------------------------------------------ the comparison with what was typed


def test_what_was_typed_must_agree(dealership: Monthly) -> None:
    """Labour for customers by the list: 350.5; the relation forgives 1 元 and no more."""
    rows = {FIRST: (SERIAL, "R1", "客户付费", 1.0, 100.0, 10.0), FIRST + 1: (SERIAL, "R2", "客户付费", 1.0, 250.5, 0.0)}
    words = "与修理单日报的客户付费合计不符"
    for typed, told in ((350.5, ""), (351.5, ""), (349.5, ""), (351.51, words), (349.49, words), (0.0, words)):
        sent = _read(dealership, _file(dealership, rows, {"客户付费工时销售": typed}))
        done = _judged(dealership, sent)
        assert (dealership.check(done, "客户付费工时销售") or "") == told, typed
        found = [f for f in done.findings if f.code == "XK-R001" and f.field == "客户付费工时销售"]
        assert len(found) == bool(told)
        for finding in found:
            assert words in finding.message()
            assert (dealership.scheme.fields["客户付费工时销售"].label or "客户付费工时销售") in finding.message()


# ------------------------------------------------------------------ what is a customer's stays the customer's

SECRETS = ("沪A12345", "张三丰", "13800138000")


@pytest.mark.parametrize("heads", [("车牌", "客户姓名", "电话")])
def test_a_customers_columns_are_told_and_not_kept(dealership: Monthly, heads: tuple[str, ...], tmp_path: Path) -> None:
    orders = _orders(5)
    cells: dict[Place, Any] = dict(order_places(dealership, _below(FIRST, orders)))
    for letter, head, secret in zip("GHI", heads, SECRETS, strict=True):
        cells[Place(ORDERS, f"{letter}{FIRST - 1}")] = head
        for row in range(FIRST, FIRST + 5):
            cells[Place(ORDERS, f"{letter}{row}")] = secret
    path = tmp_path / f"D001_{MONTH}.xlsx"
    path.write_bytes(edited(dealership.blanks["D001"], cells))
    out = tmp_path / "out"
    batch = run(dealership.issue, [path], out=out)
    assert batch.unusable == []
    done = list(batch.assessments)
    told = [finding for finding in done[0].findings if finding.code == "XK-I006"]
    assert [(f.place and f.place.ref, head in f.message()) for f, head in zip(told, heads, strict=True)] == [
        ("G4", True), ("H4", True), ("I4", True),
    ]  # fmt: skip
    write_scores(make_month(dealership.issue, "formualizer", done), out)
    texts = [json.dumps([_plain(f) for f in done[0].findings], ensure_ascii=False)]
    texts += [p.read_text("utf-8-sig") for p in out.rglob("*") if p.suffix in (".json", ".csv", ".jsonl")]
    assert len(texts) >= 3  # scores.json and the manifest among them
    (assessed,) = out.rglob("*.xlsx")
    book = load_workbook(assessed)
    texts += [str(cell.value) for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value]
    for secret in SECRETS:
        assert not any(secret in text for text in texts), secret
    assert any("RO0003" in text for text in texts)  # the dealer's own rows are there


def _plain(finding: Finding) -> list[str]:
    return [finding.message(), finding.message("en"), finding.remedy(), str(dict(finding.facts))]


def test_another_column_is_a_stray(dealership: Monthly) -> None:
    cells = {Place(ORDERS, "G4"): "服务顾问工号", Place(ORDERS, "G5"): "SA07"}
    told = _about(_read(dealership, edited(dealership.blanks["D001"], cells)).findings)
    assert [(finding.code, finding.place) for finding in told] == [("XK-I004", Place(ORDERS, "G4"))]
    assert "SA07" not in "".join(_plain(told[0]))


# ------------------------------------------------------------------ written out again


def test_the_assessed_workbook_has_the_dealers_rows(dealership: Monthly) -> None:
    orders = _orders(30)
    sent = _read(dealership, _file(dealership, _below(FIRST, orders)))
    book = load_workbook(io.BytesIO(dealership.stamp(_judged(dealership, sent))), data_only=True)
    rows = list(book[ORDERS].iter_rows(min_row=FIRST, max_row=FIRST + ROWS - 1, max_col=6, values_only=True))
    as_serial = [((row[0] - book.epoch).days if row[0] else None, *row[1:]) for row in rows]
    assert as_serial[:30] == [tuple(order) for order in orders]
    assert set(as_serial[30:]) == {(None,) * 6}


def test_a_master_is_left_as_it_was(dealership: Monthly) -> None:
    """Rows of one dealer do not stay in the engine for the next."""
    full = dealership.judge({}, [{"修理单号": f"R{n}", "类别": "保修", "工时": 1.0} for n in range(ROWS)])
    assert full.indicators["日报修理单数"] == ROWS
    assert dealership.judge({}).indicators["日报修理单数"] is Absence.MISSING


# ------------------------------------------------------------------ rows that cannot all be right


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ((SERIAL + 1, "R2", "保修", 1.0, 80.0, 0.0), []),
        ((SERIAL + 1, "R2", None, 1.0, 80.0, 0.0), [("XK-V036", "C6")]),
        ((SERIAL + 1, "R2", "  ", 1.0, 80.0, 0.0), [("XK-V036", "C6")]),
        ((SERIAL + 1, "R1", "保修", 1.0, 80.0, 0.0), [("XK-V037", "B6")]),
        ((SERIAL - 1, "R2", "保修", 1.0, 80.0, 0.0), [("XK-V038", "A6")]),
        ((SERIAL + 30, "R2", "保修", 1.0, 80.0, 0.0), [("XK-V038", "A6")]),
        ((SERIAL + 29, "R2", "保修", 1.0, 80.0, 0.0), []),
        ((SERIAL + 29.75, "R2", "保修", 1.0, 80.0, 0.0), []),
        ((SERIAL + 400, "R1", None, 1.0, 80.0, 0.0), [("XK-V036", "C6"), ("XK-V037", "B6"), ("XK-V038", "A6")]),
    ],
)
def test_a_row_in_doubt_is_told_with_its_cell_and_stays(
    row: Order, told: list[tuple[str, str]], dealership: Monthly
) -> None:
    rows = {FIRST: (SERIAL, "R1", "客户付费", 1.0, 100.0, 10.0), FIRST + 1: row}
    sent = _read(dealership, _file(dealership, rows))
    found = [
        (f.code, f.place.ref) for f in _about(sent.findings) if f.place and f.code in ("XK-V036", "XK-V037", "XK-V038")
    ]
    assert sorted(found) == told
    assert len(sent.tables[ORDERS]) == 2
    assert _judged(dealership, sent).indicators["日报售出工时"] == 2.0


def test_a_number_pasted_three_times_is_told_against_the_first_row(dealership: Monthly) -> None:
    row = (SERIAL, "R1", "客户付费", 1.0, 100.0, 10.0)
    sent = _read(dealership, _file(dealership, {FIRST + n: row for n in range(3)}))
    twice = [f for f in _about(sent.findings) if f.code == "XK-V037"]
    assert [(f.facts["row"], f.facts["first"]) for f in twice] == [(FIRST + 1, FIRST), (FIRST + 2, FIRST)]
