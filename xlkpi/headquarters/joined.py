"""The history of a dealer into which others were merged: what they all reported of a month, taken together.

Counts, amounts and hours of those that were open then are added up. What cannot be added up (a rate, days, a rank) is
taken where it is the same for all, else left blank. A month of which one of them has no report is not known. Where only
one of them was open (a dealer that got a new code) the month is that one's as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from xlkpi.findings import Finding
from xlkpi.issue import Dealer, Merged
from xlkpi.scheme import parts
from xlkpi.scheme.cells import months_ago, split_name
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import months_earlier

Known = Mapping[str, float | str]
"""Values by slot name; absences are no values."""
V = TypeVar("V")

_NEVER_ADDED: Final = frozenset(("天", "名", "分", "家"))
"""Units of what is the same however many dealers there are: days, ranks, marks, dealers compared with."""


def is_added(scheme: Scheme, name: str) -> bool:
    """Whether a figure of two dealers together is the sum of theirs, by its field's type, unit and name."""
    base, part = split_name(name)
    if name in scheme.fields:
        base = name
    elif months_ago(part) is None and part not in parts.SO_FAR:
        return False
    entry = scheme.fields.get(base)
    return (
        entry is not None and TYPES[entry.type].shape is Shape.NUMBER
        and entry.unit not in _NEVER_ADDED and "/" not in entry.unit and "均" not in base
    )  # fmt: skip


def open_then(dealer: Dealer, month: str) -> list[str]:
    """The codes of a dealer and of those that were merged into it, as far as they were open in an earlier month."""
    first, after = f"{month}-01", f"{months_earlier(month, -1)}-01"
    members = (Merged(dealer.code, dealer.since, ""), *dealer.merged)
    return [each.code for each in members if each.since < after and (not each.until or each.until > first)]


def first_open(dealer: Dealer) -> str:
    """Since when a dealer, or one that was merged into it, is open (YYYY-MM-DD); "" where that is not known."""
    return min((dealer.since, *(each.since for each in dealer.merged)))


def joined(
    scheme: Scheme, dealer: Dealer, month: str, known: Mapping[str, Mapping[int, Known]]
) -> tuple[dict[int, Known], list[Finding]]:  # fmt: skip
    """What is known of a dealer's earlier months, with those that were merged into it.

    Args:
        scheme: the scheme.
        dealer: the dealer, as it is in the month that is issued.
        month: that month (YYYY-MM).
        known: by dealer code, what each reported, by how many months before.

    Returns:
        The named values by how many months before, and a finding on the months that are not known.
    """
    if not dealer.merged:
        return dict(known.get(dealer.code, {})), []
    months: dict[int, Known] = {}
    lacking = []
    merged_codes = [each.code for each in dealer.merged]
    for ago in sorted({ago for code in (dealer.code, *merged_codes) for ago in known.get(code, ())}):
        earlier = months_earlier(month, ago)
        reports = [known.get(code, {}).get(ago) for code in open_then(dealer, earlier)]
        whole = [report for report in reports if report is not None]
        if len(whole) < len(reports):
            lacking.append(earlier)
        elif whole:
            months[ago] = whole[0] if len(whole) == 1 else _together(scheme, whole)
    facts = {"dealer": dealer.code, "others": "、".join(merged_codes), "months": "、".join(lacking)}
    return months, [Finding("XK-T124", facts=facts)] if lacking else []


def _together(scheme: Scheme, reports: list[Known]) -> Known:
    first_report, *further_reports = reports
    together: dict[str, float | str] = {}
    for name, value in first_report.items():
        values = [value, *(report[name] for report in further_reports if name in report)]
        figures = [each for each in values if isinstance(each, float)]
        if split_name(name)[1] in parts.CARRIED:
            together[name] = value  # a plan is one dealer's
        elif len(figures) == len(reports) and is_added(scheme, name):
            together[name] = sum(figures)
        elif values == [value] * len(reports):
            together[name] = value
    return together
