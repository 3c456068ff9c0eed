"""The steps of a month after its score: publish, appeal, decide, finalise, correct.

From 预发布 on what a score is made of and what it made are frozen by their hashes. An accepted appeal, and a correction
of a final month, re-score one dealer; every other dealer's workbook stays byte for byte as it was published.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from xlkpi.files import write_file
from xlkpi.findings import Finding
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.month.records import DealerRecord
from xlkpi.month.scores import load_scores
from xlkpi.values import content_of
from xlkpi.workspace import deadlines
from xlkpi.workspace.decisions import FIGURE, FILE, TARGET, field_of, value_in
from xlkpi.workspace.handing import Standing, hand_out
from xlkpi.workspace.places import MonthFolder
from xlkpi.workspace.receiving import COUNTED, read_log, receive
from xlkpi.workspace.record import (
    Event,
    Record,
    Refusal,
    State,
    Who,
    hash_of,
    hashes_in,
    joint_hash,
    refuse,
)
from xlkpi.workspace.scoring import Sources, assessed_of, is_scored, results_of, score_into, sources
from xlkpi.workspace.steps import StepResult, at_least, at_most, exclusive, second_name, sweep, unchanged

_CHANGED: Final = "XK-W087"
_RESULTS: Final = ("score", "decide", "correct")
_HANDED: Final = ("publish", "decide", "finalise", "correct")


@exclusive
def publish(folder: MonthFolder, who: Who) -> StepResult:
    """Freeze the results and hand them out: 预发布, with the last day of appeals.

    Raises:
        Refusal: the last score was not made of what lies there now, or the month is published already otherwise.
    """
    record = folder.record()
    at_least(record, State.SCORED, "预发布", "还没有评分", "xlkpi month score")
    if record.state >= State.PUBLISHED:
        frozen(folder, record)
        return unchanged("publish", f"已经{record.state.word}；申诉截止 {appeal_until(record)}。")
    known = sources(folder, record)
    if not is_scored(folder, record, known):
        raise refuse("预发布", "评分以后，依据或结果变了", "xlkpi month score")
    issue = known.opened.issue
    workspace = folder.workspace
    until = deadlines.of_appeals(workspace.settings.deadlines, who.at, workspace.counted_by())
    sweep(folder)
    standing = Standing(f"预发布（{who.at:%Y-%m-%d}）", until, record.events)
    written = hand_out(folder, issue, standing)
    workbooks = {dealer: digest for dealer, (_, digest) in sorted(assessed_of(folder.results).items())}
    record.add(
        "publish", who, appeal_until=until, outputs={"发放": handed_hash(folder)}, files=sorted(written),
        workbooks=workbooks,
    )  # fmt: skip
    content = f"已预发布 {len(issue.roster)} 家（{len(workbooks)} 家有分数）→ {folder.month}/发放；申诉截止 {until}。"
    return StepResult(
        "publish", True, (content, "有申诉：xlkpi month appeal 店；没有：截止以后 xlkpi month finalise。")
    )


@exclusive
def appeal(
    folder: MonthFolder, dealer: str, ground: str, who: Who, *, of: str = "", proposed: str = "", evidence: str = "",
    clause: str = "", appellant: str = "", file: Path | None = None,
) -> StepResult:  # fmt: skip
    """Record a dealer's appeal: on which ground, about what, the figure that it disputes and the one that it proposes.

    Raises:
        Refusal: the month is not published, the last day is past, or what is said is not understood.
    """
    record = folder.record()
    _published(record, "申诉")
    at_most(record, State.APPEALED, "申诉", "xlkpi month correct 店")
    sweep(folder)
    known = _frozen_sources(folder, record)
    issue = known.opened.issue
    _on_roster(issue, dealer, "申诉")
    content: dict[str, Any] = {"dealer": dealer, "ground": ground, "evidence": evidence, "clause": clause}
    content["appellant"] = appellant
    if ground == FILE:
        content |= _of_file(folder, issue, dealer, file, who)
    else:
        if not (of and proposed):
            raise refuse("申诉", "没有写哪一项、认为应是多少", f"xlkpi month appeal {dealer} --of 项目 --proposed 值")
        name, _ = field_of(issue, ground, of)
        content |= {"of": name, "value": value_in(issue, ground, name, proposed)}
        content["disputed"] = _current(folder, issue, dealer, ground, name)
    same = next((e for e in record.of("appeal") if all(e.get(key) == value for key, value in content.items())), None)
    if same is not None:
        return unchanged("appeal", f"这条申诉已经登记：第 {same['number']} 号。")
    if deadlines.is_past(appeal_until(record), who.at):
        raise refuse("申诉", f"申诉截止 {appeal_until(record)} 已过", "定稿以后走 xlkpi month correct")
    number = sum(1 for _ in record.of("appeal")) + 1
    record.add("appeal", who, number=number, **content)
    return StepResult(
        "appeal",
        True,
        (f"已登记第 {number} 号申诉（{dealer}，{ground}）：xlkpi month decide {number} --accept 或 --reject",),
    )


@exclusive
def decide(folder: MonthFolder, number: int, accepted: bool, reason: str, who: Who, *, value: str = "") -> StepResult:
    """Decide an appeal. An accepted one re-scores its dealer alone, with the value that was proposed or another.

    Raises:
        Refusal: there is no such appeal, it was decided otherwise, or inputs have changed since publication.
    """
    record = folder.record()
    _published(record, "决定申诉")
    appealed = next((event for event in record.of("appeal") if event["number"] == number), None)
    if appealed is None:
        raise refuse("决定申诉", f"没有第 {number} 号申诉", "xlkpi month status")
    known = _frozen_sources(folder, record)
    names = ("number", "dealer", "ground", "of", "value", "disputed", "file", "evidence", "clause")
    content = {name: appealed[name] for name in names if name in appealed}
    if value and "of" in content:
        content["value"] = value_in(known.opened.issue, content["ground"], content["of"], value)
    content |= {"accepted": accepted, "reason": reason}
    before = next((event for event in record.of("decide") if event["number"] == number), None)
    if before is not None:
        if all(before.get(name) == content for name, content in content.items()):
            return unchanged("decide", f"第 {number} 号申诉已经这样决定了。")
        raise refuse("决定申诉", f"第 {number} 号申诉已经决定过", "定稿以后走 xlkpi month correct")
    at_most(record, State.APPEALED, "决定申诉", "xlkpi month correct 店")
    return _changed(folder, record, "decide", who, content, f"第 {number} 号申诉")


@exclusive
def correct(
    folder: MonthFolder, dealer: str, ground: str, of: str, value: str, reason: str, who: Who, *, evidence: str = ""
) -> StepResult:  # fmt: skip
    """Correct a final month: recorded, shown on the dealer's sheet, and for this dealer alone.

    Raises:
        Refusal: the month is not final, what is said is not understood, or inputs have changed since publication.
    """
    record = folder.record()
    at_least(record, State.FINAL, "更正", "只有定稿的月份才更正", "xlkpi month finalise")
    second_name(folder.workspace, "final", who, "xlkpi month correct")
    known = _frozen_sources(folder, record)
    issue = known.opened.issue
    _on_roster(issue, dealer, "更正")
    name, _ = field_of(issue, ground, of)
    content = {"dealer": dealer, "ground": ground, "of": name, "value": value_in(issue, ground, name, value)}
    content |= {"reason": reason, "evidence": evidence}
    if any(all(event.get(key) == content for key, content in content.items()) for event in record.of("correct")):
        return unchanged("correct", "这条更正已经登记。")
    content["disputed"] = _current(folder, issue, dealer, ground, name)
    content["number"] = sum(1 for _ in record.of("correct")) + 1
    return _changed(folder, record, "correct", who, content, f"第 {content['number']} 次更正")


@exclusive
def finalise(folder: MonthFolder, who: Who, *, reason: str = "") -> StepResult:
    """Close the month. What is final changes by a recorded correction alone.

    Args:
        folder: the month.
        who: who closes it.
        reason: why it is closed before the last day of appeals.

    Raises:
        Refusal: appeals are open, the last day is not past, or inputs or results have changed since publication.
    """
    record = folder.record()
    _published(record, "定稿")
    known = _frozen_sources(folder, record)
    _as_written(folder, record, handed=record.state is State.FINAL)
    if record.state is State.FINAL:
        return unchanged("finalise", "已经定稿。")
    waiting = open_appeals(record)
    if waiting:
        numbers = "、".join(str(event["number"]) for event in waiting)
        raise refuse(
            "定稿", f"第 {numbers} 号申诉还没有决定", f"xlkpi month decide {waiting[0]['number']} --accept 或 --reject"
        )
    if not deadlines.is_past(appeal_until(record), who.at) and not reason:
        raise refuse(
            "定稿",
            f"申诉截止 {appeal_until(record)} 还没有过",
            "等到截止以后，或写理由：xlkpi month finalise --reason 理由",
        )
    second_name(folder.workspace, "final", who, "xlkpi month finalise")
    sweep(folder)
    issue = known.opened.issue
    standing = Standing(f"定稿（{who.at:%Y-%m-%d}）", appeal_until(record), record.events, final=True)
    written = hand_out(folder, issue, standing)
    record.add(
        "finalise", who, inputs=dict(known.hashes), outputs=results_of(folder) | {"发放": handed_hash(folder)},
        files=sorted(written), **({"reason": reason} if reason else {}),
    )  # fmt: skip
    return StepResult(
        "finalise", True, (f"{folder.month} 已定稿；以后只能更正：xlkpi month correct 店。", "下个月：xlkpi month open")
    )


# ------------------------------------------------------------------ one dealer's score anew


def _changed(
    folder: MonthFolder, record: Record, step: str, who: Who, content: Mapping[str, Any], name: str
) -> StepResult:
    """Keep a decision, with the dealer's old and new score where it changes one."""
    sweep(folder)
    dealer = content["dealer"]
    event: dict[str, Any] = {"step": step, **content, "at": f"{who.at:%Y-%m-%d %H:%M:%S}", "by": who.by}
    scored = content.get("accepted", True)
    known = sources(folder, record, most=scored_lines(record), pending=[event])
    inputs = dict(known.hashes)
    if scored:
        stem = f"{step}-{content['number']}_{dealer}"
        old = _set_aside(folder, record, dealer, stem)
        score_into(folder, known)
        _others_as_published(folder, record, dealer)
        content = {**content, "old": old, "new": _summary(folder, dealer)}
    issue = known.opened.issue
    sweep(folder)
    events = [*record.events, {**event, **content, "inputs": inputs}]
    standing = Standing(_word(record, who), appeal_until(record), events, final=step == "correct")
    hand_out(folder, issue, standing, [dealer])
    own_hash = {code: digest for code, (_, digest) in assessed_of(folder.results).items() if code == dealer}
    record.add(
        step,
        who,
        **content,
        inputs=inputs,
        outputs=results_of(folder) | {"发放": handed_hash(folder)},
        workbooks=own_hash,
    )
    if not scored:
        return StepResult(step, True, (f"{name}不采纳：分数不变，理由已登记。",))
    old_total, now = (f"{part['published']:.10g} 分" for part in (content["old"], content["new"]))
    return StepResult(
        step,
        True,
        (f"{name}：{dealer} 由 {old_total} 改为 {now}；别家一个字节也没有动。原来的在 {folder.month}/结果/改分前。",),
    )


def _word(record: Record, who: Who) -> str:
    final = record.last("finalise")
    if final is not None:
        return f"定稿（{final['at'][:10]}），更正于 {who.at:%Y-%m-%d}"
    return f"申诉（{who.at:%Y-%m-%d} 改）"


def _set_aside(folder: MonthFolder, record: Record, dealer: str, stem: str) -> Mapping[str, Any]:
    """Keep what a decision replaces: the workbook, and the score as data. Done before anything is changed, and once."""
    data = folder.replaced / f"{stem}.json"
    known = assessed_of(folder.results).get(dealer)
    if not data.is_file():
        published = workbooks(record).get(dealer, "")
        if known is not None and known[1] == published:
            source = folder.results / "assessed" / known[0]
            write_file(folder.replaced / f"{stem}.xlsx", source.read_bytes())
        write_file(data, (json.dumps(_summary(folder, dealer), ensure_ascii=False, indent=1) + "\n").encode())
    old: Mapping[str, Any] = json.loads(data.read_text("utf-8"))
    return old


def _summary(folder: MonthFolder, dealer: str) -> dict[str, Any]:
    """A dealer's score as it stands in 结果/: total, grade, rank, and its items."""
    match: DealerRecord | None = next(
        (each for each in load_scores(folder.results).dealers if each.dealer == dealer and each.items), None
    )
    if match is None:
        return {"published": 0.0, "grade": "", "rank": None, "status": "missing", "items": {}}
    return {
        "published": match.published, "grade": match.grade, "rank": match.rank, "status": str(match.status),
        "items": {item.id: item.score for item in match.items},
    }  # fmt: skip


def _others_as_published(folder: MonthFolder, record: Record, dealer: str) -> None:
    """See that no other dealer's workbook changed."""
    known, now = workbooks(record), assessed_of(folder.results)
    moved = [code for code, digest in known.items() if code != dealer and now.get(code, ("", ""))[1] != digest]
    if moved:
        raise Refusal(*(_finding(f"结果/assessed（{code}）", record) for code in moved))


def workbooks(record: Record) -> dict[str, str]:
    """The hash of every dealer's workbook as it was published, or as a decision left it."""
    known: dict[str, str] = {}
    for event in record.of("publish", "decide", "correct"):
        known.update(event.get("workbooks", {}))
    return known


# ------------------------------------------------------------------ what is frozen


def frozen(folder: MonthFolder, record: Record) -> None:
    """See that inputs and results are as they were published.

    Raises:
        Refusal: they are not.
    """
    _frozen_sources(folder, record)
    _as_written(folder, record, handed=True)


def _frozen_sources(folder: MonthFolder, record: Record) -> Sources:
    """The sources of a published month; each must be the one that was scored."""
    known = sources(folder, record, most=scored_lines(record))
    last = record.last(*_RESULTS) or {"inputs": {}}
    names = {name for name in {*known.hashes, *last["inputs"]} if known.hashes.get(name) != last["inputs"].get(name)}
    if names:
        raise Refusal(*(_finding(_LABELS.get(name, name), record) for name in sorted(names)))
    return known


_LABELS: Final = {"tool": "xlkpi 的版本", "issue.json": "空白表/issue.json"}


def _as_written(folder: MonthFolder, record: Record, *, handed: bool) -> None:
    last, handed_event = record.last(*_RESULTS), record.last(*_HANDED)
    now = results_of(folder)
    expected = {name: digest for name, digest in (last or {"outputs": {}})["outputs"].items() if name != "发放"}
    names = {f"结果/{name}" for name in {*now, *expected} if now.get(name) != expected.get(name)}
    if handed and handed_event is not None and handed_event["outputs"].get("发放") != handed_hash(folder):
        names.add("发放/")
    if names:
        raise Refusal(*(_finding(name, record) for name in sorted(names)))


def _finding(path: str, record: Record) -> Finding:
    return Finding(_CHANGED, facts={"path": path, "state": record.state.word})


def handed_hash(folder: MonthFolder) -> str:
    """One hash of all that lies in 发放/."""
    return joint_hash(hashes_in(folder.handed))


def scored_lines(record: Record) -> int:
    """How many lines of the receipt log the last score took."""
    return int((record.last("score") or {"lines": 0})["lines"])


def appeal_until(record: Record) -> str:
    """The last day of appeals; "" where nothing is published."""
    return str((record.last("publish") or {}).get("appeal_until", ""))


def open_appeals(record: Record) -> Sequence[Event]:
    """The appeals that nobody has decided."""
    decided = {event["number"] for event in record.of("decide")}
    return [event for event in record.of("appeal") if event["number"] not in decided]


# ------------------------------------------------------------------ what is said


def _published(record: Record, step: str) -> None:
    at_least(record, State.PUBLISHED, step, "还没有预发布", "xlkpi month publish")


def _on_roster(issue: Issue, dealer: str, step: str) -> None:
    if dealer not in issue.roster:
        raise refuse(step, f"下发的名册里没有 {dealer}", "写名册里的经销商代码")


def _of_file(folder: MonthFolder, issue: Issue, dealer: str, file: Path | None, who: Who) -> dict[str, Any]:
    """The file that a dealer wants to count: it is received and must be its own."""
    if file is None:
        raise refuse("申诉", "没有给出认为应当计分的文件", f"xlkpi month appeal {dealer} --ground {FILE} --file 文件")
    receive(folder, issue, [file], who.at)
    digest = hash_of(file)
    line = next((line for line in read_log(folder.log) if line.hash == digest and line.stored), None)
    if line is None or line.dealer != dealer:
        raise refuse("申诉", f"{file.name} 不是 {dealer} 这个月的工作簿", "给出该店的文件")
    return {"file": digest, "of": line.name}


def _current(folder: MonthFolder, issue: Issue, dealer: str, ground: str, name: str) -> Any:
    """The value that counts now: target, inspection, or the figure that the dealer sent."""
    if ground == FIGURE:
        if name in issue.decided.get(dealer, {}):
            return content_of(issue.decided[dealer][name])
        dealer_lines = [line for line in read_log(folder.log) if line.dealer == dealer and line.fate == COUNTED]
        read = read_submission(issue, folder.path / dealer_lines[-1].stored) if dealer_lines else None
        return content_of(read.answers[name].value) if isinstance(read, Submission) and name in read.answers else None
    by = issue.targets if ground == TARGET else issue.inspections
    value = by.get(dealer, {}).get(name)
    return None if value is None else content_of(value)
