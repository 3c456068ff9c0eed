"""What this month's blanks carry over from earlier months: last values, earlier months, plans, open measures.

Everything goes by names. X_上月 is last month's X; X_前3月 is X of three months ago, which last month knew as X_前2月;
X_去年同月 is X of twelve months ago; the plan's targets and the diagnoses' persons and days carry over as they are; the
year's actual so far grows by last month's. Known are last month's assessed workbooks, or the months in a store.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import ParseError

from xlkpi.findings import Finding, Severity, most_serious_first, worst
from xlkpi.folders import shown_names
from xlkpi.headquarters.joined import Known, first_open, joined
from xlkpi.headquarters.lists import Listed
from xlkpi.intake.bounded import bounded
from xlkpi.intake.guard import Refused
from xlkpi.intake.reader import open_workbook, place_of
from xlkpi.issue import Dealer, Issue
from xlkpi.scheme import parts
from xlkpi.scheme.cells import DEALER, MONTH, months_ago, of_field, split_name
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.parts import Part
from xlkpi.values import CellKind, Place, RawCell, absence_of, months_earlier
from xlkpi.workbook.layout import Layout, Role
from xlkpi.workbook.seal import seal_of
from xlkpi.workbook.sheets.marker import MARKER_NAME

_ASSESSED: Final = "评分后的工作簿"

Carried = dict[str, float | str]


def read_previous(
    paths: list[Path], scheme: Scheme, layout: Layout, roster: Mapping[str, Dealer], month: str, *, anyway: bool = False
) -> Listed[Carried]:
    """What carries over, by dealer code and slot name, from last month's assessed workbooks.

    A file of another month than the one before (XK-T061) or of another kind (XK-T060) is a finding and is not used;
    with `anyway` one of another scheme (XK-T062), or not as it was assessed (XK-W075, XK-W076), is.
    """
    read = _read(paths, layout.scheme, months_earlier(month), anyway)
    known, gaps = _of_roster(read.rows, scheme, roster, month, 1)
    ranks = peer_ranks(scheme, roster, {code: months[1] for code, months in known.items() if 1 in months})
    rows = {
        code: carried_over(layout, months, month, first_open(roster[code]))
        | {name: rank for name, rank in ranks.get(code, {}).items() if name in layout.slots}
        for code, months in known.items()
    }
    return Listed(rows, [*read.findings, *gaps])


def _of_roster(
    rows: Mapping[str, Known], scheme: Scheme, roster: Mapping[str, Dealer], month: str, ago: int
) -> tuple[dict[str, dict[int, Known]], list[Finding]]:  # fmt: skip
    """What the month's dealers reported so many months ago, each with those that were merged into it."""
    reported = {code: {ago: values} for code, values in rows.items()}
    known: dict[str, dict[int, Known]] = {}
    findings: list[Finding] = []
    for code, dealer in roster.items():
        months, gaps = joined(scheme, dealer, month, reported)
        findings += gaps
        if months:
            known[code] = months
    return known, findings


def read_year_ago(
    paths: list[Path], scheme: Scheme, layout: Layout, roster: Mapping[str, Dealer], month: str, *, anyway: bool = False
) -> Listed[Carried]:  # fmt: skip
    """The figures of the same month last year, by dealer code and slot name, from that month's assessed workbooks."""
    read = _read(paths, layout.scheme, months_earlier(month, 12), anyway)
    known, gaps = _of_roster(read.rows, scheme, roster, month, 12)
    rows = {code: _earlier_figures(layout, months[12], month) for code, months in known.items()}
    return Listed(rows, [*read.findings, *gaps])


def _earlier_figures(layout: Layout, values: Known, month: str) -> Carried:
    """Of a year ago only figures carry over, not persons and plans."""
    carried = carried_over(layout, {12: values}, month)
    return {name: value for name, value in carried.items() if split_name(name)[1] not in parts.CARRIED}


FEWEST_PEERS = 5
"""Dealers with a figure, below which a rank would tell of a dealer how another one stands."""


def peer_ranks(scheme: Scheme, roster: Mapping[str, Dealer], values: Mapping[str, Known]) -> dict[str, dict[str, str]]:
    """X_同组名次 by dealer: the rank of X among the dealers of the same 对标组 that have a figure, as 3/12.

    The best is first, by the indicator's own direction, and ties share a rank. There is none for a dealer without a
    group or on trial, for a figure of which neither more nor less is better, and where fewer than five have the figure.
    """
    groups: dict[str, list[str]] = {}
    for dealer in roster.values():
        if dealer.peer_group and not dealer.trial:
            groups.setdefault(dealer.peer_group, []).append(dealer.code)
    ranks: dict[str, dict[str, str]] = {code: {} for code in values}
    for name in scheme.aims:
        better = scheme.indicators[name].better if name in scheme.indicators else "up"
        if better == "range":
            continue
        for group in groups.values():
            known = {code: values.get(code, {}).get(name) for code in group}
            sign = -1 if better == "up" else 1
            figures = {code: sign * round(value, 10) for code, value in known.items() if isinstance(value, float)}
            if len(figures) < FEWEST_PEERS:
                continue
            order = sorted(figures.values())
            for code, figure in figures.items():
                ranks[code][of_field(name, parts.RANK)] = f"{bisect_left(order, figure) + 1}/{len(figures)}"
    return ranks


def nothing_before(layout: Layout, roster: Mapping[str, Dealer], month: str) -> dict[str, Carried]:
    """What is known of every dealer without any earlier month: in January, and for one that opens in this month, the
    year so far is 0."""
    by_opening = {since: carried_over(layout, {}, month, since) for since in map(first_open, roster.values())}
    return {code: dict(carried) for code, dealer in roster.items() if (carried := by_opening[first_open(dealer)])}


def contradictions(plan: Listed[Carried], known: Iterable[Mapping[str, Carried]], issue: Issue) -> list[Finding]:
    """Where the plan's 本年以前 or 本季以前 is another than what the months before come to (XK-T085), and its target of
    the month another than the month's (XK-T099)."""
    of_month = parts.MONTH_TARGETS[int(issue.month[5:]) - 1]
    findings = []
    for code, values in plan.rows.items():
        targets = issue.targets.get(code, {})
        before = {name: value for source in known for name, value in source.get(code, {}).items()}
        for name, value in values.items():
            base, part = split_name(name)
            if part not in (*parts.SO_FAR, of_month):
                continue
            expected = targets.get(base) if part == of_month else before.get(name)
            if not isinstance(value, float) or not isinstance(expected, float):
                continue
            if round(value, 10) != round(expected, 10):
                file, place = plan.places[code, name]
                label = f"{code} {issue.scheme.fields[base].label or base} {part}"
                facts = {"label": label, "found": f"{value:,.10g}", "expected": f"{expected:,.10g}"}
                findings.append(Finding("XK-T099" if part == of_month else "XK-T085", file, place, base, facts))
    return most_serious_first(findings)


def _read(paths: list[Path], scheme: str, wanted: str, anyway: bool) -> Listed[Known]:
    """The named values of a scheme's assessed workbooks of one month, by dealer code."""
    out: Listed[Known] = Listed()
    for path, name in shown_names(paths).items():
        try:
            book = _book(path)
        except (Refused, ValueError, KeyError, IndexError, ParseError, RecursionError) as error:
            refused = error if isinstance(error, Refused) else Refused("XK-F002", detail="内容不合规范")
            out.findings.append(Finding(refused.code, name, facts=refused.facts))
            continue
        findings = [Finding(code, name, facts=facts) for code, facts in _against(book, scheme, wanted, anyway)]
        out.findings += findings
        if worst(findings) is Severity.ERROR:
            continue
        dealer = str(book.values[DEALER])
        if out.rows.setdefault(dealer, book.values) != book.values:
            out.findings.append(Finding("XK-T022", name, facts={"dealer": dealer}))
    return out


def _against(book: _Book, scheme: str, wanted: str, anyway: bool) -> Iterator[tuple[str, Mapping[str, object]]]:
    """What speaks against a file's being an assessed workbook of the scheme and month that are wanted.

    With `anyway` headquarters insists on another scheme, and on a workbook that is not as it was assessed.
    """
    if not isinstance(book.values.get(DEALER), str):
        yield "XK-T060", {"found": "别的表", "expected": _ASSESSED}
        return
    month = book.values.get(MONTH)
    if month != wanted:
        yield "XK-T061", {"found": month or "—", "expected": wanted}
    if book.scheme not in ("", scheme):
        yield "XK-T063" if anyway else "XK-T062", {"found": book.scheme, "expected": scheme}
    if book.seal != "whole":
        code, reason = ("XK-W075", "没有评分的") if book.seal == "none" else ("XK-W076", "评分以后改动过的")
        yield ("XK-T063", {"found": reason, "expected": _ASSESSED}) if anyway else (code, {})


def carried_over(layout: Layout, months: Mapping[int, Known], month: str, since: str = "") -> Carried:
    """The slots of a month's layout that what is known of earlier months fills.

    Args:
        layout: the layout of the month that is issued.
        months: named values by how many months ago they were reported: 1 is the month before.
        month: the month that is issued.
        since: the day on which the dealer opened; "" where that is not known.
    """
    earlier = _Earlier(months, int(month[5:]), _months_open(since, month))
    carried: Carried = {}
    for slot in layout.of(Role.HISTORY, Role.ANSWER, Role.MEASURE):
        value = earlier.of_slot(slot.name, planned=slot.role is Role.HISTORY)
        if value is not None and value != "":
            carried[slot.name] = value
    return carried


def _months_open(since: str, month: str) -> int:
    """How many months before a month a dealer that opened on a day was open, at most 12."""
    return next((ago for ago in range(12) if months_earlier(month, ago + 1) < since[:7]), 12)


def year_gaps(months: Mapping[int, Known], month: str) -> list[int]:
    """The months (counted back) without a report between reported ones: the year so far is not known."""
    reported = [ago for ago in months if ago < int(month[5:])]
    return [ago for ago in range(1, max(reported, default=0)) if ago not in months]


@dataclass(frozen=True, slots=True)
class _Earlier:
    """Named values of earlier months, and the number of the month that is issued."""

    months: Mapping[int, Known]
    number: int
    open: int = 12
    """For how many months before this one the dealer may have been open."""

    def of_slot(self, name: str, *, planned: bool) -> float | str | None:
        """The value for a slot's name; `planned`: it comes from headquarters' plan, not from the dealer."""
        base, part = split_name(name)
        ago = months_ago(part)
        if ago is not None:
            return self.value(base, ago)
        if part == parts.BEFORE_YEAR:
            return self.so_far(base, part, self.number - 1)
        if part == parts.BEFORE_QUARTER:
            return self.so_far(base, part, (self.number - 1) % 3)
        return self.carried(name, part, planned=planned) if part in parts.CARRIED else None

    def value(self, name: str, ago: int) -> float | str | None:
        """A field's value so many months ago: as reported then, else as a later month knew it."""
        reported = self.months.get(ago, {}).get(name)
        if reported is not None:
            return reported
        later = (self.months.get(n, {}).get(of_field(name, parts.ago(ago - n))) for n in range(ago - 1, 0, -1))
        return next((value for value in later if value is not None), None)

    def so_far(self, name: str, part: Part, months: int) -> float | None:
        """The actual of the year's or quarter's months before this one; with one of them missing it is not known."""
        total = 0.0
        for ago in range(1, min(months, self.open) + 1):
            actual = self.value(name, ago)
            if not isinstance(actual, float):
                return None
            total += actual
            before = self.months.get(ago, {}).get(of_field(name, part))
            if isinstance(before, float):
                return total + before
        return total

    def carried(self, name: str, part: Part, *, planned: bool) -> float | str | None:
        """A value carried over from the last report; a planned one from the last month that had any.

        The months' targets only within their year.
        """
        of_year = [ago for ago in sorted(self.months) if part not in parts.MONTH_TARGETS or ago < self.number]
        earlier = [self.months[ago].get(name) for ago in (of_year if planned else of_year[:1])]
        return next((value for value in earlier if value is not None), None)


@dataclass(frozen=True, slots=True)
class _Book:
    """What a workbook says: the values of all cells with a name of their own, without absences and errors; the scheme
    that it is marked with, "" where it has no mark; and how its seal is."""

    values: Known
    scheme: str
    seal: str


def _book(path: Path) -> _Book:
    return bounded(lambda: _opened(path))


def _opened(path: Path) -> _Book:
    book = open_workbook(path)
    marker = book.names.get(MARKER_NAME, "").strip('"')
    places = {name: place for name, text in book.names.items() if (place := place_of(text))}
    cells: dict[Place, RawCell] = {}
    for sheet in {place.sheet for place in places.values()} & set(book.sheets):
        wanted = {place.ref for place in places.values() if place.sheet == sheet}
        cells.update({raw.place: raw for raw in book.cells(sheet, wanted).cells.values()})
    values: dict[str, float | str] = {}
    for name, place in places.items():
        raw = cells.get(place)
        if raw is None or raw.text is None:
            continue
        if raw.kind is CellKind.NUMBER:
            values[name] = float(raw.text)
        elif raw.kind is CellKind.TEXT and absence_of(raw.text) is None:
            values[name] = raw.text
    scheme = marker.partition("|")[0] if "|" in marker else ""
    return _Book(values, scheme, seal_of(book.package.raw, book.properties()))
