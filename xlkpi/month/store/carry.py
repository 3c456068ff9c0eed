"""From the store into this month's blanks: last month, the months before it, last year's, the year so far, peers."""

from __future__ import annotations

from collections.abc import Iterator

from xlkpi.findings import Finding
from xlkpi.headquarters.joined import Known, first_open, joined
from xlkpi.headquarters.lists import Listed
from xlkpi.headquarters.previous import Carried, carried_over, peer_ranks, year_gaps
from xlkpi.issue import Issue
from xlkpi.month.store.file import Store, batched
from xlkpi.month.store.query import store_of_others
from xlkpi.values import months_earlier

_AT_ONCE = 100  # dealers; a year of thousands never stands in memory as a whole
REACH = 12
"""How many months back a blank looks: the same month last year."""


def known_before(store: Store, issue: Issue) -> Listed[Carried]:
    """What the store knows for an issue's blanks, by dealer code and slot name; a gap in the year is a finding."""
    month = issue.month
    out: Listed[Carried] = Listed(findings=store_of_others(store, issue.scheme.name, month))
    last: dict[str, Known] = {}
    for code, months, lacking_months in _months(store, issue):
        out.findings += lacking_months
        out.rows[code] = carried_over(issue.layout, months, month, first_open(issue.roster[code]))
        reported = months.get(1, {})
        last[code] = {name: reported[name] for name in issue.scheme.aims if name in reported}
        gaps = year_gaps(months, month)
        if gaps:
            lacking = "、".join(months_earlier(month, ago) for ago in gaps)
            out.findings.append(Finding("XK-T040", store.path.name, facts={"dealer": code, "months": lacking}))
    for code, ranks in peer_ranks(issue.scheme, issue.roster, last).items():
        out.rows[code].update({name: rank for name, rank in ranks.items() if name in issue.layout.slots})
    return out


def _months(store: Store, issue: Issue) -> Iterator[tuple[str, dict[int, Known], list[Finding]]]:
    """Each dealer's named values by how many months ago, with those that were merged into it, some dealers at a time;
    and what is to be said about them."""
    ago = {months_earlier(issue.month, number): number for number in range(1, REACH + 1)}
    query = """
        SELECT s.dealer, s.month, list(v.name), list(v.number), list(v.word)
        FROM field_values v JOIN submissions s USING (submission)
        WHERE s.scheme = ? AND s.is_current AND list_contains(?, s.month) AND list_contains(?, s.dealer)
        AND v.role NOT IN ('target', 'inspection') AND coalesce(v.word, '') NOT IN ('未填', '不适用', '无法读取')
        GROUP BY ALL ORDER BY s.dealer, s.month
    """
    for dealers in batched(issue.roster.values(), _AT_ONCE):
        by_dealer: dict[str, dict[int, Known]] = {}
        codes = [code for each in dealers for code in (each.code, *(other.code for other in each.merged))]
        for dealer, month, *columns in store.rows(query, [issue.scheme.name, list(ago), codes]):
            values = {n: word if number is None else number for n, number, word in zip(*columns, strict=True)}
            by_dealer.setdefault(dealer, {})[ago[month]] = values
        for each in dealers:
            months, lacking_months = joined(issue.scheme, each, issue.month, by_dealer)
            if months:
                yield each.code, months, lacking_months
