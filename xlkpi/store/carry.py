"""From the store into this month's blanks: last month, the months before it, last year's, the year so far, peers."""

from __future__ import annotations

from collections.abc import Iterator

from xlkpi.findings import Finding
from xlkpi.intake.lists import Listed
from xlkpi.intake.previous import Carried, carried_over, month_before, peer_ranks, year_gaps
from xlkpi.issue import Issue
from xlkpi.store.file import Store

REACH = 12
"""How many months back a blank looks: the same month last year."""


def known_before(store: Store, issue: Issue) -> Listed[Carried]:
    """What the store knows for an issue's blanks, by dealer code and slot name; a gap in the year is a finding."""
    scheme, month = issue.scheme.scheme, issue.month
    by_dealer = dict(_months(store, scheme, month))
    out: Listed[Carried] = Listed()
    for code in issue.roster:
        months = by_dealer.get(code)
        if not months:
            continue
        out.rows[code] = carried_over(issue.layout, months, month)
        gaps = year_gaps(months, month)
        if gaps:
            lacking = "、".join(month_before(month, ago) for ago in gaps)
            out.findings.append(Finding("XK-T040", store.path.name, facts={"dealer": code, "months": lacking}))
    last = {code: by_dealer[code].get(1, {}) for code in out.rows}
    for code, ranks in peer_ranks(issue.scheme, issue.roster, last).items():
        out.rows[code].update({name: rank for name, rank in ranks.items() if name in issue.layout.slots})
    return out


def _months(store: Store, scheme: str, month: str) -> Iterator[tuple[str, dict[int, dict[str, float | str]]]]:
    """Each dealer's named values by how many months ago."""
    ago = {month_before(month, number): number for number in range(1, REACH + 1)}
    query = """
        SELECT s.dealer, s.month, list(v.name), list(v.number), list(v.word)
        FROM field_values v JOIN submissions s USING (submission)
        WHERE s.scheme = ? AND s.is_current AND s.month BETWEEN ? AND ? AND v.role NOT IN ('target', 'inspection')
        AND coalesce(v.word, '') NOT IN ('未填', '不适用', '无法读取')
        GROUP BY ALL ORDER BY s.dealer, s.month
    """
    found: dict[str, dict[int, dict[str, float | str]]] = {}
    for dealer, of, names, numbers, words in store.rows(
        query, [scheme, month_before(month, REACH), month_before(month)]
    ):
        values = {n: w if number is None else number for n, number, w in zip(names, numbers, words, strict=True)}
        found.setdefault(dealer, {})[ago[of]] = values
    yield from found.items()
