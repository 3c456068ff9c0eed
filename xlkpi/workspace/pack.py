"""A score with all that it was made of, as one archive that a third party recomputes with the tool alone.

An archive holds the issue as it counts (with revised targets), inspections, waivers, decided figures, the files that
count with their receipts, extensions, the history of the month, and the hashes of the assessed workbooks. One of a
single dealer holds nothing of another: roster, targets, seals, receipts and history are cut down to it.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from xlkpi.batch import Expected, Filing
from xlkpi.batch.manifest import tool
from xlkpi.batch.receipts import Receipt, end_of
from xlkpi.files import write_file
from xlkpi.findings import Finding, Ruling, Severity
from xlkpi.intake.guard import OF_MANY_FILES, Package, Refused, archive, raw_bytes
from xlkpi.issue import ISSUE_FILE, MASTER_FILE, Actual, Issue, Revision
from xlkpi.library import OpenIssue
from xlkpi.month.scores import load_scores, scores_codec
from xlkpi.values import Value, content_of
from xlkpi.workbook.package import assemble, member
from xlkpi.workspace.closing import scored_lines
from xlkpi.workspace.decisions import decision, revived
from xlkpi.workspace.handing import revision_said
from xlkpi.workspace.places import MonthFolder
from xlkpi.workspace.receiving import Line, read_log
from xlkpi.workspace.record import Event, Record, Refusal, State, joint_hash, refuse
from xlkpi.workspace.scoring import ASSESSED, Sources, assessed_of, sources
from xlkpi.workspace.steps import at_least

PACK_FILE: Final = "pack.json"
FORMAT: Final = 1
_OF_MANY: Final = ("dealers", "workbooks", "files", "inputs", "outputs", "before")
"""What an event says of more than one dealer."""


@dataclass(frozen=True, slots=True)
class Packed:
    """An archive: its name and bytes, and how many dealers and files it holds."""

    name: str
    data: bytes
    dealers: int
    files: int


@dataclass(frozen=True, slots=True)
class Verified:
    """A recomputed archive: the month, the dealers whose workbook came out byte for byte the same, those where it did
    not, and the tool that had made it, where that was another one."""

    month: str
    same: tuple[str, ...]
    different: tuple[str, ...]
    tool: str = ""


def pack(folder: MonthFolder, dealer: str = "") -> Packed:
    """Pack a scored month, or one dealer of it.

    Args:
        folder: the month.
        dealer: whose score; "": everybody's.

    Raises:
        Refusal: the month is not scored, what it was made of has changed since, or the dealer has no score.
    """
    record = folder.record()
    at_least(record, State.SCORED, "打包", "还没有评分", "xlkpi month score")
    known = sources(folder, record, most=scored_lines(record))
    last = record.last("score", "decide", "correct") or {}
    changed = sorted(name for name, digest in known.hashes.items() if last["inputs"].get(name) != digest)
    if changed:
        raise Refusal(*(Finding("XK-W087", facts={"path": name, "state": record.state.word}) for name in changed))
    workbooks = {c: workbook for c, workbook in assessed_of(folder.results).items() if dealer in ("", c)}
    if dealer and dealer not in workbooks:
        raise refuse("打包", f"{dealer} 没有评过分", "写有分数的经销商代码")
    lines = [line for line in read_log(folder.log) if folder.path / line.stored in known.files and line.stored]
    lines = [line for line in lines if not dealer or line.dealer == dealer]
    issue = _cut(known.opened.issue, dealer)
    contents = {line.stored: (folder.path / line.stored).read_bytes() for line in lines}
    about = _about(folder, record, known, issue, dealer, lines)
    about["workbooks"] = {code: digest for code, (_, digest) in workbooks.items()}
    contents |= _issue_files(issue)
    if dealer:
        name = workbooks[dealer][0]
        contents[f"{ASSESSED}/{name}"] = (folder.results / ASSESSED / name).read_bytes()
    else:
        lists = (folder.targets, *folder.inspection_lists(), folder.waivers, folder.actuals, folder.path / "month.json")
        contents |= {path.relative_to(folder.path).as_posix(): path.read_bytes() for path in lists if path.is_file()}
    about["hashes"] = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(contents.items())}
    contents[PACK_FILE] = (json.dumps(about, ensure_ascii=False, indent=1) + "\n").encode()
    data = assemble(member(name, contents[name], 6) for name in sorted(contents))
    stem = f"{folder.month}_{dealer}" if dealer else folder.month
    return Packed(f"{stem}.zip", data, len(workbooks), len(lines))


def _cut(issue: Issue, dealer: str) -> Issue:
    """The issue with one dealer alone."""
    if not dealer:
        return issue

    def only(by: Mapping[str, Any]) -> dict[str, Any]:
        return {dealer: by[dealer]} if dealer in by else {}

    return replace(
        issue,
        roster={dealer: replace(issue.roster[dealer], merged=())} if dealer in issue.roster else {},
        targets=only(issue.targets), history=only(issue.history),
        inspections=only(issue.inspections), decided=only(issue.decided), actuals=only(issue.actuals),
        seals=only(issue.seals),
        before_revision=only(issue.before_revision),
        revisions=tuple(_revision_for(revision, dealer) for revision in issue.revisions),
        waivers=tuple(ruling for ruling in issue.waivers if ruling.dealer in ("", dealer)),
    )  # fmt: skip


def _revision_for(revision: Revision, dealer: str) -> Revision:
    """What a dealer may know of a revision: of one that does not concern it the number and the day."""
    if dealer in revision.dealers:
        return replace(revision, dealers=(dealer,))
    return Revision(revision.number, revision.day)


def _issue_files(issue: Issue) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as temporary:
        issue.save(temporary)
        return {f"issue/{name}": (Path(temporary) / name).read_bytes() for name in (ISSUE_FILE, MASTER_FILE)}


def _about(
    folder: MonthFolder, record: Record, known: Sources, issue: Issue, dealer: str, lines: Sequence[Line]
) -> dict[str, Any]:
    expected = known.filing.expected
    extended = {} if expected is None else expected.extended
    return {
        "format": FORMAT, "month": folder.month, "dealer": dealer, "tool": tool("compiled"),
        "engine": load_scores(folder.results).engine, "state": record.state.word,
        "scheme": f"{issue.scheme.name} {issue.scheme.version}", "made_of": _made_of(folder, dealer),
        "targets": revision_said(issue, dealer),
        "inspections": _plain(issue.inspections), "decided": _plain(issue.decided),
        "actuals": {
            code: {name: [content_of(actual.value), actual.source] for name, actual in by.items()}
            for code, by in issue.actuals.items()
        },
        "waivers": [asdict(ruling) for ruling in issue.waivers],
        "deadline": issue.deadline, "locked": issue.locked, "copies": known.filing.copies,
        "extended": {code: at.isoformat() for code, at in extended.items() if dealer in ("", code)},
        "receipts": [asdict(line) for line in lines],
        "history": [_event(event, dealer) for event in record.events if dealer in ("", event.get("dealer", dealer))],
        "results": _results(folder, dealer),
    }  # fmt: skip


def _made_of(folder: MonthFolder, dealer: str) -> str:
    scores = load_scores(folder.results)
    return next((record.made_of for record in scores.dealers if record.dealer == dealer), scores.made_of)


def _event(event: Event, dealer: str) -> dict[str, Any]:
    """An event; of what many dealers share only one hash where the archive is one dealer's."""
    if not dealer:
        return dict(event)
    own_parts = {name: part for name, part in event.items() if name not in _OF_MANY}
    if event["step"] == "issue" and dealer not in event.get("dealers", ()):
        own_parts = {name: part for name, part in own_parts.items() if name not in ("reason", "approved")}
    return own_parts | {name: joint_hash(event[name]) for name in ("inputs", "outputs") if name in event}


def _results(folder: MonthFolder, dealer: str) -> list[dict[str, Any]]:
    """The dealers' records of scores.json; what a finding says of other dealers stays out of one dealer's archive."""
    data = json.loads(scores_codec().dump_json(load_scores(folder.results)))
    records = [record for record in data["dealers"] if dealer in ("", record["dealer"])]
    return [{**record, "findings": []} for record in records] if dealer else records


def _plain(by: Mapping[str, Mapping[str, Value]]) -> dict[str, dict[str, Any]]:
    return {code: {name: content_of(value) for name, value in fields.items()} for code, fields in by.items()}


# ------------------------------------------------------------------ recomputing


def verify(path: Path) -> Verified:
    """Recompute an archive with this program, and compare every assessed workbook byte for byte.

    Raises:
        Refused: it is no archive, is unsafe, or its parts are not those that it was made with.
    """
    raw = raw_bytes(path, OF_MANY_FILES.file)
    if len(raw) > OF_MANY_FILES.file:
        limit = f"{OF_MANY_FILES.file >> 20} MB"
        raise Refused("XK-F006", what="文件", found=f"超过 {limit}", limit=limit)
    package = archive(raw, OF_MANY_FILES)
    about = _read_about(package)
    try:
        return _recomputed(package, about)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refused("XK-F002", detail=f"{PACK_FILE} 的内容不完整") from None


def _recomputed(package: Package, about: Mapping[str, Any]) -> Verified:
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for name, digest in about["hashes"].items():
            data = package.part(name) if name in package else b""
            if name not in package or hashlib.sha256(data).hexdigest() != digest:
                raise Refused("XK-F002", detail=f"{name} 与打包时不同")
            write_file(root / name, data)
        issue = _issue_of(root / "issue", about)
        if any(line["stored"] not in about["hashes"] for line in about["receipts"]):
            raise Refused("XK-F002", detail="收件记录里的文件不在包里")
        moments = {root / line["stored"]: datetime.fromisoformat(line["at"]) for line in about["receipts"]}
        ends = (end_of(about["deadline"], about["month"]), end_of(about["locked"], about["month"]))
        extended = {code: datetime.fromisoformat(at) for code, at in about["extended"].items()}
        receipts = {str(file): Receipt(moment, True) for file, moment in moments.items()}
        filing = Filing(receipts, Expected(issue.roster, *ends, extended), about.get("copies", ""))
        OpenIssue(issue).score(list(moments), out=root / "out", engine=about["engine"], jobs=1, filing=filing)
        remade = {code: digest for code, (_, digest) in assessed_of(root / "out").items()}
    wanted: dict[str, str] = about["workbooks"]
    same = tuple(code for code, digest in wanted.items() if remade.get(code) == digest)
    other_tool = about["tool"] if about["tool"] != tool("compiled") else ""
    return Verified(about["month"], same, tuple(code for code in wanted if code not in same), other_tool)


def _read_about(package: Package) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads(package.part(PACK_FILE) if PACK_FILE in package else b"")
        if about["format"] != FORMAT or not isinstance(about["hashes"], dict):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused("XK-F002", detail="不是 xlkpi month pack 写的包") from None
    return about


def _issue_of(folder: Path, about: Mapping[str, Any]) -> Issue:
    issue = Issue.load(folder)
    inspections = {code: {n: revived(v) for n, v in by.items()} for code, by in about["inspections"].items()}
    decided = {code: {n: revived(v) for n, v in by.items()} for code, by in about["decided"].items()}
    waivers = tuple(
        Ruling(**{**ruling, "severity": None if ruling["severity"] is None else Severity(ruling["severity"])})
        for ruling in about["waivers"]
    )
    actuals = {
        code: {name: Actual(revived(value), source) for name, (value, source) in by.items()}
        for code, by in about.get("actuals", {}).items()
    }
    return replace(issue, inspections=inspections, decided=decided, actuals=actuals, waivers=waivers)


# ------------------------------------------------------------------ the audit trail in words


def provenance(folder: MonthFolder, dealer: str) -> list[str]:
    """All that a dealer's score was made of, in lines: tool, scheme, targets, inspections, receipts, decisions.

    Raises:
        Refusal: the month is not scored, or what it was made of has changed since.
    """
    package = archive(pack(folder, dealer).data, OF_MANY_FILES)
    about = json.loads(package.part(PACK_FILE))
    targets = json.loads(package.part(f"issue/{ISSUE_FILE}"))["targets"].get(dealer, {})
    lines = [
        f"经销商　{dealer}　{about['month']}　{about['state']}",
        f"工具　　{about['tool']}",
        f"方案　　{about['scheme']}；依据校验 {about['made_of']}",
        f"目标　　{about['targets']}",
    ]
    lines += [f"目标　　{name} = {value}" for name, value in sorted(targets.items())]
    lines += [f"检查情况　{name} = {value}" for name, value in sorted(about["inspections"].get(dealer, {}).items())]
    lines += [
        f"总部系统的数　{name} = {value}（{source}）"
        for name, (value, source) in sorted(about["actuals"].get(dealer, {}).items())
    ]
    lines += [f"总部定的数　{name} = {value}" for name, value in sorted(about["decided"].get(dealer, {}).items())]
    lines += [f"收件　　{line['at']}　{line['name']}　{line['hash']}" for line in about["receipts"]]
    changes = [event for event in about["history"] if event["step"] in ("decide", "correct")]
    lines += [
        f"改分　　{event['at']}　{event['by']}　{json.dumps(decision(event), ensure_ascii=False)}" for event in changes
    ]
    lines += [f"校验　　{name}　{digest}" for name, digest in about["hashes"].items()]
    lines += [f"校验　　评分后的工作簿　{digest}" for digest in about["workbooks"].values()]
    return lines


def dealer_of(folder: MonthFolder, file: Path) -> str:
    """Whose assessed workbook a file in 结果/ or 发放/ is, by its name; "" where it is none."""
    return next((code for code, (name, _) in assessed_of(folder.results).items() if name == file.name), "")
