"""A month's figures against the dealer's own earlier months, and against the other dealers' of the same month.

Nothing here changes a value or a score. All findings are warnings, each with the figures it compares; what makes one
is the scheme's `plausibility`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median
from typing import Final, overload

from xlkpi.findings import Finding, with_rulings
from xlkpi.intake.meaning import show
from xlkpi.issue import Issue
from xlkpi.scheme import parts
from xlkpi.scheme.cells import of_field
from xlkpi.scheme.entries import SchemeField
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Plausibility
from xlkpi.scheme.types import TYPES, Compared
from xlkpi.scoring.assess import Assessment
from xlkpi.workbook.layout import Role

Figures = Mapping[str, Mapping[str, float]]
"""A month's figures by dealer code and field name. Absences and words are left out."""
Past = Mapping[str, Mapping[str, Sequence[float]]]
"""Figures of earlier months by dealer code and field name, the oldest first, last month last; gaps are left out."""

_NORMAL: Final = 1.4826  # times the MAD is the standard deviation of what is distributed normally
_TEN_THOUSAND: Final = 4.0  # powers of ten
_QUOTED: Final = 6  # earlier months that a message lists


def past_of(issue: Issue) -> dict[str, dict[str, list[float]]]:
    """What an issue's own blanks hold of earlier months: X_前12月 … X_前2月, and X_上月."""
    past: dict[str, dict[str, list[float]]] = {}
    ago = [parts.ago(number) for number in range(12, 0, -1)]
    for dealer, known in issue.history.items():
        for name in issue.scheme.by("dealer"):
            last = known.get(of_field(name, parts.LAST_MONTH), known.get(of_field(name, ago[-1])))
            values = [*(known.get(of_field(name, part)) for part in ago[:-1]), last]
            numbers = [float(value) for value in values if isinstance(value, int | float)]
            if numbers:
                past.setdefault(dealer, {})[name] = numbers
    return past


def doubts(issue: Issue, figures: Figures, past: Past, files: Mapping[str, str]) -> dict[str, list[Finding]]:
    """What is not plausible in a month, by dealer code.

    Args:
        issue: what was issued: fields with their units, thresholds, roster with regions and peer groups.
        figures: what the dealers of this run sent; they are one another's peers.
        past: the dealers' own earlier months (`past_of`, or a store's).
        files: the dealers' files by code, to name in the findings.
    """
    month = _Month(issue, figures, past)
    by_dealer: dict[str, list[Finding]] = {}
    for dealer in figures:
        facts = [*month.field_by_field(dealer), *month.as_a_whole(dealer)]
        of_dealer = [
            Finding(code, files.get(dealer, ""), issue.layout.place(name) if name else None, name, details)
            for code, name, details in facts
        ]
        ruled = with_rulings(of_dealer, issue.rulings, dealer, issue.month)
        if ruled:
            by_dealer[dealer] = ruled
    return by_dealer


@dataclass(frozen=True, slots=True)
class WithPlausibility(Sequence[Assessment]):
    """Assessments with their plausibility findings, each made only when it is asked for."""

    assessments: Sequence[Assessment]
    doubted: Mapping[str, Sequence[Finding]]

    def __len__(self) -> int:
        return len(self.assessments)

    @overload
    def __getitem__(self, index: int) -> Assessment: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Assessment]: ...
    def __getitem__(self, index: int | slice) -> Assessment | Sequence[Assessment]:
        if isinstance(index, slice):
            return WithPlausibility(self.assessments[index], self.doubted)
        return self._with_doubts(self.assessments[index])

    def __iter__(self) -> Iterator[Assessment]:
        return map(self._with_doubts, self.assessments)

    def _with_doubts(self, assessment: Assessment) -> Assessment:
        doubted = self.doubted.get(assessment.dealer, ())
        return replace(assessment, findings=(*assessment.findings, *doubted)) if doubted else assessment


def with_doubts(issue: Issue, assessments: Sequence[Assessment], past: Past | None = None) -> WithPlausibility:
    """A run's assessments with their plausibility findings. A store's `past` takes precedence over the issue's."""
    figures: dict[str, dict[str, float]] = {}
    files: dict[str, str] = {}
    for assessment in assessments:
        figures[assessment.dealer] = {n: v for n, v in assessment.inputs.items() if isinstance(v, float)}
        files[assessment.dealer] = assessment.file
    return WithPlausibility(assessments, doubts(issue, figures, {**past_of(issue), **(past or {})}, files))


_Doubt = tuple[str, str, dict[str, object]]
"""A finding's code, the field's name, the facts."""


@dataclass(frozen=True, slots=True)
class _Centre:
    """The centre of figures: their median, and their spread about it (1.4826 × MAD)."""

    middle: float
    spread: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> _Centre:
        middle = median(values)
        return cls(middle, _NORMAL * median(abs(value - middle) for value in values), len(values))


@dataclass
class _Month:
    issue: Issue
    figures: Figures
    past: Past

    @cached_property
    def limits(self) -> Plausibility:
        return self.issue.scheme.plausibility

    @cached_property
    def change(self) -> float:
        return number_value(self.limits.change)

    @cached_property
    def little(self) -> float:
        return number_value(self.limits.least_spread)

    @cached_property
    def fields(self) -> dict[str, SchemeField]:
        """The fields that are compared, as the dealer enters them, from top to bottom."""
        entered = {slot.field: self.issue.scheme.fields[slot.field] for slot in self.issue.layout.of(Role.ANSWER)}
        unlike = self.limits.without
        return {
            name: entry
            for name, entry in entered.items()
            if TYPES[entry.type].compared and entry.block == "本月" and name not in unlike
        }

    # ------------------------------------------------------------ field by field

    def field_by_field(self, dealer: str) -> Iterator[_Doubt]:
        """Each figure against the dealer's own past, else against the peers: only the most serious doubt."""
        for name, value in self.figures[dealer].items():
            entry = self.fields.get(name)
            if entry is None:
                continue
            doubt = self.against_own_months(dealer, name, entry, value) or self.among_peers(dealer, name, entry, value)
            if doubt:
                code, facts = doubt
                label = entry.label or name
                yield code, name, {"label": label, "found": show(entry, value), **facts}

    def against_own_months(
        self, dealer: str, name: str, entry: SchemeField, value: float
    ) -> tuple[str, dict[str, object]] | None:
        """A slip of 万, a change of sign, a jump, against the dealer's own earlier months."""
        before = self.past.get(dealer, {}).get(name, ())
        if not before:
            return None
        centre = _Centre.of(before)
        code, facts = self.own_doubt(entry, value, before, centre)
        if not code:
            return None
        shown = (show(entry, earlier) for earlier in before[-_QUOTED:])
        return code, {"months": len(before), "middle": show(entry, centre.middle), "past": "、".join(shown), **facts}

    def own_doubt(
        self, entry: SchemeField, value: float, before: Sequence[float], centre: _Centre
    ) -> tuple[str, dict[str, object]]:
        """The code of the most serious doubt, "" if there is none, with its facts."""
        if self.is_slip(entry, value, centre.middle):
            return "XK-P001", {}
        if self.is_other_sign(value, before):
            return "XK-P002", {}
        if len(before) < self.limits.months:
            times = self.leap(value, centre.middle)
            return ("XK-P004" if times else ""), {"times": times}
        off = abs(value - centre.middle)
        spread = max(centre.spread, self.least_spread(entry, centre.middle))
        enough = off >= self.change * abs(centre.middle)
        if spread > 0 and enough and off > self.limits.deviations * spread:
            return "XK-P003", {"spread": show(entry, spread), "times": f"{off / spread:.1f}"}
        return "", {}

    def is_slip(self, entry: SchemeField, value: float, usual: float) -> bool:
        """Whether an amount is off by about a factor of 10⁴: 元 for 万元, or 万元 for 元."""
        if not _how(entry).slips or value * usual <= 0:
            return False
        powers = abs(math.log10(value / usual))
        return abs(powers - _TEN_THOUSAND) <= math.log10(self.limits.slip_within)

    def is_other_sign(self, value: float, before: Sequence[float]) -> bool:
        enough = len(before) >= self.limits.months_for_sign
        return enough and all(value * earlier < 0 for earlier in before)

    def leap(self, value: float, usual: float) -> str:
        """How many times (×12), or what part of (÷12), the usual figure of the few known months; blank if neither."""
        if value * usual <= 0:
            return ""
        times = max(value / usual, usual / value)
        return f"{'×' if value / usual > 1 else '÷'}{times:,.0f}" if times >= self.limits.leap else ""

    def least_spread(self, entry: SchemeField, middle: float) -> float:
        """Figures that stood still for months may still move a little: counts by their root, rates by a point."""
        return max(self.little * abs(middle), _how(entry).least_spread(middle))

    # ------------------------------------------------------------ against the other dealers

    def among_peers(
        self, dealer: str, name: str, entry: SchemeField, value: float
    ) -> tuple[str, dict[str, object]] | None:
        """A slip of 万, or a figure far from the peers', where the dealer has too few months of its own.

        Sizes differ by factors, so figures other than rates are compared by their logarithms.
        """
        if len(self.past.get(dealer, {}).get(name, ())) >= self.limits.months:
            return None  # always large is not suspicious
        if self.issue.roster[dealer].part_said:
            return None  # half a month is not one
        group, centre = self.peers(dealer, name)
        if centre is None:
            return None
        by_factor = _how(entry).by_factor
        middle = math.exp(centre.middle) if by_factor else centre.middle
        code = "XK-P009" if self.is_slip(entry, value, middle) else self.far_code(value, centre, by_factor)
        return (code, {"group": group, "count": centre.count, "middle": show(entry, middle)}) if code else None

    def far_code(self, value: float, centre: _Centre, by_factor: bool) -> str:
        """The code of a figure far from the peers', blank where it is not."""
        if by_factor and value <= 0:
            return ""
        off = abs((math.log(value) if by_factor else value) - centre.middle)
        far = off >= math.log(self.limits.peer_factor) if by_factor else off >= self.change
        spread = max(centre.spread, math.log(1 + self.little) if by_factor else 0.01)
        return "XK-P005" if far and off > self.limits.deviations * spread else ""

    def peers(self, dealer: str, name: str) -> tuple[str, _Centre | None]:
        """The group that a dealer is compared with, and where its figures lie: peer group, else region, else all."""
        known = self.issue.roster[dealer]
        for kind, group in (("对标组", known.peer_group), ("区域", known.region), ("", "")):
            if (group or not kind) and (centre := self._centre(kind, group, name)):
                return group or "全部", centre
        return "", None

    def _centre(self, kind: str, group: str, name: str) -> _Centre | None:
        key = (kind, group, name)
        if key not in self._centres:
            by_factor = _how(self.fields[name]).by_factor
            values = [
                self.figures[dealer][name] for dealer in self._members[kind, group] if name in self.figures[dealer]
            ]
            values = [math.log(value) for value in values if value > 0] if by_factor else values
            self._centres[key] = _Centre.of(values) if len(values) >= self.limits.peers else None
        return self._centres[key]

    @cached_property
    def _centres(self) -> dict[tuple[str, str, str], _Centre | None]:
        return {}

    @cached_property
    def _members(self) -> dict[tuple[str, str], list[str]]:
        members: dict[tuple[str, str], list[str]] = defaultdict(list)
        for dealer in self.figures:
            known = self.issue.roster[dealer]
            if known.trial or known.part_said:
                continue  # nobody is measured by a dealer that is on trial, or open for a part of the month
            for key in {("对标组", known.peer_group), ("区域", known.region), ("", "")}:
                members[key].append(dealer)
        return members

    # ------------------------------------------------------------ the sheet as a whole

    def as_a_whole(self, dealer: str) -> Iterator[_Doubt]:
        """Last month's figures sent again, another dealer's figures, a block that stands one row off."""
        now = self.figures[dealer]
        earlier = self.past.get(dealer, {})
        last = {name: earlier[name][-1] for name in self.fields if earlier.get(name)}
        alike = [name for name in last if last[name] == now.get(name) != 0]
        if len(alike) >= self.limits.same and all(last[name] == now.get(name) for name in last):
            yield "XK-P006", "", {"count": len(alike)}
        sent = self._fingerprint(dealer)
        twins = [other for other in self._twins.get(sent, ()) if other != dealer]
        if twins:
            shown = "、".join(f"{self.issue.roster[other].name}（{other}）" for other in twins[:_QUOTED])
            yield "XK-P007", "", {"others": shown, "count": len(sent)}
        if last:
            yield from self._one_row_off(now, last)

    @cached_property
    def _twins(self) -> dict[frozenset[tuple[str, float]], list[str]]:
        twins: dict[frozenset[tuple[str, float]], list[str]] = defaultdict(list)
        for dealer in self.figures:
            sent = self._fingerprint(dealer)
            if len(sent) >= self.limits.same:
                twins[sent].append(dealer)
        return twins

    def _fingerprint(self, dealer: str) -> frozenset[tuple[str, float]]:
        """A dealer's figures as a whole, zeros left out."""
        return frozenset((name, value) for name, value in self.figures[dealer].items() if name in self.fields and value)

    def _one_row_off(self, now: Mapping[str, float], last: Mapping[str, float]) -> Iterator[_Doubt]:
        """Whether figures look like last month's of the row above or below, and not like their own."""
        names = list(self.fields)
        for step in (-1, 1):
            compared, like = 0, []
            for name, other in _neighbours(names, step):
                if not all(figures.get(n, 0) > 0 for figures, n in ((now, name), (last, name), (last, other))):
                    continue
                if not self._near(last[name], last[other]):
                    compared += 1
                    if self._near(now[name], last[other]):
                        like.append((name, other))
            if len(like) >= self.limits.rows_off and len(like) >= 0.8 * compared:
                pairs = "、".join(" ← ".join(self.fields[n].label or n for n in pair) for pair in like[:_QUOTED])
                yield "XK-P008", like[0][0], {"count": len(like), "told": compared, "pairs": pairs}

    @staticmethod
    def _near(figure: float, other: float) -> bool:
        return abs(math.log(figure / other)) < math.log(1.5)


def _how(entry: SchemeField) -> Compared:
    """How the figures of a field are compared."""
    compared = TYPES[entry.type].compared
    if compared is None:
        raise TypeError(f"{entry.type} is never compared")
    return compared


def _neighbours(names: Sequence[str], step: int) -> Iterable[tuple[str, str]]:
    """Each name with the one `step` rows below it."""
    return ((name, names[n + step]) for n, name in enumerate(names) if 0 <= n + step < len(names))
