"""From headquarters' lists to an issue: what `xlkpi new` and a workspace share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from xlkpi.findings import Finding, Severity, worst
from xlkpi.folders import Gathered, gather
from xlkpi.headquarters.calendar import Calendar, against_calendar
from xlkpi.headquarters.issuing import make_issue, with_history
from xlkpi.headquarters.lists import (
    Listed,
    ListRefused,
    excused,
    read_headquarters_figures,
    read_history,
    read_plan,
    read_roster,
    read_targets,
)
from xlkpi.headquarters.previous import Carried, contradictions, nothing_before, read_previous, read_year_ago
from xlkpi.issue import ACCEPTED, Issue
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.model import Scheme


@dataclass(frozen=True, slots=True)
class Lists:
    """Headquarters' lists for a month: roster and targets, and what else there is: last month's values, the year's
    plan, folders of assessed workbooks of last month and of a year ago, the history file, the calendar that 工作天数 is
    compared with."""

    roster: Sequence[Path]
    targets: Sequence[Path]
    last: Sequence[Path] = ()
    plans: Sequence[Path] = ()
    previous: Path | None = None
    year_ago: Path | None = None
    store: Path | None = None
    calendar: Calendar | None = None


def prepare_issue(
    scheme: Scheme,
    compiled: Compiled,
    month: str,
    lists: Lists,
    *,
    deadline: str = "",
    locked: str = "",
    contact: str = "",
    anyway: bool = False,
    waiting: Callable[[str], None] | None = None,
) -> tuple[Issue, list[Finding]]:
    """The issue of a month, and what is to say about the lists.

    Args:
        scheme: the scheme.
        compiled: its formulas.
        month: the month, as YYYY-MM.
        lists: headquarters' lists.
        deadline: until when dealers send; blank: the scheme's day.
        locked: from when on nothing counts; blank: never.
        contact: whom dealers ask.
        anyway: headquarters insists on lists of another month, scheme or kind.
        waiting: is told that another program has the history file open.

    Raises:
        ListRefused: an error in a list; nothing can be issued.
    """
    dealers = read_roster(lists.roster, month, anyway=anyway)
    _stop(dealers.findings)
    aimed = read_targets(lists.targets, scheme, dealers.rows, month=month, anyway=anyway, complete=True)
    aimed.findings = excused(aimed.findings, dealers.absent, month)
    if aimed.refused:
        raise ListRefused([*dealers.findings, *aimed.findings])
    figures = read_headquarters_figures(lists.targets, scheme, dealers.rows, month=month, anyway=anyway)
    figures.findings = excused(figures.findings, dealers.absent, month)
    _stop([*dealers.findings, *aimed.findings], figures.findings)
    issue = make_issue(
        scheme, compiled, month=month, roster=dealers.rows, targets=aimed.rows, deadline=deadline, locked=locked,
        contact=contact,
    )  # fmt: skip
    before = _months_before(issue, lists, anyway, waiting)
    plan = read_plan(lists.plans, scheme, dealers.rows, anyway=anyway) if lists.plans else Listed()
    last = read_history(lists.last, scheme, dealers.rows, anyway=anyway) if lists.last else Listed()
    for listed in (plan, last):
        listed.findings = excused(listed.findings, dealers.absent, month)
    known = [*before, figures, last, plan]
    findings = [*dealers.findings, *aimed.findings, *(finding for listed in known for finding in listed.findings)]
    if lists.calendar is not None:
        findings += against_calendar(scheme, month, figures, lists.calendar)
    findings += contradictions(plan, [listed.rows for listed in before], issue)
    _stop(findings)
    accepted = tuple(finding for finding in findings if finding.code == ACCEPTED)
    return replace(with_history(issue, [listed.rows for listed in known]), accepted=accepted), findings


def _stop(findings: Iterable[Finding], more: Iterable[Finding] = ()) -> None:
    listed = list(findings)
    if worst(listed) is Severity.ERROR:
        raise ListRefused([*listed, *more])


def _months_before(
    issue: Issue, lists: Lists, anyway: bool, waiting: Callable[[str], None] | None
) -> list[Listed[Carried]]:
    """What is known of the months before an issue's; a later source overrides an earlier one."""
    known = [Listed(nothing_before(issue.layout, issue.roster, issue.month))]
    if lists.store:
        from xlkpi.month.store.carry import known_before  # noqa: PLC0415 - duckdb is heavy
        from xlkpi.month.store.file import open_store  # noqa: PLC0415 - DuckDB is heavy, and only wanted where a store is

        with open_store(lists.store, notify=waiting) as store:
            known.append(known_before(store, issue))
    folders = (lists.year_ago, lists.previous)
    earlier = [gather((folder,), returns=False) if folder else Gathered() for folder in folders]
    findings = [finding for lying in earlier for finding in lying.findings]
    _stop(findings)
    known.append(Listed(findings=findings))
    return [
        *known,
        read_year_ago(earlier[0].files, issue.scheme, issue.layout, issue.roster, issue.month, anyway=anyway),
        read_previous(earlier[1].files, issue.scheme, issue.layout, issue.roster, issue.month, anyway=anyway),
    ]
