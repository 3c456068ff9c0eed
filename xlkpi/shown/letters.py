"""A letter to each dealer that has something to send or to put right: as text to paste and as a page.

The texts stand in `templates/reports/letter.txt.j2` and `letter.html.j2`; dealers' words are escaped in the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from xlkpi.findings import Finding, Severity
from xlkpi.issue import Dealer
from xlkpi.month.month import Month
from xlkpi.month.returns import Return, ReturnStatus
from xlkpi.resources import templates
from xlkpi.values import Status


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


def letters(month: Month, deadline: str = "", locked: str = "") -> Iterator[Letter]:
    """The letters, in the list's order. A dealer with whom all is well gets none. `deadline` and `locked` are words for
    other dates than the issue's."""
    issue = month.issue
    found = {row.dealer.code: row.findings for row in month.standings.rows if row.status is not Status.REJECTED}
    reasons = {unusable.file: unusable.findings for unusable in month.unusable}
    by_dealer: dict[str, list[Return]] = {}
    for line in month.returns:
        if line.dealer in issue.roster and line.status not in (ReturnStatus.NOT_ISSUED, ReturnStatus.UNKNOWN):
            by_dealer.setdefault(line.dealer, []).append(line)
    environment = Environment(
        loader=FileSystemLoader(templates() / "reports"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html.j2",)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for code, mine in by_dealer.items():
        told = _told(issue.roster[code], mine, found, reasons)
        if told["missing"] or told["late"] or told["refused"] or told["points"]:
            dates = {"deadline": deadline or issue.deadline, "locked": locked or issue.locked}
            facts = {"issue": issue, "dealer": issue.roster[code], **dates, **told}
            text, page = (environment.get_template(f"letter.{kind}.j2").render(facts) for kind in ("txt", "html"))
            yield Letter(code, issue.file_name(issue.roster[code]).removesuffix(".xlsx"), text, page)


def _told(
    dealer: Dealer, mine: Sequence[Return], found: Mapping[str, Sequence[Finding]],
    reasons: Mapping[str, Sequence[Finding]],
) -> dict[str, object]:  # fmt: skip
    counting = next((line for line in mine if line.status.is_counted), None)
    refused = [line for line in mine if line.status.is_refused]
    return {
        "missing": counting is None,
        "late": counting if counting and counting.status is ReturnStatus.LATE else None,
        "counting": counting,
        "refused": [(line, list(_points(reasons.get(line.file, ())))) for line in refused],
        "points": list(_points(found.get(dealer.code, ()))) if counting else [],
    }


def _points(findings: Iterable[Finding]) -> Iterator[Point]:
    theirs = [f for f in findings if f.severity > Severity.NOTICE and f.entry.audience == "dealer"]
    for f in sorted(theirs, key=lambda f: (-f.severity, f.place or ("", ""))):
        yield Point(f.severity.word, f.code, str(f.place or ""), f.message(), f.remedy())
