"""The judges' own tools: a judge that is absent, or that has nothing to judge, must not look like agreement."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from openpyxl import Workbook
from shared.judges import by_libreoffice, differences, equal, need_soffice, stored_values, without_values

from xlkpi.values import CellFault, Place

HERE = Place("A", "A1")


def test_without_libreoffice_a_users_run_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="THIRD JUDGE"):
        need_soffice()


def test_without_libreoffice_ci_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="THIRD JUDGE"):
        need_soffice()


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (1.0, 1.0 + 1e-10, True), (1.0, 1.0 + 1e-8, False), (0.0, 1e-10, True), (0.0, None, False), (0.0, "", False),
        (None, "", True), ("", None, True), ("a", "a", True), ("a", "A", False), (True, 1.0, False), (True, True, True),
        (CellFault("#N/A"), None, False), (CellFault("#N/A"), "#N/A", False), ("1", 1.0, False),
    ],
)  # fmt: skip
def test_what_counts_as_equal(first: object, second: object, same: bool) -> None:
    assert equal(first, second) is same
    assert bool(differences({HERE: first}, {HERE: second}, [HERE])) is not same


def _stale() -> bytes:
    """A file whose cached value is wrong: 1 + 1 with 7 beside it."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "A"
    sheet["A1"].value = "=1+1"
    given, made = io.BytesIO(), io.BytesIO()
    book.save(given)
    with zipfile.ZipFile(given) as before, zipfile.ZipFile(made, "w") as after:
        for name in before.namelist():
            after.writestr(name, re.sub(rb"<v>?\s*(/>|</v>)", b"<v>7</v>", before.read(name)))
    return made.getvalue()


@pytest.mark.oracle
def test_libreoffice_computes_and_does_not_repeat_what_the_file_says(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The trap: it keeps a cached value. So the caches go first, and then it gives its own."""
    stale = _stale()
    assert stored_values(stale, [HERE]) == {HERE: 7.0}
    assert stored_values(without_values(stale), [HERE]) == {HERE: None}
    ruled = by_libreoffice({"stale": stale}, {"stale": [HERE]}, tmp_path_factory.mktemp("stale"))
    assert ruled["stale"] == {HERE: 2.0}
