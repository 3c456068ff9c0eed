"""What goes to a dealer speaks of no other: every byte of every part is looked through, in a month of sixty dealers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from xlkpi.batch import Expected, Filing
from xlkpi.checking.check import Checker
from xlkpi.checking.finding_list import rows, to_csv, to_json
from xlkpi.files import visible
from xlkpi.findings import Finding, for_dealer
from xlkpi.headquarters.issuing import blanks
from xlkpi.intake.submission import Submission
from xlkpi.issue import Dealer, Issue
from xlkpi.library import OpenIssue
from xlkpi.scheme.compile import Compiled
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.engine import load_engine
from xlkpi.shown.letters import letters
from xlkpi.values import CellContent, Place
from xlkpi.workbook.package import unpack
from xlkpi.workbook.stamp import Stamper

DEALERS = 60
ALIKE, SLIP, FAR = ("K1007", "K1008"), "K1020", "K1030"


@dataclass(frozen=True)
class Sent:
    """The month as issued, the folder of what came back, and every dealer's figures."""

    issue: Issue
    folder: Path
    figures: Mapping[str, Mapping[str, float]]


@pytest.fixture(scope="module")
def sixty(
    scheme_and_compiled: tuple[Scheme, Compiled],
    issue_of: Callable[..., Issue],
    tmp_path_factory: pytest.TempPathFactory,
) -> Sent:
    """Two dealers with the same figures, one ten thousand times off, one far from all others."""
    roster = {f"K{1000 + n}": Dealer(f"K{1000 + n}", f"虚构第{1000 + n}号店", "华东", "同组") for n in range(DEALERS)}
    scheme, _ = scheme_and_compiled
    asked = [name for name, entry in scheme.by("dealer").items() if entry.type not in ("choice", "text")]
    targets = {
        code: {name: 7_400_000.0 + 971 * n + 13 * at for at, name in enumerate(scheme.targets())}
        for n, code in enumerate(roster)
    }
    figures = {
        code: {name: 7_300_000.0 + 1009 * n + 17 * at for at, name in enumerate(asked)} for n, code in enumerate(roster)
    }
    figures[ALIKE[1]] = figures[ALIKE[0]]
    figures[SLIP] = {name: figure / 10_000 for name, figure in figures[SLIP].items()}
    figures[FAR] = {name: figure * 40 for name, figure in figures[FAR].items()}
    issue = issue_of(*scheme_and_compiled, roster=roster, targets=targets, deadline="2026-12-05")
    engine, stamper = load_engine("formualizer", issue.master, issue.layout), Stamper(issue.layout, issue.master)
    folder = tmp_path_factory.mktemp("sixty")
    for code, mine in figures.items():
        inputs: dict[Place, CellContent] = dict(issue.stamped(code))
        inputs |= {issue.layout.place(name): value for name, value in mine.items()}
        data = stamper.stamp({**inputs, **engine.evaluate(inputs)}, issue.marker(code), issue.stamped(code))
        (folder / issue.file_name(roster[code])).write_bytes(data)
    return Sent(issue, folder, figures)


def parts(data: bytes) -> bytes:
    return b"\n".join(unpack(data).values())


def said_of_others(sent: Sent, code: str, data: bytes) -> list[str]:
    """Codes, names and figures of other dealers in what one of them gets."""
    issue = sent.issue
    own = {f"{value:g}" for value in (*issue.targets[code].values(), *sent.figures[code].values())}
    own |= {f"{value:.0f}" for value in (*issue.targets[code].values(), *sent.figures[code].values())}
    text = data.decode("utf-8", "replace")
    numbers = set(re.findall(r"(?<![\d.])\d{6,}(?![\d])", text))
    found = []
    for other, dealer in issue.roster.items():
        if other == code:
            continue
        theirs = {f"{value:.0f}" for value in (*issue.targets[other].values(), *sent.figures[other].values())}
        found += [word for word in (other, dealer.name) if word in text]
        found += sorted((theirs - own) & numbers)
    return found


def test_a_marked_copy_speaks_of_its_dealer_alone(sixty: Sent) -> None:
    checker = Checker(sixty.issue)
    checked = checker.check(sorted(sixty.folder.iterdir()))
    codes = {one.dealer: {finding.code for finding in one.findings} for one in checked}
    assert "XK-P007" in codes[ALIKE[0]] & codes[ALIKE[1]]
    assert "XK-P009" in codes[SLIP]
    assert "XK-P005" in codes[FAR]
    middles = {str(f.facts["middle"]) for one in checked for f in one.findings if f.code in ("XK-P005", "XK-P009")}
    assert middles
    for one in checked:
        assert isinstance(one.read, Submission)
        marked = checker.marked(one).data
        assert marked is not None
        held = parts(marked)
        assert said_of_others(sixty, one.dealer, held) == []
        if one.dealer in (SLIP, FAR):
            assert not [middle for middle in middles if f"中位数是 {middle}".encode() in held]
            assert "一般水平".encode() in held


def test_letters_and_assessed_workbooks_speak_of_their_dealer_alone(sixty: Sent, tmp_path: Path) -> None:
    filing = Filing(expected=Expected(sixty.issue.roster))
    month = OpenIssue(sixty.issue).score(sixty.folder, out=tmp_path, engine="compiled", jobs=1, filing=filing)
    written = list(letters(month))
    assert written
    for letter in written:
        assert said_of_others(sixty, letter.dealer, f"{letter.text}{letter.page}".encode()) == []
    names = {sixty.issue.file_name(dealer): code for code, dealer in sixty.issue.roster.items()}
    workbooks = sorted((tmp_path / "assessed").iterdir())
    assert len(workbooks) == DEALERS
    for path in workbooks:
        assert said_of_others(sixty, names[path.name], parts(path.read_bytes())) == []


def test_blanks_speak_of_their_dealer_alone(sixty: Sent) -> None:
    engine = load_engine("formualizer", sixty.issue.master, sixty.issue.layout)
    for blank in blanks(sixty.issue, engine):
        assert said_of_others(sixty, blank.dealer.code, parts(blank.data)) == []


def test_what_only_headquarters_may_read_goes_to_no_dealer() -> None:
    assert for_dealer([Finding("XK-S001", "a.xlsx")]) == []
    for lang in ("zh", "en"):
        told_of = Finding("XK-P007", "a.xlsx", facts={"count": 6, "others": "K1001"})
        assert "K1001" in told_of.message(lang)
        assert "K1001" not in told_of.told_dealer(lang)
    for code in ("XK-P005", "XK-P009"):
        told = {"label": "产值", "found": "1", "count": 60, "group": "同组", "middle": "4711"}
        for lang in ("zh", "en"):
            assert "4711" not in Finding(code, facts=told).told_dealer(lang)
            assert "4711" in Finding(code, facts=told).message(lang)


HOSTILE = "a\x1b[31m\x9b2J\u202ed\u2066\x07b"


def test_lists_on_a_terminal_hold_no_commands() -> None:
    row = {"code": "XK-V002", "severity": "error", "file": HOSTILE, "message": HOSTILE}
    listed = to_json([row])
    assert json.loads(listed) == [row]
    assert listed.replace("\n", "").isprintable()
    text = visible(to_csv(rows([Finding("XK-F001", HOSTILE)], {})), keep="\n\t")
    assert text.replace("\n", "").isprintable()
