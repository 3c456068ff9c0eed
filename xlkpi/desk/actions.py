"""Each step that a page can ask for, done with the workspace's functions; what it came to, as the page tells it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from xlkpi.desk.deliveries import find
from xlkpi.desk.jobs import Answer, Condition, Progress
from xlkpi.desk.places import uploads_in
from xlkpi.desk.words import on_page
from xlkpi.files import FolderInUse, WriteError, fault, reason
from xlkpi.findings import Finding, told_once
from xlkpi.headquarters.deadlines import day_said
from xlkpi.headquarters.moments import said_moment
from xlkpi.language import in_chinese
from xlkpi.month.scores import NoScores
from xlkpi.month.store.file import StoreError
from xlkpi.scheme.files import SchemeError
from xlkpi.workspace import closing, opening, scoring
from xlkpi.workspace.cases import keep_case
from xlkpi.workspace.decisions import GROUNDS
from xlkpi.workspace.inspecting import enter
from xlkpi.workspace.lists import put_list
from xlkpi.workspace.places import MonthFolder, find_workspace
from xlkpi.workspace.record import Refusal, State, Who, refuse
from xlkpi.workspace.steps import StepResult

_MOST: Final = 200  # findings that are told; the files hold them all


@dataclass(frozen=True, slots=True)
class Order:
    """A step as it was asked for: where, of which month, by whom, and the form's words and files by their names."""

    root: Path
    month: str
    who: Who
    words: Mapping[str, str]
    number: str

    def file(self, name: str) -> Path | None:
        """A file that came with the form."""
        path = uploads_in(self.root) / self.number / name
        return next((each for each in sorted(path.iterdir()) if each.is_file()), None) if path.is_dir() else None

    def ticked(self, name: str) -> bool:
        """Whether a box of the form is ticked."""
        return bool(self.words.get(name))

    def word(self, name: str) -> str:
        """A word of the form, "" where it has none."""
        return self.words.get(name, "").strip()

    @property
    def folder(self) -> MonthFolder:
        """The month.

        Raises:
            Refusal: there is no workspace, or no such month.
        """
        return find_workspace(self.root).current(self.month)


def perform(root: Path, job: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Do a job: its condition, and what it came to in sentences and findings.

    Args:
        root: the workspace's folder.
        job: the job as it is kept.
        progress: told how far it is.
    """
    who = Who(job["by"], datetime.fromisoformat(job["at"]), job["second"])
    order = Order(root, job["month"], who, job["words"], job["number"])
    sentences: list[str] = []
    findings: list[Finding] = []
    try:
        for result in _STEPS[job["step"]](order, progress):
            sentences += result.sentences
            findings += result.findings
        condition = Condition.FINISHED
    except Exception as error:
        condition = Condition.REFUSED
        findings += _findings_of(error)
    shutil.rmtree(uploads_in(root) / job["number"], ignore_errors=True)
    return {
        "condition": condition,
        "sentences": [on_page(sentence) for sentence in sentences],
        "findings": [asdict(answer_of(finding)) for finding in told_once(findings)[:_MOST]],
    }


def answer_of(finding: Finding) -> Answer:
    """A finding as the page tells it."""
    place = "　".join(filter(None, (finding.file, str(finding.place or ""))))
    return Answer(
        finding.code, finding.severity.name.lower(), place, on_page(finding.message()), on_page(finding.remedy())
    )


def _findings_of(error: Exception) -> list[Finding]:
    """Why a step was not done. What nobody has foreseen is told too, with where it happened."""
    match error:
        case Refusal():
            return error.findings
        case WriteError():
            return [Finding("XK-W001", facts={"path": error.path.name, "detail": error.detail})]
        case FolderInUse():
            return [Finding("XK-F027", facts={"path": error.path.name})]
        case StoreError():
            return [Finding(error.code, facts=error.facts)]
        case SchemeError() | NoScores():
            return [Finding("XK-W046", facts={"detail": in_chinese(str(error))})]
        case MemoryError():
            return [Finding("XK-F024")]
        case OSError():
            return [Finding("XK-W077", facts={"path": Path(error.filename or "—").name, "detail": reason(error)})]
    return [Finding("XK-W047", facts={"detail": fault(error)})]


# ------------------------------------------------------------------ the steps

Results = Iterable[StepResult]


def _init(order: Order, progress: Progress) -> Results:
    yield opening.init(order.root, order.word("scheme"), order.word("contact"), order.file("roster"))


def _open(order: Order, progress: Progress) -> Results:
    workspace = find_workspace(order.root)
    roster = order.file("roster")
    if roster is not None:
        yield put_list(workspace, "", "roster", roster)
    yield opening.open_month(workspace, order.word("name") or workspace.next_month(f"{order.who.at:%Y-%m}"), order.who)


def _list(order: Order, progress: Progress) -> Results:
    workspace, kind, file = find_workspace(order.root), order.word("kind"), order.file("file")
    if file is not None:
        yield put_list(workspace, order.month, kind, file)


def _issue(order: Order, progress: Progress) -> Results:
    folder, targets = order.folder, order.file("targets")
    if targets is not None:
        yield put_list(folder.workspace, folder.month, "targets", targets)
    yield opening.issue_month(folder, order.who, reason=order.word("reason"), approved=order.word("approved"))


def _extend(order: Order, progress: Progress) -> Results:
    folder = order.folder
    try:
        until = day_said(order.word("until"), folder.month)
    except ValueError:
        raise refuse("延期", f"看不懂日子“{order.word('until')}”", "写成 2026-12-08 这样") from None
    yield opening.extend(folder, order.word("dealer"), until, order.word("reason"), order.who)


def _deliver(order: Order, progress: Progress) -> Results:
    """What was dropped: received, checked, scored, as far as the month's state lets it."""
    folder = order.folder
    delivery = find(order.root, order.word("delivery"))
    if delivery is not None:
        moment = said_moment(order.word("came"), folder.month)
        if order.word("came") and moment is None:
            raise refuse("收件", f"看不懂收到的时间“{order.word('came')}”", "写成 2026-12-08 18:00 这样")
        yield opening.receive_files(
            folder, [delivery.files], order.who, moment.at if moment else delivery.at, _stage("登记", progress)
        )
        delivery.remove()
    if State.COLLECTING <= folder.record().state <= State.SCORED:
        yield from _check(order, progress)
        yield from _score(order, progress)


def _check(order: Order, progress: Progress) -> Results:
    yield scoring.check_month(order.folder, order.who, _stage("检查", progress))


def _score(order: Order, progress: Progress) -> Results:
    yield scoring.score_month(order.folder, order.who, _stage("评分", progress))


def _stage(stage: str, progress: Progress) -> Callable[[int, int], None]:
    progress(stage, 0, 0)
    return lambda count, total: progress(stage, count, total)


def _inspect(order: Order, progress: Progress) -> Results:
    texts = {name.removeprefix("field:"): text for name, text in order.words.items() if name.startswith("field:")}
    before = {name.removeprefix("before:"): text for name, text in order.words.items() if name.startswith("before:")}
    yield enter(order.folder, order.word("dealer"), texts, before, order.who)


def _publish(order: Order, progress: Progress) -> Results:
    yield closing.publish(order.folder, order.who)


def _appeal(order: Order, progress: Progress) -> Results:
    ground, of = _matter(order)
    yield closing.appeal(
        order.folder, order.word("dealer"), ground, order.who, of=of,
        proposed=order.word("proposed"), evidence=order.word("evidence"), clause=order.word("clause"),
        appellant=order.word("appellant"), file=order.file("file"),
    )  # fmt: skip


def _matter(order: Order) -> tuple[str, str]:
    """The ground and the field that a form names."""
    ground, _, of = order.word("matter").partition(":")
    if ground not in GROUNDS:
        raise refuse("登记", "没有选是哪一项", "选一项再做")
    return ground, of


def _decide(order: Order, progress: Progress) -> Results:
    folder, number = order.folder, int(order.word("appeal"))
    accepted = order.word("accepted") == "yes"
    yield closing.decide(folder, number, accepted, order.word("reason"), order.who, value=order.word("value"))
    if order.ticked("keep"):
        path = keep_case(folder, number).relative_to(folder.workspace.root)
        yield StepResult("decide", True, (f"案例 → {path.as_posix()}",))


def _finalise(order: Order, progress: Progress) -> Results:
    yield closing.finalise(order.folder, order.who, reason=order.word("reason"))


def _correct(order: Order, progress: Progress) -> Results:
    ground, of = _matter(order)
    yield closing.correct(
        order.folder, order.word("dealer"), ground, of, order.word("value"),
        order.word("reason"), order.who, evidence=order.word("evidence"),
    )  # fmt: skip


_STEPS: Final[Mapping[str, Callable[[Order, Progress], Results]]] = {
    "init": _init, "open": _open, "list": _list, "issue": _issue, "extend": _extend, "deliver": _deliver,
    "check": _check, "score": _score, "inspect": _inspect, "publish": _publish, "appeal": _appeal, "decide": _decide,
    "finalise": _finalise, "correct": _correct,
}  # fmt: skip
STEPS: Final = frozenset(_STEPS)
"""What may be asked for."""
