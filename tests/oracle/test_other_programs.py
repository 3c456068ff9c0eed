"""The same workbook in LibreOffice's hands: as .xlsx, .xls and .ods, rearranged, renamed, copied into a new one."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import REAL_ANSWERS
from shared.differential import differences
from shared.judges import equal
from shared.office import do, somebody

from xlkpi.intake.submission import Submission, Unusable, read_submission
from xlkpi.issue import Issue
from xlkpi.values import Absence
from xlkpi.workbook.layout import Role

pytestmark = [pytest.mark.oracle, pytest.mark.slow]
KINDS = ("xlsx", "xls", "ods")
OLD = ("xls", "ods")
ROW, COLUMN = 8, 3  # an inserted row among the answers, an inserted column between the labels and them


@pytest.fixture(scope="module")
def made(filled: bytes, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """Files by state and ending: as it was, rearranged, its sheets copied with and without the hidden one."""
    for left in reversed(range(6)):  # LibreOffice itself dies now and then while it copies sheets into an .ods
        try:
            return saved(filled, tmp_path_factory.mktemp("programs"))
        except AssertionError:
            if not left:
                raise
    raise AssertionError("unreachable")


def saved(filled: bytes, folder: Path) -> dict[str, bytes]:
    """What LibreOffice saves in one session."""
    (folder / "filled.xlsx").write_bytes(filled)
    with somebody(folder) as office:
        do(office, open=str(folder / "filled.xlsx"))
        for kind in KINDS:
            do(office, save=str(folder / f"same.{kind}"))
        do(office, unprotect=1)
        for kind in KINDS:
            do(office, copy=["填报", "本店资料"], to=str(folder / f"bare.{kind}"))
            do(office, copy=["填报", "_xlkpi"], to=str(folder / f"copied.{kind}"))
        do(office, rows=["填报", ROW, 2])
        do(office, columns=["填报", COLUMN, 1])
        do(office, first="填报")
        for kind in KINDS:
            do(office, save=str(folder / f"moved.{kind}"))
        do(office, rename=["填报", "十一月"])
        for kind in KINDS:
            do(office, save=str(folder / f"renamed.{kind}"))
        do(office, close=1)
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix[1:] in KINDS}


def read(issue: Issue, made: Mapping[str, bytes], file: str, name: str = "") -> Submission:
    sent = read_submission(issue, made[file], name or file)
    assert isinstance(sent, Submission), [finding.message() for finding in sent.findings]
    return sent


def answers(sent: Submission) -> dict[str, object]:
    return {name: value for name, value in sent.contents().items() if value != Absence.MISSING.value}


def same(sent: Submission) -> bool:
    found = answers(sent)
    return found.keys() == REAL_ANSWERS.keys() and all(equal(found[n], v) for n, v in REAL_ANSWERS.items())


@pytest.mark.parametrize("kind", KINDS)
def test_saved_as_it_is(kind: str, issue: Issue, made: Mapping[str, bytes]) -> None:
    sent = read(issue, made, f"same.{kind}")
    assert same(sent)
    assert sent.dealer == "D001"
    assert [f.code for f in sent.findings] == ([] if kind == "xlsx" else ["XK-I007"])


@pytest.mark.parametrize("ending", ["et", "xls", "xlsx", "ods", ""])
@pytest.mark.parametrize("kind", OLD)
def test_the_bytes_decide_and_not_the_ending(kind: str, ending: str, issue: Issue, made: Mapping[str, bytes]) -> None:
    """What WPS writes as .et is BIFF8 as in .xls."""
    assert same(read(issue, made, f"same.{kind}", f"月报.{ending}"))


@pytest.mark.parametrize("kind", KINDS)
def test_inserted_rows_and_columns(kind: str, issue: Issue, made: Mapping[str, bytes]) -> None:
    sent = read(issue, made, f"moved.{kind}")
    assert same(sent), [f.message() for f in sent.findings]
    told = [f for f in sent.findings if f.code == ("XK-T011" if kind == "xls" else "XK-T009")]
    assert {f.field for f in told} == {slot.field for slot in issue.layout.of(Role.ANSWER)}
    # protection was removed and the sheet moved to the front
    assert {f.code for f in sent.findings} <= {"XK-T009", "XK-T011", "XK-I007", "XK-I008", "XK-I045", "XK-I046"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_renamed_sheet_as_well(kind: str, issue: Issue, made: Mapping[str, bytes]) -> None:
    sent = read(issue, made, f"renamed.{kind}")
    assert same(sent), [f.message() for f in sent.findings]
    assert [f.message() for f in sent.findings if f.code == "XK-T012"] == ["工作表“填报”改名为“十一月”，已认出"]
    assert {f.place.sheet for f in sent.findings if f.field and f.place} == {"十一月"}


@pytest.mark.parametrize("kind", KINDS)
def test_sheets_copied_into_a_new_workbook(kind: str, issue: Issue, made: Mapping[str, bytes]) -> None:
    sent = read(issue, made, f"copied.{kind}")
    assert (sent.dealer, same(sent)) == ("D001", True), [f.message() for f in sent.findings]
    assert "XK-I010" in {f.code for f in sent.findings}
    bare = read_submission(issue, made[f"bare.{kind}"])
    assert isinstance(bare, Unusable)
    assert ([f.code for f in bare.findings], bare.dealer) == (["XK-T014"], "D001")


@pytest.mark.parametrize("state", ["same", "moved", "renamed", "copied", "bare"])
def test_our_reader_and_openpyxl_read_its_xlsx_alike(state: str, made: Mapping[str, bytes]) -> None:
    compared, told = differences(made[f"{state}.xlsx"])
    assert told == []
    assert compared > 40


@pytest.mark.parametrize("kind", OLD)
def test_a_damaged_one_costs_findings_and_nothing_more(kind: str, issue: Issue, made: Mapping[str, bytes]) -> None:
    chance, good = random.Random(7), made[f"same.{kind}"]
    for _ in range(12):
        data = bytearray(good)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        outcome = read_submission(issue, bytes(data[: chance.choice((len(data), len(data) // 2))]))
        assert isinstance(outcome, Submission) or outcome.findings
        assert all(finding.message() for finding in outcome.findings)


def test_paths_are_taken_too(issue: Issue, made: Mapping[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "D001_十一月.et"
    path.write_bytes(made["same.xls"])
    sent = read_submission(issue, path)
    assert isinstance(sent, Submission)
    assert (sent.file, same(sent)) == (path.name, True)
