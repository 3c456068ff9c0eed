"""The month in figures: what the report shows of all dealers together. Statistics only; no score is made here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from xlkpi.findings import by_cause
from xlkpi.issue import Dealer
from xlkpi.month import statistics
from xlkpi.month.definitions import IndicatorWords
from xlkpi.month.records import DealerRecord, ReturnRecord
from xlkpi.month.returns import ReturnStatus, counts
from xlkpi.month.scores import account_of_record
from xlkpi.month.statistics import Band, Population, occupied, parts
from xlkpi.month.store.query import EarlierMonth
from xlkpi.shown.report.figures import figure, is_number
from xlkpi.shown.report.source import Source
from xlkpi.values import Judgement

BANDS = 20
_SEVERITIES = ("error", "warning", "notice")

Part = Literal["region", "peer_group"]
_PARTS: Final[Mapping[Part, Callable[[Dealer], str]]] = {
    "region": lambda dealer: dealer.region, "peer_group": lambda dealer: dealer.peer_group,
}  # fmt: skip


@dataclass(slots=True)
class ClauseImpact:
    """A clause that vetoed or deducted, and whom it hit (keys of rows)."""

    kind: str
    item: str
    clause: str
    scope: str
    points: float = 0.0
    who: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Problem:
    """A diagnosis, and whom it shows for (keys of rows)."""

    problem: str
    indicator: str
    way: str
    causes: Sequence[str]
    measures: Sequence[str]
    who: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class IndicatorSpread:
    """An indicator over all dealers that have a number for it."""

    system: str
    number: str
    label: str
    guide: str
    known: int
    five: tuple[str, ...]
    off: int | None


@dataclass(slots=True)
class FindingCount:
    """A finding's code about one field: how often, of how many dealers, and one of its sentences."""

    severity: str
    code: str
    label: str
    example: str
    times: int = 0
    who: list[str] = field(default_factory=list)


def keys(dealers: Sequence[DealerRecord]) -> list[str]:
    """A key for each dealer that no other has: its code, numbered where that is blank or there twice."""
    often = Counter(dealer.dealer for dealer in dealers)
    return [
        dealer.dealer if dealer.dealer and often[dealer.dealer] == 1 else f"{dealer.dealer}~{number}"
        for number, dealer in enumerate(dealers, 1)
    ]


def spreads(source: Source, part: Part) -> list[Population]:
    """By region or peer group, the best mean first."""
    return parts(source.whole, _PARTS[part], source.words["unnamed"])


def bands(source: Source) -> list[Band]:
    """The distribution of totals, from the band of the lowest to that of the highest."""
    return list(occupied(statistics.bands(source.whole, source.data.points, BANDS)))


def grades(source: Source) -> list[tuple[str, int]]:
    """How many ranked dealers have each grade, in the scheme's order."""
    counted = source.whole.grades
    return [(grade.grade, counted[grade.grade]) for grade in source.definitions.grades]


def item_rates(source: Source) -> list[tuple[str, float, int]]:
    """Points earned ÷ points that applied, and of how many dealers, in the order of the sheet."""
    rates = statistics.item_rates(source.whole, source.definitions.items)
    return [(source.name("items", item.item), item.rate, item.count) for item in rates if item.rate is not None]


def clause_impacts(source: Source) -> list[ClauseImpact]:
    """Vetoes and deductions by clause and gate: vetoes first, then by how many were hit."""
    impacts: dict[tuple[bool, str, str, int], ClauseImpact] = {}
    for key, dealer in zip(keys(source.dealers), source.dealers, strict=True):
        for line in account_of_record(dealer).losses:
            words = source.clause(line.item, line.clause) if line.item else source.line_words(line)
            scope = source.words[f"scope_{line.scope}"] if line.vetoes else ""
            blank = ClauseImpact("veto" if line.vetoes else "deduction", source.subject(line), words, scope)
            entry = impacts.setdefault((line.vetoes, line.group * (not line.item), line.item, line.clause), blank)
            entry.who.append(key)
            entry.points += line.taken
    return sorted(impacts.values(), key=lambda impact: (impact.kind != "veto", -len(impact.who)))


def problems(source: Source) -> list[Problem]:
    """The scheme's diagnoses that show for somebody, the commonest first."""
    by_number: dict[int, Problem] = {}
    for key, dealer in zip(keys(source.dealers), source.dealers, strict=True):
        for diagnosis in dealer.diagnoses:
            entry = source.definitions.diagnoses[diagnosis.number - 1]
            blank = Problem(source.problem(entry), source.name("indicators", entry.of), entry.way,
                            entry.causes, entry.measures)  # fmt: skip
            by_number.setdefault(diagnosis.number, blank).who.append(key)
    return sorted(by_number.values(), key=lambda problem: -len(problem.who))


def indicator_spreads(source: Source) -> list[IndicatorSpread]:
    """Every indicator with its quartiles and how many are off its guide, in the order of the scheme."""
    spreads = []
    dealers = [dealer for dealer in source.dealers if dealer.indicators]
    for name, entry in source.definitions.indicators.items():
        values = [dealer.indicators.get(name) for dealer in dealers]
        five = statistics.five_numbers([float(value) for value in values if is_number(value)])
        words = Counter(dealer.judgements.get(name) for dealer in dealers)
        judged = entry.low is not None or entry.high is not None
        spreads.append(
            IndicatorSpread(
                system=source.name("systems", entry.system) if entry.system else "",
                number=entry.id,
                label=source.name("indicators", name),
                guide=guide(source, entry),
                known=sum(map(is_number, values)),
                five=tuple(figure(value, entry.type) for value in five[1:4]) if five else (),
                off=words[Judgement.LOW] + words[Judgement.HIGH] if judged else None,
            )
        )
    return spreads


def guide(source: Source, entry: IndicatorWords) -> str:
    """A guide in words: ≥ 110.00%, ≤ 10.00%, 0.80–1.20; nothing where there is none."""
    low, high = (figure(bound, entry.type) for bound in (entry.low, entry.high))
    if low and high:
        return f"{low}–{high}"
    return f"{source.words['at_least']} {low}" if low else f"{source.words['at_most']} {high}" if high else ""


def findings(source: Source) -> list[FindingCount]:
    """Findings by code and field, errors first, then by how many they concern; a code about many fields once."""
    counts: dict[tuple[str, str], FindingCount] = {}
    for key, dealer in zip(keys(source.dealers), source.dealers, strict=True):
        for finding in dealer.findings:
            label = source.name("fields", finding.field) if finding.field else ""
            blank = FindingCount(finding.severity, finding.code, label, source.message_and_remedy(finding)[0])
            entry = counts.setdefault((finding.code, finding.field), blank)
            entry.times += 1
            if key not in entry.who[-1:]:
                entry.who.append(key)
    causes = by_cause(counts.values(), lambda counted: counted.code)
    return _by_severity(_of_fields(source, several) for several in causes)


def _of_fields(source: Source, several: Sequence[FindingCount]) -> FindingCount:
    first = several[0]
    if len(several) == 1:
        return first
    label = source.words["and_fields"].format(label=first.label, count=len(several))
    who = list(dict.fromkeys(key for counted in several for key in counted.who))
    return replace(first, label=label, times=sum(counted.times for counted in several), who=who)


def list_findings(source: Source) -> list[FindingCount]:
    """Findings in headquarters' own lists, by code."""
    counts: dict[str, FindingCount] = {}
    for finding in source.data.findings:
        entry = counts.setdefault(
            finding.code, FindingCount(finding.severity, finding.code, "", source.message_and_remedy(finding)[0])
        )
        entry.times += 1
    return _by_severity(counts.values())


def _by_severity(counts: Iterable[FindingCount]) -> list[FindingCount]:
    return sorted(
        counts, key=lambda count: (_SEVERITIES.index(count.severity), -len(count.who), -count.times, count.code)
    )


def return_counts(source: Source) -> dict[ReturnStatus, int]:
    """How many lines of the return list have each status that occurs."""
    return counts(line.status for line in source.data.returns)


def returns_apart(source: Source) -> list[ReturnRecord]:
    """The lines of the return list that say more than that a dealer was on time."""
    return [line for line in source.data.returns if line.status is not ReturnStatus.ON_TIME]


def mean_by_month(source: Source) -> list[tuple[str, float, int]]:
    """Month, mean of the ranked dealers' totals, how many they are; this month included. Empty where no other is
    known."""
    totals: dict[str, list[float]] = {}
    for months in source.history.values():
        for past in months:
            if past.total is not None and past.rank is not None and past.month < source.data.month:
                totals.setdefault(past.month, []).append(past.total)
    if not totals:
        return []
    spreads = {month: statistics.spread(figures) for month, figures in totals.items()}
    spreads[source.data.month] = source.whole.totals
    return [(month, spread.mean, spread.count) for month, spread in sorted(spreads.items()) if spread.mean is not None]


def last_of(source: Source, dealer: str) -> EarlierMonth | None:
    """A dealer's latest earlier month that has a rank."""
    earlier = [p for p in source.history.get(dealer, ()) if p.month < source.data.month and p.rank is not None]
    return max(earlier, key=lambda past: past.month, default=None)
