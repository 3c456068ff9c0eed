"""The steps of a month in a workspace, as the button does them; and what the control workbook shows of the month."""

from __future__ import annotations

import getpass
import webbrowser
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from xlkpi.excel.control import Action, Choices, Trouble
from xlkpi.shown.pdf import NoLibreOffice, to_pdf
from xlkpi.shown.ranking import FILE as RANKING_FILE
from xlkpi.shown.report.page import REPORT_FILE
from xlkpi.workspace.advice import advise
from xlkpi.workspace.closing import finalise, publish
from xlkpi.workspace.opening import issue_month, open_month, receive_files
from xlkpi.workspace.places import MonthFolder, Workspace, find_workspace
from xlkpi.workspace.record import Refusal, Who
from xlkpi.workspace.scoring import ASSESSED, check_month, score_month
from xlkpi.workspace.steps import StepResult

PDFS: Final = "PDF"
_OF_COMMAND: Final = {
    "open": Action.FORMS, "issue": Action.ISSUE, "receive": Action.RECEIVE, "check": Action.CHECK_ALL,
    "score": Action.SCORE_ALL, "publish": Action.PUBLISH, "finalise": Action.FINALISE,
}  # fmt: skip
_MOST_MONTHS: Final = 36


def workspace_of(choices: Choices) -> Workspace:
    """The workspace that the sheet names.

    Raises:
        Trouble: the cell is blank, or nothing is there.
        Refusal: it is no workspace.
    """
    return find_workspace(choices.path("workspace"))


def month_of(choices: Choices) -> MonthFolder:
    """The month that the sheet names, else the one that is on.

    Raises:
        Trouble: no workspace is named.
        Refusal: it has no such month.
    """
    return workspace_of(choices).current(choices.values["month"])


def outlook(choices: Choices, now: datetime) -> tuple[list[str], str]:
    """The months to choose from, the newest first, and the one next step in words; nothing where there is no
    workspace."""
    try:
        workspace = workspace_of(choices)
        months = [folder.month for folder in reversed(workspace.months())][:_MOST_MONTHS]
        month, advice = advise(workspace, choices.values["month"], now)
    except (Trouble, Refusal):
        return [], ""
    return months, f"{month}　{advice.now}{_how(advice.command)}"


def _how(command: str) -> str:
    """Where a command of the next step stands on the sheet; the command itself where it is not offered there."""
    words = command.split()
    action = _OF_COMMAND.get(words[2]) if words[:2] == ["xlkpi", "month"] and len(words) > 2 else None
    return f"：选“{action}”" if action else f"：在命令行运行 {command}"


def do_step(control: Any, choices: Choices, now: datetime) -> str:
    """Do a step of the month; what it came to, in words.

    Raises:
        Trouble: the sheet lacks something.
        Refusal: the step cannot be done now.
        WriteError: a file could not be written.
        FolderInUse: another window is doing a step.
    """
    who = Who(choices.values["by"] or _user(), now, choices.values["second"])
    workspace = workspace_of(choices)
    if choices.action is Action.FORMS:
        return _in_words(open_month(workspace, choices.values["month"] or workspace.next_month(f"{now:%Y-%m}"), who))
    if choices.action is Action.STANDING:
        month, advice = advise(workspace, choices.values["month"], now)
        return "\n".join((f"{month}　下一步：{advice.now}{_how(advice.command)}", *advice.obstacles[:_OBSTACLES]))
    return _STEPS[choices.action](control, month_of(choices), choices, who)


_OBSTACLES: Final = 10


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a system without a name for who runs this
        return "—"


def _in_words(result: StepResult) -> str:
    errors = [f"{finding.severity.word} {finding.code} {finding.message()}" for finding in result.findings]
    more = [f"……共 {len(errors)} 条"] if len(errors) > _OBSTACLES else []
    return "\n".join((*result.sentences, *errors[:_OBSTACLES], *more))


def _receive(control: Any, month: MonthFolder, choices: Choices, who: Who) -> str:
    path = choices.path_or_none("received")
    return _in_words(receive_files(month, [path] if path else [], who))


def _letters(control: Any, month: MonthFolder, choices: Choices, who: Who) -> str:
    result = check_month(month, who)
    letters = sorted(path.name for path in month.marked.glob("*.txt"))
    return f"{result.sentences[0]}\n{len(letters)} 封信（.txt 和 .html）和标注好的文件在 {month.marked}"


def _scored(path: Path) -> Path:
    if not path.is_file():
        raise Trouble(f"还没有 {path.name}：先选“{Action.SCORE_ALL}”")
    return path


def _ranking(control: Any, month: MonthFolder, choices: Choices, who: Who) -> str:
    path = _scored(month.results / RANKING_FILE)
    control.app.books.open(str(path))
    return f"打开了 {path}"


def _report(control: Any, month: MonthFolder, choices: Choices, who: Who) -> str:
    path = _scored(month.results / REPORT_FILE)
    webbrowser.open(path.as_uri())
    return f"在浏览器里打开 {path}"


def _pdf(control: Any, month: MonthFolder, choices: Choices, who: Who) -> str:
    files = sorted((month.results / ASSESSED).glob("*.xlsx"))
    if not files:
        raise Trouble(f"还没有评过分的工作簿：先选“{Action.SCORE_ALL}”")
    folder = month.path / PDFS
    try:
        written = list(to_pdf(files, folder, replace=True))
    except NoLibreOffice:
        raise Trouble("没有找到 LibreOffice：请安装，或在 Excel 里打印“绩效考核表”") from None
    missed = [each.message() for each in written if not isinstance(each, Path)]
    return "\n".join((f"{len(written) - len(missed)} 份 PDF → {folder}", *missed[:_OBSTACLES]))


_STEPS: Final[dict[Action, Callable[[Any, MonthFolder, Choices, Who], str]]] = {
    Action.ISSUE: lambda control, month, choices, who: _in_words(issue_month(month, who)),
    Action.RECEIVE: _receive,
    Action.CHECK_ALL: lambda control, month, choices, who: _in_words(check_month(month, who)),
    Action.LETTERS: _letters,
    Action.SCORE_ALL: lambda control, month, choices, who: _in_words(score_month(month, who)),
    Action.RANKING: _ranking,
    Action.REPORT: _report,
    Action.PDF: _pdf,
    Action.PUBLISH: lambda control, month, choices, who: _in_words(publish(month, who)),
    Action.FINALISE: lambda control, month, choices, who: _in_words(finalise(month, who)),
}
