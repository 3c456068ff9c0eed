"""Plates, telephones, identity numbers and VINs: told by heading and by content, and kept nowhere."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from shared.monthly import MONTH, ORDERS, Monthly, answer_places, edited, order_places

from xlkpi.batch import run
from xlkpi.findings import Finding
from xlkpi.headquarters.lists import read_roster, read_targets
from xlkpi.issue import Dealer
from xlkpi.month.month import make_month
from xlkpi.month.store.file import open_store
from xlkpi.month.store.record import record
from xlkpi.personal import is_personal_heading, personal_kinds, without_personal
from xlkpi.resources import templates
from xlkpi.scheme.lint import lint_scheme
from xlkpi.shown.folder import write_month
from xlkpi.values import Place
from xlkpi.workbook.package import unpack

HELD = {
    "京A12345": "车牌", "粤B·D12345": "车牌", "沪AD12345": "车牌", "粤Z1234港": "车牌", "13812345678": "电话",
    "+86 138-1234-5678": "电话", "１３８１２３４５６７８": "电话", "021-61234567": "电话",
    "110101199003078515": "身份证号", "11010119900307851X": "身份证号",
    "LSVAA4182E2123456": "车架号", "lfv2a21k8a3012345": "车架号",
}  # fmt: skip
NOTHING = (
    "RO-20261101-001", "WX202611010000123", "R2026110100123", "12345678901", "15000000000.5", "3,427,000.00",
    "2026-11-01", "新店开业促销", "京东到家", "苏大强", "D001", "XJ7000Q", "2026年11月", "138", "400 元",
)  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), HELD.items())
def test_what_a_text_holds_of_persons_goes_out_of_it_and_nothing_else(text: str, kind: str) -> None:
    assert personal_kinds(text) == (kind,)
    assert without_personal(f"客户 {text}，已回访") == f"客户 〔{kind}〕，已回访"


@pytest.mark.parametrize("text", NOTHING)
def test_numbers_days_and_words_of_the_trade_are_nobodys(text: str) -> None:
    assert without_personal(text) == text


def test_headings_of_persons_are_known_and_those_that_the_forms_ask_are_not() -> None:
    assert all(map(is_personal_heading, ("车牌号", "客户姓名", "手机", "联系人", "身份证", "VIN", "车架号", "Phone")))
    asked = ("修理单号", "填报人", "审核人", "责任人", "督导", "检查人", "经销商名称", "证据编号", "类别")
    assert not any(map(is_personal_heading, asked))


def test_no_shipped_scheme_asks_for_a_person_and_one_that_does_is_refused(tmp_path: Path) -> None:
    shutil.copytree(templates() / "schemes" / "service-assessment", tmp_path / "own")
    path = next(p for p in (tmp_path / "own").glob("*.yaml") if "\nfields:" in p.read_text("utf-8"))
    text = path.read_text("utf-8")
    added = "\nfields:\n  客户车牌: {en: Plate, type: text, by: dealer}\n"
    path.write_text(text.replace("\nfields:\n", added, 1), "utf-8")
    problems = [str(problem) for problem in lint_scheme(str(tmp_path / "own"))[2]]
    assert [problem for problem in problems if "客户车牌 asks for a person's data" in problem], problems


def sheet(path: Path, *rows: list[Any]) -> Path:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return path


def held(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings if finding.code in ("XK-P010", "XK-P011")]


@pytest.mark.parametrize("heading", ["手机", "负责人姓名", "备用", ""])
@pytest.mark.parametrize("kind", ["roster", "targets"])
def test_a_column_of_persons_in_a_list_of_headquarters_is_told_and_not_read(
    kind: str, heading: str, tmp_path: Path, service: Monthly
) -> None:
    """By its heading, and by what stands in it where the heading says nothing."""
    name = next(iter(service.scheme.targets()))
    path = sheet(tmp_path / "l.xlsx", ["经销商代码", "经销商名称", name, heading], ["D001", "甲店", 9, "13812345678"])
    known = {"D001": Dealer("D001", "甲店")}
    read: Any = read_roster(path) if kind == "roster" else read_targets(path, service.scheme, known)
    assert held(read.findings) == ["XK-P010"]
    assert "13812345678" not in repr(read)


def test_a_telephone_in_a_column_that_is_read_stays_out(tmp_path: Path) -> None:
    read = read_roster(sheet(tmp_path / "l.xlsx", ["经销商代码", "经销商名称"], ["D001", "甲店 王店长13812345678"]))
    assert held(read.findings) == ["XK-P011"]
    assert read.rows["D001"].name == "甲店 王店长〔电话〕"
    assert "13812345678" not in repr(read)


@pytest.mark.parametrize("heading", ["备用", "手机"])
def test_nothing_of_a_customer_enters_store_page_or_workbook(
    dealership: Monthly, heading: str, tmp_path: Path
) -> None:  # fmt: skip
    """In the order's number, in a remark, in a cell for a figure, and in a column beside the table."""
    secrets = ("沪A12345", "13800138000", "LSVAA4182E2123456", "13900139000")
    orders = {row: (46327.0, f"RO{row}", "保修", 1.0, 100.0, 50.0) for row in range(5, 12)}
    orders[6] = (46327.0, f"单 {secrets[0]}", "保修", 1.0, 100.0, 50.0)
    cells: dict[Place, Any] = dict(order_places(dealership, orders))
    cells |= answer_places(dealership, {"接车台次": f"问 {secrets[1]}"})
    cells |= {Place(ORDERS, "H4"): heading} | {Place(ORDERS, f"H{row}"): secrets[2] for row in range(5, 12)}
    remark = next(slot for slot in dealership.issue.layout.slots.values() if slot.role == "remark")
    cells[remark.place] = f"客户 {secrets[3]} 投诉"
    path = tmp_path / f"D001_{MONTH}.xlsx"
    path.write_bytes(edited(dealership.blanks["D001"], cells))
    out = tmp_path / "out"
    batch = run(dealership.issue, [path], out=out)
    month = make_month(dealership.issue, "formualizer", batch.assessments)
    codes = [finding.code for finding in month.all_findings()]
    assert codes.count("XK-P011") >= 2
    assert "XK-I006" in codes
    write_month(month, out, report=True)
    with open_store(tmp_path / "s.duckdb", write=True) as store:
        record(store, month)
    with open_store(tmp_path / "s.duckdb") as store:
        tables = [name for (name,) in store.rows("SELECT table_name FROM information_schema.tables", [])]
        kept = "".join(repr(store.rows(f'SELECT * FROM "{name}"', [])) for name in tables)
    texts = {"store": kept} | {
        f"{file.name}!{name}": part.decode("utf-8", "replace")
        for file in out.rglob("*")
        if file.is_file()
        for name, part in (unpack(file.read_bytes()) if file.suffix == ".xlsx" else {"": file.read_bytes()}).items()
    }
    assert [(place, secret) for place, text in texts.items() for secret in secrets if secret in text] == []
    assert "〔电话〕" in kept
