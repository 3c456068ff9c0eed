"""What every step of a month shares: its result, the hold on the month's folder, what must be so before it begins."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec

from xlkpi.files import claimed, remove_stale_temporaries, write_file
from xlkpi.findings import Finding, Severity, worst
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.occupied import form_findings
from xlkpi.issue import Issue, IssueError
from xlkpi.workspace.places import MonthFolder, Workspace
from xlkpi.workspace.record import (
    Record,
    Refusal,
    State,
    Who,
    refuse,
)
from xlkpi.workspace.settings import SECONDED

_NEEDED: Final = "XK-W085"

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step came to: whether anything changed, in sentences for people, and what was found."""

    step: str
    changed: bool
    sentences: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def exclusive(
    step: Callable[Concatenate[MonthFolder, P], StepResult],
) -> Callable[Concatenate[MonthFolder, P], StepResult]:
    """A step that holds the month's folder while it works: who comes second is told so (FolderInUse)."""

    @functools.wraps(step)
    def holding(folder: MonthFolder, /, *words: P.args, **options: P.kwargs) -> StepResult:
        with claimed(folder.path):
            return step(folder, *words, **options)

    return holding


def unchanged(step: str, *sentences: str) -> StepResult:
    """A step that had been done already with the same inputs."""
    return StepResult(step, False, ("没有变化：输入和上次相同，结果一个字节也没有动。", *sentences))


def issued(folder: MonthFolder, record: Record, step: str) -> Issue:
    """What was issued.

    Raises:
        Refusal: nothing was, or it cannot be read any more.
    """
    if record.state < State.ISSUED:
        raise refuse(step, f"{folder.month} 还没有下发", "xlkpi month issue")
    try:
        return Issue.load(folder.blanks)
    except IssueError:
        raise refuse(step, "空白表/ 里的 issue.json 和 master.xlsx 读不出来", "xlkpi month issue") from None


def at_least(record: Record, least: State, step: str, why: str, command: str) -> None:
    """See that the month has come so far.

    Raises:
        Refusal: it has not.
    """
    if record.state < least:
        raise refuse(step, f"{why}（现在：{record.state.word}）", command)


def at_most(record: Record, most: State, step: str, instead: str) -> None:
    """See that the month has not gone further.

    Raises:
        Refusal: it has.
    """
    if record.state > most:
        raise refuse(step, f"{record.month} 已经{record.state.word}", instead)


def second_name(workspace: Workspace, matter: Any, who: Who, command: str) -> None:
    """See that a second person signs, where the settings ask for one.

    Raises:
        Refusal: there is none, or it is the same person.
    """
    if matter in workspace.settings.second and (not who.second or who.second == who.by):
        facts = {"what": SECONDED[matter], "name": who.by, "command": f"{command} --second 姓名"}
        raise Refusal(Finding("XK-W088", facts=facts))


def form_made(name: str, command: str) -> Refusal:
    """The refusal of a step that has made an empty form instead, to be filled in first."""
    return Refusal(Finding(_NEEDED, name, facts={"file": name, "command": command}))


def made_form(path: Path, data: bytes, origin: Origin, *, only_missing: bool = False) -> bool:
    """Write a form where there is none yet, or an empty one of another roster; False where one lies there."""
    if path.is_file() and (only_missing or path.read_bytes() == data or form_findings(path, origin, replace=False)):
        return False
    write_file(path, data)
    return True


def stop_at_errors(findings: Iterable[Finding]) -> None:
    """Go on unless a list is wrong.

    Raises:
        Refusal: one of the findings is an error.
    """
    listed = list(findings)
    if worst(listed) is Severity.ERROR:
        raise Refusal(*listed)


def sweep(folder: MonthFolder) -> None:
    """Remove what writers that were killed have left."""
    subfolders = (path for path in folder.path.rglob("*") if path.is_dir())
    for path in (folder.workspace.root, folder.path, *subfolders):
        remove_stale_temporaries(path)
