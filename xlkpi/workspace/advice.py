"""Where a month stands, what is to be done now, and what is in its way: first what can change a rank or a veto."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from xlkpi.issue import Issue
from xlkpi.month.records import DealerRecord
from xlkpi.month.scores import NoScores, load_scores
from xlkpi.scheme.model import Clause, Scheme
from xlkpi.values import VETO_OF, ItemStatus, Status
from xlkpi.workspace import deadlines
from xlkpi.workspace.closing import appeal_until, open_appeals, scored_lines
from xlkpi.workspace.places import MonthFolder, Workspace
from xlkpi.workspace.receiving import COUNTED, NOT_SCORED, Line, read_log
from xlkpi.workspace.record import Record, Refusal, State
from xlkpi.workspace.scoring import is_scored, sources
from xlkpi.workspace.settings import SECONDED
from xlkpi.workspace.steps import issued

_WEIGHTS: Final = {"total": 4, "group": 3, "item": 2}
"""A question that may take a total comes before one that may take a group, an item, or points alone."""


@dataclass(frozen=True, slots=True)
class Question:
    """What keeps a dealer's score open: `stake` is what it can still move, in points; `veto` what it may take."""

    dealer: str
    name: str
    item: str
    state: str
    stake: float
    veto: str = ""

    def __str__(self) -> str:
        may = f"，可能{self.veto}" if self.veto else ""
        return f"{self.dealer} {self.name}　{self.item}：{self.state}（最多差 {self.stake:.10g} 分{may}）"


@dataclass(frozen=True, slots=True)
class Advice:
    """The one thing to do now, the command for it, and what is in its way."""

    now: str
    command: str
    obstacles: tuple[str, ...] = ()

    @property
    def step(self) -> str:
        """The step that the command does: open, issue, receive …"""
        return self.command.split()[2]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a month stands: its state and days, how many dealers sent, and its history in lines."""

    month: str
    state: State
    days: Mapping[str, str]
    dealers: int
    sent: int
    missing: tuple[str, ...]
    set_aside: int
    history: tuple[str, ...]


_STEPS: Final = {
    "open": "开", "issue": "下发", "extend": "延期", "receive": "收件", "check": "检查", "score": "评分",
    "publish": "预发布", "appeal": "申诉", "decide": "决定申诉", "finalise": "定稿", "correct": "更正",
}  # fmt: skip


def standing(folder: MonthFolder) -> Standing:
    """Where a month stands.

    Raises:
        Refusal: its record, or what was issued, cannot be read.
    """
    record = folder.record()
    lines = read_log(folder.log)
    roster = issued(folder, record, "看进度").roster if record.state >= State.ISSUED else {}
    sent = {line.dealer for line in lines if line.fate == COUNTED}
    last = record.last("issue") or {}
    days = {"上报截止": last.get("deadline", ""), "锁定": last.get("locked", ""), "申诉截止": appeal_until(record)}
    history = tuple(
        f"{event['at']}　{_STEPS.get(event['step'], event['step'])}　{event['by']}"
        + (f"、{event['second']}" if event.get("second") else "")
        + _detail(event)
        for event in record.events
    )
    return Standing(
        folder.month, record.state, {name: day for name, day in days.items() if day}, len(roster),
        len(sent & set(roster)), tuple(code for code in roster if code not in sent),
        sum(line.fate == NOT_SCORED for line in lines), history,
    )  # fmt: skip


def _detail(event: Mapping[str, Any]) -> str:
    match event["step"]:
        case "issue" if event.get("revision"):
            return f"　目标第 {event['revision']} 次修订：{event['reason']}（批准：{event['approved']}）"
        case "extend":
            return f"　{event['dealer']} 延到 {event['until']}：{event['reason']}"
        case "receive":
            return f"　收件记录 {event['lines']} 条"
        case "appeal":
            return f"　第 {event['number']} 号　{event['dealer']}　{event['ground']} {event.get('of', '')}"
        case "decide":
            word = "采纳" if event["accepted"] else "不采纳"
            return f"　第 {event['number']} 号{word}：{event['reason']}"
        case "correct":
            return f"　{event['dealer']} {event.get('of', '')}：{event['reason']}"
    return ""


def advise(workspace: Workspace, month: str, now: datetime) -> tuple[str, Advice]:
    """The month that is on, and what to do in it.

    Raises:
        Refusal: its record, or what was issued, cannot be read.
    """
    if not month and not workspace.months():
        return f"{now:%Y-%m}", Advice(f"填 {workspace.roster.name}，然后开 {now:%Y-%m} 月份", "xlkpi month open")
    folder = workspace.current(month)
    return folder.month, _advice(folder, now)


def _advice(folder: MonthFolder, now: datetime) -> Advice:
    record = folder.record()
    match record.state:
        case State.NONE:
            return Advice(f"开 {folder.month} 月份", f"xlkpi month open {folder.month}")
        case State.OPEN:
            signed = _signed(folder, "targets")
            return Advice("填好 目标.xlsx，然后下发空白表", f"xlkpi month issue{signed}")
        case State.ISSUED:
            return Advice("把空白表发给经销商；收到的文件登记进来", "xlkpi month receive 文件或文件夹")
        case State.COLLECTING | State.SCORED:
            return _before_publication(folder, record, now)
        case State.PUBLISHED | State.APPEALED:
            return _before_final(folder, record, now)
        case State.FINAL:
            return Advice("这个月已定稿；开下个月", "xlkpi month open")


def _before_publication(folder: MonthFolder, record: Record, now: datetime) -> Advice:
    where = standing(folder)
    due = (record.last("issue") or {}).get("deadline", "")[:10]
    lines = read_log(folder.log)
    obstacles = []
    if where.missing:
        some = "、".join(where.missing[:10]) + (" 等" if len(where.missing) > 10 else "")
        obstacles.append(f"{len(where.missing)} 家还没有交：{some}（截止 {due}）")
    obstacles += _not_ours(lines)
    try:
        known = sources(folder, record)
    except Refusal as refusal:
        return Advice(refusal.findings[0].remedy(), "xlkpi month status", (refusal.findings[0].message(), *obstacles))
    obstacles += _uninspected(known.opened.issue)
    if record.state is State.COLLECTING and where.missing and not deadlines.is_past(due, now):
        if (record.last("check") or {}).get("inputs") != known.hashes:
            return Advice("继续收件；先检查收到的，把标注好的退回去改", "xlkpi month check", tuple(obstacles))
        return Advice("等其余的店交来，收到就登记", "xlkpi month receive 文件或文件夹", tuple(obstacles))
    if not is_scored(folder, record, known):
        new = len(lines) - scored_lines(record)
        label = f"评分（上次评分以后又收到 {new} 条）" if record.state is State.SCORED and new else "评分"
        return Advice(label, f"xlkpi month score{_signed(folder, 'inspections')}", tuple(obstacles))
    open_questions = [str(question) for question in questions(folder)]
    return Advice("看过结果，然后预发布", "xlkpi month publish", (*open_questions, *obstacles))


def _before_final(folder: MonthFolder, record: Record, now: datetime) -> Advice:
    waiting = open_appeals(record)
    until = appeal_until(record)
    if waiting:
        open_questions = [
            f"第 {e['number']} 号　{e['dealer']}　{e['ground']} {e.get('of', '')}　{e['evidence']}" for e in waiting
        ]
        number = waiting[0]["number"]
        return Advice("决定申诉", f"xlkpi month decide {number} --accept 或 --reject", tuple(open_questions))
    if not deadlines.is_past(until, now):
        open_now = [str(question) for question in questions(folder)]
        return Advice(f"等申诉，到 {until} 为止；有申诉就登记", "xlkpi month appeal 店", tuple(open_now))
    return Advice("定稿", f"xlkpi month finalise{_signed(folder, 'final')}", tuple(map(str, questions(folder))))


def _signed(folder: MonthFolder, state: Any) -> str:
    return " --second 姓名" if state in folder.workspace.settings.second and state in SECONDED else ""


def _not_ours(lines: list[Line]) -> Iterator[str]:
    aside = [line.name for line in lines if line.fate == NOT_SCORED]
    if aside:
        yield f"{len(aside)} 份收到而不可评分：{'、'.join(aside[:5])}{' 等' if len(aside) > 5 else ''}"
    nobodys = [line.name for line in lines if line.fate == COUNTED and not line.dealer]
    if nobodys:
        yield f"{len(nobodys)} 份不知是哪家的：{'、'.join(nobodys[:5])}"


def _uninspected(issue: Issue) -> Iterator[str]:
    """Inspections that are blank, those first that can veto."""
    fields = issue.scheme.by("headquarters")
    if not fields:
        return
    vetoing = _vetoes(issue.scheme)
    blank: dict[str, list[str]] = {}
    for name in fields:
        lacking = [code for code in issue.roster if name not in issue.inspections.get(code, {})]
        if lacking:
            blank[name] = lacking
    for name in sorted(blank, key=lambda each: -_WEIGHTS.get(vetoing.get(each, ""), 0)):
        veto = f"，可能{VETO_OF[vetoing[name]]}" if name in vetoing else ""
        codes = blank[name]
        some = "、".join(codes[:5]) + (" 等" if len(codes) > 5 else "")
        yield f"检查情况“{fields[name].label or name}”没有填：{len(codes)} 家（{some}{veto}）"


def _vetoes(scheme: Scheme) -> dict[str, str]:
    """What a veto by an inspection takes (item, group, total), by the field that the clause shows."""
    vetoes: dict[str, str] = {}
    for item in scheme.items:
        for clause in item.clauses:
            scope = _scope(scheme, clause)
            if scope and _WEIGHTS[scope] > _WEIGHTS.get(vetoes.get(clause.shown, ""), 0):
                vetoes[clause.shown] = scope
    return vetoes


def _scope(scheme: Scheme, clause: Clause) -> str:
    return (clause.scope or scheme.defaults.veto) if clause.otherwise else ""


def questions(folder: MonthFolder) -> list[Question]:
    """What keeps scores open, the gravest first: what may veto, then by the points that it can move."""
    try:
        scores = load_scores(folder.results)
    except NoScores:
        return []
    issue = issued(folder, folder.record(), "看进度")
    clauses = {item.name: [_scope(issue.scheme, clause) for clause in item.clauses] for item in issue.scheme.items}
    open_questions = [
        question
        for record in scores.dealers
        if record.status is Status.PROVISIONAL
        for question in _of_dealer(record, clauses)
    ]
    weight = {words: _WEIGHTS[scope] for scope, words in VETO_OF.items()}
    return sorted(open_questions, key=lambda each: (-weight.get(each.veto, 0), -each.stake, each.dealer))


def _of_dealer(record: DealerRecord, clauses: Mapping[str, list[str]]) -> Iterator[Question]:
    for item in record.items:
        if item.status not in (ItemStatus.MISSING, ItemStatus.UNREADABLE):
            continue
        scopes = [scope for scope in clauses.get(item.id, []) if scope]
        veto = VETO_OF[max(scopes, key=lambda scope: _WEIGHTS[scope])] if scopes else ""
        stake = item.score_range[1] - item.score if isinstance(item.score, float) else item.points
        yield Question(record.dealer, record.name, item.name, f"{item.status}", stake, veto)
