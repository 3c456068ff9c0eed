"""Decided appeals as test cases of the scheme: what went in and what came out, without whose it was.

A case is a YAML file in 方案/案例/. `xlkpi scheme test` scores it with a scheme as it is now and says what comes out
otherwise: a change of the scheme that would have decided an old appeal differently is seen before it is issued.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from xlkpi.batch.manifest import MANIFEST_FILE, written_before
from xlkpi.files import write_file
from xlkpi.headquarters.issuing import IssueRefused, make_issue
from xlkpi.intake.submission import Answer, Submission, read_submission
from xlkpi.issue import Dealer, Issue
from xlkpi.month.scores import load_scores
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.assess import Assessment, assess
from xlkpi.scoring.engine import Engine, load_engine
from xlkpi.values import Absence, content_of, plain
from xlkpi.workbook.layout import Role
from xlkpi.workspace.closing import scored_lines
from xlkpi.workspace.decisions import revived
from xlkpi.workspace.places import SCHEMES, MonthFolder, Workspace
from xlkpi.workspace.receiving import read_log
from xlkpi.workspace.record import refuse
from xlkpi.workspace.scoring import assessed_of, sources

CASES: Final = "案例"
_NOBODY: Final = "案例"
_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class Tried:
    """A case that was scored again: its name, and what came out otherwise; none: all as it was decided."""

    name: str
    differences: tuple[str, ...]


def keep_case(folder: MonthFolder, number: int) -> Path:
    """Keep a decided appeal as a case; the file that was written.

    Raises:
        Refusal: the appeal is not decided, or its dealer has no score.
        WriteError: the file could not be written.
    """
    record = folder.record()
    event = next((event for event in record.of("decide") if event["number"] == number), None)
    if event is None:
        raise refuse("存为案例", f"第 {number} 号申诉还没有决定", f"xlkpi month decide {number} --accept 或 --reject")
    known = sources(folder, record, most=scored_lines(record))
    issue, dealer = known.opened.issue, event["dealer"]
    sent = _counted(folder, issue, dealer)
    results = next(entry for entry in load_scores(folder.results).dealers if entry.dealer == dealer and entry.items)
    answers = {name: answer.value for name, answer in sent.answers.items()} | dict(issue.decided.get(dealer, {}))
    case = {
        "case": f"{folder.month} 申诉 {number}",
        "scheme": f"{issue.scheme.name} {issue.scheme.version}",
        "month": folder.month,
        "appeal": {name: event[name] for name in ("ground", "of", "value", "accepted", "reason") if name in event},
        "targets": _plain(issue.targets.get(dealer, {})),
        "answers": _plain({name: value for name, value in answers.items() if value is not Absence.MISSING}),
        "tables": {name: [dict(row) for row in rows] for name, rows in sent.tables.items() if rows},
        "inspections": _plain(issue.inspections.get(dealer, {})),
        "history": dict(issue.history.get(dealer, {})),
        "expect": {
            "published": results.published,
            "grade": results.grade,
            "items": {item.id: item.score for item in results.items},
        },
    }
    path = folder.workspace.root / SCHEMES / CASES / f"{folder.month}-申诉{number}.yaml"
    write_file(path, yaml.safe_dump(case, allow_unicode=True, sort_keys=False, width=120).encode())
    return path


def _counted(folder: MonthFolder, issue: Issue, dealer: str) -> Submission:
    """What the dealer's file says that counts."""
    written = assessed_of(folder.results).get(dealer, ("", ""))[1]
    inputs = {e.input for e in written_before(folder.results / MANIFEST_FILE) if written and e.written == written}
    line = next((line for line in read_log(folder.log) if line.hash in inputs and line.stored), None)
    read = read_submission(issue, folder.path / line.stored) if line else None
    if not isinstance(read, Submission):
        raise refuse("存为案例", f"{dealer} 没有计分的文件", "xlkpi month status")
    return read


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: content_of(value) for name, value in values.items()}


def cases_of(workspace: Workspace) -> list[Path]:
    """The cases that a workspace keeps."""
    return sorted((workspace.root / SCHEMES / CASES).glob("*.yaml"))


def try_cases(scheme: Scheme, compiled: Compiled, paths: Iterable[Path]) -> Iterator[Tried]:
    """Score cases with a scheme as it is now.

    Raises:
        Refusal: a file is no case.
    """
    engines: dict[bytes, Engine] = {}
    for path in paths:
        case = _read(path)
        try:
            issue = _issue(scheme, compiled, case)
        except IssueRefused as refused:
            yield Tried(case["case"], tuple(finding.message() for finding in refused.findings))
            continue
        engine = engines.setdefault(issue.master, load_engine("formualizer", issue.master, issue.layout))
        known = {slot.field for slot in issue.layout.of(Role.ANSWER)}
        answers = {name: Answer(revived(value), None) for name, value in case["answers"].items() if name in known}
        tables = {name: tuple(rows) for name, rows in case["tables"].items() if name in issue.layout.tables}
        sent = Submission(_NOBODY, case["month"], scheme.name, path.name, answers, tables=tables)
        lost = [f"方案里没有“{name}”" for name in case["answers"] if name not in known]
        yield Tried(case["case"], (*lost, *_differences(case["expect"], assess(issue, engine, sent))))


def _read(path: Path) -> dict[str, Any]:
    try:
        case = yaml.safe_load(path.read_text("utf-8"))
        maps = ("targets", "answers", "tables", "inspections", "history", "expect")
        if any(not isinstance(case[name], dict) for name in maps) or not isinstance(case["expect"]["items"], dict):
            raise ValueError
        return {**case, "case": str(case["case"]), "month": str(case["month"])}
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        raise refuse("试方案", f"{path.name} 不是案例", "xlkpi month decide 号 --keep") from None


def _issue(scheme: Scheme, compiled: Compiled, case: Mapping[str, Any]) -> Issue:
    targets = {name: revived(value) for name, value in case["targets"].items() if name in scheme.aims}
    fields = scheme.by("headquarters")
    inspections = {name: revived(value) for name, value in case["inspections"].items() if name in fields}
    issue = make_issue(
        scheme, compiled, month=case["month"], roster={_NOBODY: Dealer(_NOBODY, _NOBODY)},
        targets={_NOBODY: {name: value for name, value in targets.items() if isinstance(value, float | Absence)}},
    )  # fmt: skip
    history = {name: value for name, value in case["history"].items() if name in issue.layout.slots}
    return replace(issue, inspections={_NOBODY: inspections}, history={_NOBODY: history})


def _differences(expected: Mapping[str, Any], scored: Assessment) -> Iterator[str]:
    now = {item.id: plain(item.score) for item in scored.items}
    for name in dict.fromkeys((*expected["items"], *now)):
        before, after = expected["items"].get(name, "没有"), now.get(name, "没有")
        if _rounded(before) != _rounded(after):
            yield f"{name}：{_shown(before)} → {_shown(after)}"
    if _rounded(expected["published"]) != _rounded(scored.published):
        yield f"总分：{_shown(expected['published'])} → {_shown(scored.published)}"
    if expected["grade"] != scored.grade:
        yield f"等级：{expected['grade']} → {scored.grade}"


def _rounded(value: Any) -> Any:
    return round(float(value), _DIGITS) if isinstance(value, float | int) else value


def _shown(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float | int) else str(value)
