"""A letter to each dealer that has something to send or to put right: as text to paste and as a page.

The texts stand in `templates/reports/letter.txt.j2` and `letter.html.j2`; dealers' words are escaped in the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from xlkpi.batch.receipts import end_of
from xlkpi.files import visible
from xlkpi.findings import Finding, Severity, for_dealer, told_once
from xlkpi.headquarters.deadlines import day_said
from xlkpi.issue import Dealer
from xlkpi.month.month import Month
from xlkpi.month.returns import Return, ReturnStatus
from xlkpi.resources import templates
from xlkpi.values import Status

GROUP_FILE: Final = "群通知.txt"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to a dealer; `name` is the files' name without its ending."""

    dealer: str
    name: str
    text: str
    page: str


@dataclass(frozen=True, slots=True)
class Point:
    """Something to put right: where, what it is and what to do."""

    word: str
    code: str
    place: str
    message: str
    remedy: str


def letters(month: Month, deadline: str = "", locked: str = "", now: datetime | None = None) -> Iterator[Letter]:
    """The letters, in the list's order. A dealer with whom all is well gets none.

    Args:
        month: the month, with what was found in the files.
        deadline: words for another day than the issue's.
        locked: words for another day than the issue's.
        now: the moment of writing; no letter asks for something until a day that is past.
    """
    issue = month.issue
    findings = {row.dealer.code: row.findings for row in month.standings.rows if row.status is not Status.REJECTED}
    scored_of = {row.dealer.code: row.made_of for row in month.standings.rows if row.made_of}
    reasons = {unusable.file: unusable.findings for unusable in month.unusable}
    by_dealer: dict[str, list[Return]] = {}
    for line in month.returns:
        if line.dealer in issue.roster and line.status not in (ReturnStatus.NOT_ISSUED, ReturnStatus.UNKNOWN):
            by_dealer.setdefault(line.dealer, []).append(line)
    environment = _environment()
    for code, lines in by_dealer.items():
        content = _content(issue.roster[code], lines, findings, reasons)
        if content["missing"] or content["late"] or content["refused"] or content["points"]:
            dates = _dates(month, deadline, locked, now)
            made_of = scored_of.get(code) or issue.hash_of(code)
            facts = {
                "issue": issue, "dealer": issue.roster[code], "basis": issue.basis(made_of), **dates, **content,
            }  # fmt: skip
            text, page = (
                visible(environment.get_template(f"letter.{kind}.j2").render(facts), keep="\n\t")
                for kind in ("txt", "html")
            )
            yield Letter(code, issue.file_name(issue.roster[code]).removesuffix(".xlsx"), text, page)


def group_text(month: Month, deadline: str = "", locked: str = "", now: datetime | None = None) -> str:
    """One text to paste into the dealers' group chat: who has not sent, and who has something to put right. Arguments
    are those of `letters`. "" where there is nobody to call."""
    issue = month.issue
    findings = {row.dealer.code: row.findings for row in month.standings.rows if row.status is not Status.REJECTED}
    lines = [line for line in month.returns if line.dealer in issue.roster]
    counted = {line.dealer for line in lines if line.status.is_counted}
    refused = {line.dealer for line in lines if line.status.is_refused} - counted
    missing = {line.dealer for line in lines if line.status is ReturnStatus.MISSING} - counted - refused
    points = {code: len(list(_points(findings.get(code, ()), Severity.ERROR))) for code in counted}
    content = {
        "missing": [dealer for code, dealer in issue.roster.items() if code in missing],
        "refused": [dealer for code, dealer in issue.roster.items() if code in refused],
        "wrong": [(dealer, points[code]) for code, dealer in issue.roster.items() if points.get(code)],
    }
    if not any(content.values()):
        return ""
    return (
        _environment()
        .get_template("group.txt.j2")
        .render(issue=issue, **_dates(month, deadline, locked, now), **content)
    )


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(templates() / "reports"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html.j2",)),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _dates(month: Month, deadline: str, locked: str, now: datetime | None) -> dict[str, str]:
    """The days that letters name; `until` and `locked` are blank where they are past."""
    issue, moment = month.issue, now or _now()
    due, lock = deadline or issue.deadline, locked or issue.locked

    def ahead(day: str) -> str:
        end = end_of(day, issue.month)
        return day_said(day, issue.month) if end is not None and moment < end else ""

    return {"deadline": day_said(due, issue.month), "until": ahead(due), "locked": ahead(lock)}


def _now() -> datetime:
    return datetime.now()


def _content(
    dealer: Dealer, lines: Sequence[Return], findings: Mapping[str, Sequence[Finding]],
    reasons: Mapping[str, Sequence[Finding]],
) -> dict[str, object]:  # fmt: skip
    counting = next((line for line in lines if line.status.is_counted), None)
    refused = [line for line in lines if line.status.is_refused]
    return {
        "missing": counting is None,
        "late": counting if counting and counting.status is ReturnStatus.LATE else None,
        "counting": counting,
        "refused": [(line, list(_points(reasons.get(line.file, ())))) for line in refused],
        "points": list(_points(findings.get(dealer.code, ()))) if counting else [],
        "notes": list(_notes(findings.get(dealer.code, ()))) if counting else [],
    }


def _points(findings: Iterable[Finding], least: Severity = Severity.WARNING) -> Iterator[Point]:
    theirs = [f for f in for_dealer(findings) if f.severity >= least]
    for f in told_once(sorted(theirs, key=lambda f: (-f.severity, f.place or ("", "")))):
        yield Point(f.severity.word, f.code, str(f.place or ""), f.told_dealer(), f.advice())


def _notes(findings: Iterable[Finding]) -> Iterator[Point]:
    """What a dealer should know and need do nothing about."""
    notices = [f for f in findings if f.severity is Severity.NOTICE]
    return _points(notices, Severity.NOTICE)
