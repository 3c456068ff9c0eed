"""Whose file it is, is sealed: only the issue's folder has the key, and what bears no right seal replaces nothing."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import REAL_ANSWERS
from openpyxl import load_workbook

from xlkpi.batch import run
from xlkpi.batch.work import Setup, SourceFile, Worker
from xlkpi.checking.check import Checker
from xlkpi.cli import main
from xlkpi.headquarters.issuing import OtherKey, publish
from xlkpi.headquarters.occupied import Occupied, key_of
from xlkpi.intake.reader import open_workbook
from xlkpi.intake.submission import Submission, Unusable, read_submission
from xlkpi.issue import KEY_FILE, Issue
from xlkpi.month.month import month_of
from xlkpi.resources import templates
from xlkpi.scoring.engine import Engine
from xlkpi.workbook.package import unpack
from xlkpi.workbook.sheets.marker import Marker

Fill = Callable[[bytes, Mapping[str, Any]], bytes]


@dataclass(frozen=True)
class Sealed:
    folder: Path
    issue: Issue
    blanks: Mapping[str, bytes]
    key: bytes


@pytest.fixture(scope="module")
def sealed(issue: Issue, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    folder = tmp_path_factory.mktemp("issued") / "month"
    written = publish(issue, folder, engine).written
    blanks = {path.name[:4]: path.read_bytes() for path in written}
    return Sealed(folder, Issue.load(folder), blanks, (folder / KEY_FILE).read_bytes())


def remarked(data: bytes, change: Callable[[Marker], Marker | str]) -> bytes:
    """The file with another marker in all three places, as somebody makes it who can edit cells and properties."""
    book: Any = load_workbook(io.BytesIO(data))
    before = Marker.read(book["_xlkpi"]["A1"].value)
    assert before is not None
    words = str(change(before))
    book["_xlkpi"]["A1"] = words
    book.custom_doc_props["xlkpi"].value = words
    book.defined_names["_xlkpi"].value = f'"{words}"'
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


FORGERIES: dict[str, Callable[[Marker], Marker | str]] = {
    "another dealer": lambda marker: marker._replace(dealer="D002"),
    "another dealer without the seal": lambda marker: marker._replace(dealer="D002", seal=""),
    "the seal left out": lambda marker: marker._replace(seal=""),
    "a seal of somebody's own": lambda marker: marker._replace(dealer="D002").sealed(b"0" * 32),
    "a digit changed": lambda marker: marker._replace(seal=marker.seal[:-1] + ("0" if marker.seal[-1] != "0" else "1")),
    "its proof for the seal": lambda marker: marker._replace(seal=marker.proof),
}


@pytest.mark.parametrize("way", FORGERIES)
def test_a_marker_that_was_made_up_is_nobodys(sealed: Sealed, way: str) -> None:
    read = read_submission(sealed.issue, remarked(sealed.blanks["D001"], FORGERIES[way]))
    assert isinstance(read, Unusable)
    assert ([finding.code for finding in read.findings], read.dealer) == (["XK-T096"], "")


def test_the_right_one_is_read_and_told_in_no_finding(sealed: Sealed, fill: Fill) -> None:
    read = read_submission(sealed.issue, fill(sealed.blanks["D001"], REAL_ANSWERS))
    assert isinstance(read, Submission)
    assert (read.dealer, read.findings) == ("D001", ())


def test_a_forged_file_that_came_last_replaces_nothing(sealed: Sealed, fill: Fill, tmp_path: Path) -> None:
    """Two dealers' own files, and one of D001 that says it is D002's and came after it."""
    own = {code: fill(data, REAL_ANSWERS) for code, data in sealed.blanks.items()}
    forged = remarked(fill(sealed.blanks["D001"], {"接车台次": 1.0}), FORGERIES["another dealer"])
    paths = []
    for number, (name, data) in enumerate([("甲.xlsx", own["D001"]), ("乙.xlsx", own["D002"]), ("丙.xlsx", forged)]):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
        os.utime(paths[-1], (1_800_000_000 + number, 1_800_000_000 + number))
    batch = run(sealed.issue, paths)
    assert {done.dealer: done.file for done in batch.assessments} == {"D001": "甲.xlsx", "D002": "乙.xlsx"}
    assert [[finding.code for finding in bad.findings] for bad in batch.unusable] == [["XK-T096"]]
    alone = run(sealed.issue, [paths[0], paths[2]])
    assert [done.dealer for done in alone.assessments] == ["D001"]
    checked = Checker(sealed.issue).check(paths)
    told = {file.read.file for file in checked if "XK-T096" in {finding.code for finding in file.findings}}
    assert told == {"丙.xlsx"}


def test_what_is_made_of_a_file_bears_its_seal_and_can_be_sent_again(
    sealed: Sealed, fill: Fill, tmp_path: Path
) -> None:
    path = tmp_path / "D001.xlsx"
    path.write_bytes(fill(sealed.blanks["D001"], {**REAL_ANSWERS, "接车台次": "很多"}))
    worker = Worker(Setup(sealed.issue, "formualizer", tmp_path / "out"), expendable=True)
    done = worker.score(SourceFile(path, path.name))
    checker = Checker(sealed.issue)
    (checked,) = checker.check([path])
    assert isinstance(checked.read, Submission)
    marked, anew = checker.marked(checked).data, checker._anew(checked.read, checked)
    for data in ((tmp_path / "out" / done.workbook).read_bytes(), marked, anew):
        assert data is not None
        assert isinstance(read := read_submission(sealed.issue, data), Submission)
        assert Marker.read(read.marker) == Marker.read(sealed.issue.marker("D001", sealed.key))


# ------------------------------------------------------------------ the key


def test_the_key_is_its_owners_alone_and_is_in_nothing_that_leaves_the_folder(
    sealed: Sealed, fill: Fill, tmp_path: Path
) -> None:
    key = sealed.folder / KEY_FILE
    assert len(sealed.key) == 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    path = tmp_path / "D001.xlsx"
    path.write_bytes(fill(sealed.blanks["D001"], REAL_ANSWERS))
    batch = run(sealed.issue, [path], out=tmp_path / "out")
    seals = [Marker.read(sealed.issue.marker(code, sealed.key)).seal for code in sealed.blanks]  # type: ignore[union-attr]
    payload = pickle.dumps(Setup(sealed.issue, "compiled"))  # what processes and a cluster's workers are given
    issue_json = (sealed.folder / "issue.json").read_bytes()
    manifest = b"".join(file.read_bytes() for file in (tmp_path / "out").rglob("*.jsonl"))
    assert batch.assessments and manifest
    for where in (payload, issue_json, manifest):
        for secret in (sealed.key, sealed.key.hex().encode(), *(seal.encode() for seal in seals)):
            assert secret not in where
    files = [*sealed.blanks.values(), *(file.read_bytes() for file in (tmp_path / "out").rglob("*.xlsx"))]
    for parts in map(unpack, files):
        assert not any(sealed.key in part or sealed.key.hex().encode() in part for part in parts.values())


def test_issuing_again_keeps_the_key_and_gives_the_same_bytes(sealed: Sealed, engine: Engine) -> None:
    before = {path.name: path.read_bytes() for path in sealed.folder.iterdir()}
    assert publish(sealed.issue, sealed.folder, engine).renewed == ()
    assert {path.name: path.read_bytes() for path in sealed.folder.iterdir()} == before


def test_a_known_key_gives_known_bytes_and_another_folder_another_key(
    sealed: Sealed, engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / KEY_FILE).write_bytes(sealed.key)
    assert [path.read_bytes() for path in publish(sealed.issue, tmp_path, engine).written] == list(
        sealed.blanks.values()
    )
    publish(sealed.issue, tmp_path / "other", engine)
    assert (tmp_path / "other" / KEY_FILE).read_bytes() != sealed.key


@pytest.mark.parametrize("way", ["gone", "cut"])
def test_a_key_that_is_lost_is_asked_for_before_a_new_one_makes_the_blanks_useless(
    issue: Issue, engine: Engine, tmp_path: Path, way: str
) -> None:
    publish(issue, tmp_path, engine)
    key = tmp_path / KEY_FILE
    old = key.read_bytes()
    key.unlink() if way == "gone" else key.write_bytes(old[:20])
    with pytest.raises(Occupied) as occupied:
        publish(issue, tmp_path, engine)
    assert [finding.code for finding in occupied.value.findings] == ["XK-I032"]
    publish(issue, tmp_path, engine, replace=True)
    assert len(key.read_bytes()) == 32
    assert key.read_bytes() != old


# ------------------------------------------------------------------ months issued without one


def test_a_month_issued_without_a_key_is_read_as_before_and_said_so_once(
    issue: Issue, filled: bytes, tmp_path: Path
) -> None:
    issue.save(tmp_path / "issue")
    loaded = Issue.load(tmp_path / "issue")
    paths = [tmp_path / name for name in ("a.xlsx", "b.xlsx")]
    for path in paths:
        path.write_bytes(filled)
    batch = run(loaded, paths)
    assert [done.dealer for done in batch.assessments] == ["D001"]
    month = month_of(loaded, batch.engine, batch)
    assert [finding.code for finding in month.findings] == ["XK-I031"]
    assert not any(finding.code == "XK-I031" for done in batch.assessments for finding in done.findings)


def test_the_marker_is_read_with_and_without_a_seal(sealed: Sealed) -> None:
    words = str(open_workbook(sealed.blanks["D001"]).cells("_xlkpi", None).cells["A1"].text)
    marker = Marker.read(words)
    assert marker is not None
    assert re.fullmatch("[0-9a-f]{32}", marker.seal)
    assert str(marker) == words
    assert Marker.read(str(marker._replace(seal=""))) == marker._replace(seal="")
    assert Marker.read("a|b|c") is Marker.read("a|b|c|d|e|f|g") is None
    assert json.loads((sealed.folder / "issue.json").read_text("utf-8"))["seals"]["D001"] == marker.proof
    assert not replace(sealed.issue, seals={"D002": "x"}).verifies(marker)


# ------------------------------------------------------------------ the key of another issue


def test_an_issue_with_another_s_key_takes_what_was_sent_out_with_that(tmp_path: Path, issue: Issue) -> None:
    """Issued again into another folder, with the first folder's key: the same blanks."""
    first = publish(issue, tmp_path / "first")
    second = publish(issue, tmp_path / "second", key=key_of(tmp_path / "first" / KEY_FILE))
    assert [path.read_bytes() for path in first.written] == [path.read_bytes() for path in second.written]
    assert first.issue.seals == second.issue.seals
    with pytest.raises(OtherKey):
        publish(issue, tmp_path / "second", key=bytes(32))


@pytest.mark.parametrize("data", [b"", b"short", bytes(33)])
def test_what_is_no_key_is_refused(tmp_path: Path, data: bytes) -> None:
    given = templates().parent / "workbooks" / "service-assessment"
    (tmp_path / "k").write_bytes(data)
    lists = ["--roster", str(given / "dealers.xlsx"), "--targets", str(given / "targets.xlsx")]
    more = ["--key", str(tmp_path / "k"), "-o", str(tmp_path / "blank"), "--lang", "zh"]
    done = CliRunner().invoke(main, ["new", "service-assessment", "--month", "2026-11", *lists, *more])
    assert done.exit_code == 2
    assert "不是下发时留下的密钥" in done.output
    assert not (tmp_path / "blank").exists()
