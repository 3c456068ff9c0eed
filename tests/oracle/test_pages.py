"""Workbooks as LibreOffice prints them: no empty page, a page a department, the signed sheet on one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from shared.judges import need_soffice
from shared.monthly import ORDERS, Monthly, plain_value

pytestmark = [pytest.mark.oracle, pytest.mark.slow]
FILLED = 70  # rows of the daily sheet: more than a page
MOST = 35  # pages of the largest form, filled in


def pages(files: dict[str, bytes], folder: Path) -> dict[str, list[str]]:
    """The text of each page of each file, printed in one call."""
    for name, data in files.items():
        (folder / f"{name}.xlsx").write_bytes(data)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    books = [str(folder / f"{name}.xlsx") for name in files]
    command = [need_soffice(), profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), *books]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    found = {}
    for name in files:
        told = subprocess.run(
            ["pdftotext", "-layout", folder / f"{name}.pdf", "-"], capture_output=True, text=True, check=True
        ).stdout
        found[name] = told.split("\f")[:-1]
    return found


def sheet_of(page: str) -> str:
    """Whose page it is, by its footer."""
    return page.strip().splitlines()[-1].split()[0]


@pytest.fixture(scope="module")
def printed(dealership: Monthly, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    fields = dealership.scheme.by("dealer")
    columns = dealership.scheme.tables[ORDERS].columns
    answers = {name: plain_value(field) for name, field in fields.items()}
    orders = [{name: f"R{n:04d}" if column.type == "text" else None for name, column in columns.items()}
              for n in range(FILLED)]  # fmt: skip
    done = dealership.judge(answers, orders)
    files = {"blank": dealership.blanks["D001"], "assessed": dealership.stamp(done)}
    return pages(files, tmp_path_factory.mktemp("pages"))


@pytest.mark.parametrize("state", ["blank", "assessed"])
def test_no_page_is_an_empty_grid(state: str, printed: dict[str, list[str]]) -> None:
    """Below the headings that every page repeats something stands on it."""
    by_sheet: dict[str, list[str]] = {}
    for page in printed[state]:
        by_sheet.setdefault(sheet_of(page), []).append(page)
    for sheet, found in by_sheet.items():
        words = [set(re.findall(r"\S+", page.rsplit("\n", 2)[0])) for page in found]
        repeated = set.intersection(*words) if len(words) > 1 else set()
        assert all(len(here - repeated) >= 5 for here in words), sheet
    assert len(printed[state]) <= MOST


def test_the_daily_sheet_is_printed_as_far_as_it_is_filled_in(printed: dict[str, list[str]]) -> None:
    count = {state: sum(sheet_of(page) == ORDERS for page in found) for state, found in printed.items()}
    assert count["blank"] == 1
    assert count["assessed"] == 2
    assert f"R{FILLED - 1:04d}" in printed["assessed"][-1] + "".join(printed["assessed"])


@pytest.mark.parametrize("state", ["blank", "assessed"])
def test_each_department_has_a_page_of_its_own(state: str, printed: dict[str, list[str]]) -> None:
    """And a second one only where there are more figures than a page of readable print can hold."""
    mine = [page for page in printed[state] if sheet_of(page) == "填报"]
    parts = ("财务填写", "前台填写", "车间填写", "配件填写", "客服填写", "销售填写", "人事填写", "总部数据", "历史数据")
    found = [[part for part in parts if re.search(rf"{part}\S*\s+甲店", page)] for page in mine]
    assert all(len(here) <= 1 for here in found)
    assert [part for here in found for part in here] == list(parts)
    assert len(mine) == len(parts) + 1  # 客服 asks for 67 figures


def test_the_signed_sheet_is_one_page_and_one_of_sentences(printed: dict[str, list[str]]) -> None:
    table, sentences = (page for page in printed["assessed"] if sheet_of(page) == "绩效考核表")
    assert "签字" in table
    assert "计算说明" in sentences
