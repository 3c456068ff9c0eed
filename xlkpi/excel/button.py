"""One press of the button: runs the action on the control sheet and shows the reviewer its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from xlkpi.excel.apply import CannotWrite, apply, words
from xlkpi.excel.attach import choose
from xlkpi.excel.cells import BookCells
from xlkpi.excel.control import Action, Board, Choices, Trouble, label, read, show
from xlkpi.excel.review import Review, review
from xlkpi.files import FolderInUse, WriteError
from xlkpi.findings import Finding, Severity, told_once
from xlkpi.headquarters.lists import ListRefused
from xlkpi.issue import Issue, IssueError
from xlkpi.language import in_chinese
from xlkpi.library import OpenIssue, open_issue, returns_in
from xlkpi.values import State
from xlkpi.workspace.record import Refusal

TITLE = "xlkpi"
_ENGINE = "formualizer"
_SHOWN = 5  # findings in a message


def press(control: Any, now: Callable[[], datetime] = datetime.now) -> str:
    """Do what the control workbook says; tell the outcome in a message and in its log. Returns the message.

    Whatever goes wrong is told in words as well; nothing is raised, since a traceback in a macro helps nobody.
    """
    action, well, board = "", False, Board()
    choices: Choices | None = None
    try:
        panel = read(control)
        board = panel.board
        choices = panel.choices()
        action = choices.action.value
        step = _ACTIONS.get(choices.action)
        message = step(control, choices) if step else _month_step(control, choices, now())
        well = True
    except Exception as error:
        message = error_text(error)
    try:
        months, next_step = _outlook(choices, now())
        show(control, now(), action, message, board, months=months, next_step=next_step)
    except Exception as error:
        message += f"\n（记录没有写进控制台：{words(error)}）"
    control.app.alert(message, TITLE, mode="info" if well else "critical")
    return message


def _month_step(control: Any, choices: Choices, now: datetime) -> str:
    from xlkpi.excel.month_steps import do_step

    return do_step(control, choices, now)


def _outlook(choices: Choices | None, now: datetime) -> tuple[list[str], str]:
    """The workspace's months and the next step; nothing where no workspace is named."""
    if choices is None or choices.is_old or not choices.values["workspace"]:
        return [], ""
    from xlkpi.excel.month_steps import outlook

    return outlook(choices, now)


def error_text(error: Exception) -> str:
    """What went wrong, in words for the reviewer."""
    if isinstance(error, Trouble | CannotWrite):
        return str(error)
    if isinstance(error, Refusal):
        return "\n".join(f"{finding.message()}\n　→ {finding.remedy()}" for finding in error.findings[:_SHOWN])
    if isinstance(error, WriteError):
        return f"写不了 {error.path}：{error.detail}"
    if isinstance(error, FolderInUse):
        return f"另一个窗口正在用 {error.path}，等它做完再按一次"
    if isinstance(error, IssueError):
        return f"“{label('issue')}”不能用：{in_chinese(str(error))}"
    return f"程序出错，打开的工作簿没有改动：{words(error)}"


def _check(control: Any, choices: Choices) -> str:
    return _reviewed(control, choices, scoring=False)


def _score(control: Any, choices: Choices) -> str:
    return _reviewed(control, choices, scoring=True)


def _reviewed(control: Any, choices: Choices, *, scoring: bool) -> str:
    book = choose(control.app.books, choices.values["book"], control=control.name)
    folder, listed = issued(choices)
    result = review_book(book, load(folder, listed if scoring else []).issue, scoring=scoring)
    if result.assessment is None:
        raise Trouble(result.message)
    return result.message


def review_book(book: Any, issue: Issue, *, scoring: bool) -> Review:
    """Check or score an open workbook and write the outcome into it. Nothing is written before all is known.

    Raises:
        CannotWrite: Excel refused; the workbook is as it was.
    """
    from xlkpi.scoring.engine import load_engine

    engine = load_engine(_ENGINE, issue.master, issue.layout)
    result = review(issue, engine, BookCells(book), book.name, scoring=scoring)
    apply(book, result.operations)
    return result


def issued(choices: Choices) -> tuple[Path, list[Path]]:
    """The folder of the month's issue, and headquarters' lists of inspections: of the workspace, or as an old control
    workbook names them.

    Raises:
        Trouble: something is not filled in, or is not there.
        Refusal: the workspace has no such month.
    """
    if choices.is_old:
        listed = choices.path_or_none("inspections")
        return choices.path("issue"), [listed] if listed else []
    from xlkpi.excel.month_steps import month_of

    month = month_of(choices)
    return month.blanks, month.inspection_lists()


def load(folder: Path, inspections: Sequence[Path]) -> OpenIssue:
    """The issue, with headquarters' lists of inspections where there are any.

    Raises:
        IssueError: the folder holds none.
        Trouble: the list has an error.
    """
    try:
        opened = open_issue(folder, inspections=inspections or None)
    except ListRefused as refused:
        _stop_on_errors(label("inspections"), refused.findings)
        raise
    _stop_on_errors(label("inspections"), opened.findings)
    return opened


def _folder(control: Any, choices: Choices) -> str:
    from xlkpi.headquarters.occupied import Occupied
    from xlkpi.shown.earlier import check_results_folder
    from xlkpi.shown.folder import write_month

    opened = load(*issued(choices))
    out = choices.path("out", exists=False)
    returned = returns_in(choices.path("returned"))
    if not returned.files:
        raise Trouble("\n".join(f"{finding.message()}。{finding.remedy()}" for finding in returned.findings))
    try:
        check_results_folder(opened.issue, out)
        # in this process: a macro's Python has no console to start others from
        month = opened.score(returned.files, jobs=1, engine=_ENGINE, out=out, lists=returned.findings)
        write_month(month, out, report=True)
    except Occupied as occupied:
        _stop_on_errors(label("out"), occupied.findings)
        raise
    except WriteError as error:
        raise Trouble(f"写不了 {error.path}：{error.detail}") from None
    states = Counter(row.state for row in month.standings.rows)
    counted = "，".join(f"{state} {states[state]} 份" for state in State if states[state])
    return f"{counted}\n结果在 {out}"


def _blanks(control: Any, choices: Choices) -> str:
    from xlkpi.folders import workbook_paths
    from xlkpi.headquarters.issuing import IssueRefused, make_issue, publish, with_history
    from xlkpi.headquarters.lists import read_roster, read_targets
    from xlkpi.headquarters.occupied import Occupied
    from xlkpi.headquarters.previous import read_previous
    from xlkpi.scheme.files import SchemeError
    from xlkpi.scheme.lint import usable_scheme

    month = choices.text("month")
    folder = choices.path("blanks", exists=False)
    try:
        scheme, compiled = usable_scheme(choices.text("scheme"))
    except SchemeError as error:
        raise Trouble(f"方案不能用：{in_chinese(str(error))}") from None
    if not scheme.valid.covers(month):
        raise Trouble(f"方案 {scheme.name} {scheme.version} 不适用于 {month}（月份写成 2026-12 这样）")
    roster = read_roster(choices.path("roster"), month)
    _stop_on_errors(label("roster"), roster.findings)
    targets = read_targets(choices.path("targets"), scheme, roster.rows, month=month, complete=True)
    _stop_on_errors(label("targets"), targets.findings)
    try:
        issue = make_issue(
            scheme, compiled, month=month, roster=roster.rows, targets=targets.rows,
            targets_file=choices.path("targets").name,
        )  # fmt: skip
    except IssueRefused as refused:
        _stop_on_errors(label("targets"), [*targets.findings, *refused.findings])
        raise
    if choices.values["previous"]:
        earlier = workbook_paths((choices.path("previous"),), returns=False)
        before = read_previous(earlier, scheme, issue.layout, roster.rows, month)
        _stop_on_errors(label("previous"), before.findings)
        issue = with_history(issue, [before.rows])
    try:
        written = publish(issue, folder).written
    except Occupied as occupied:
        _stop_on_errors(label("blanks"), occupied.findings)
        raise
    except WriteError as error:
        raise Trouble(f"写不了 {error.path}：{error.detail}") from None
    return f"{len(written)} 份空白表 → {folder}（截止 {issue.deadline}）"


def _stop_on_errors(where: str, findings: Iterable[Finding]) -> None:
    wrong = told_once(finding for finding in findings if finding.severity is Severity.ERROR)
    if wrong:
        more = f"\n……共 {len(wrong)} 条" if len(wrong) > 5 else ""
        raise Trouble(f"“{where}”有问题：\n" + "\n".join(f.message() for f in wrong[:5]) + more)


_ACTIONS: dict[Action, Callable[[Any, Choices], str]] = {
    Action.CHECK: _check, Action.SCORE: _score, Action.FOLDER: _folder, Action.BLANKS: _blanks,
}  # fmt: skip
