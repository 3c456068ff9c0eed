"""The month in figures: what the report shows of all dealers together. Statistics only; no score is made here."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from xlkpi.month.returns import ON_TIME, STATUSES
from xlkpi.month.store.query import EarlierMonth
from xlkpi.shown.report.figures import figure, is_number
from xlkpi.shown.report.source import Json, Source

BANDS = 20
_SEVERITIES = ("error", "warning", "notice")


@dataclass(frozen=True, slots=True)
class Spread:
    """Totals of some dealers: how many there are and how many scored, mean, and lowest … highest by quartiles."""

    name: str
    dealers: int
    scored: int
    vetoed: int
    mean: float | None
    five: tuple[float, float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class Band:
    """Dealers whose total lies from `low` to below `high` (the last band: to the end), by grade."""

    low: float
    high: float
    grades: Mapping[str, int]

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.grades.values())


@dataclass(slots=True)
class Taken:
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
class Said:
    """A finding's code about one field: how often, of how many dealers, and one of its sentences."""

    severity: str
    code: str
    label: str
    example: str
    times: int = 0
    who: list[str] = field(default_factory=list)


def keys(dealers: Sequence[Json]) -> list[str]:
    """A key for each dealer that no other has: its code, numbered where that is blank or there twice."""
    often = Counter(dealer["dealer"] for dealer in dealers)
    return [
        dealer["dealer"] if dealer["dealer"] and often[dealer["dealer"]] == 1 else f"{dealer['dealer']}~{number}"
        for number, dealer in enumerate(dealers, 1)
    ]


def scored(dealers: Iterable[Json]) -> list[Json]:
    """Those whose total is final."""
    return [dealer for dealer in dealers if dealer["status"] == "scored"]


def has_veto(dealer: Json) -> bool:
    """Whether any clause or gate vetoed something."""
    parts = (*dealer.get("items", ()), *dealer.get("groups", ()))
    return bool(dealer.get("vetoed")) or any(part["vetoed"] for part in parts)


def five_numbers(values: Sequence[float]) -> tuple[float, float, float, float, float] | None:
    """Lowest, quartiles (as Excel's QUARTILE.INC), highest."""
    if not values:
        return None
    quartiles = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else list(values) * 3
    return (min(values), *quartiles, max(values))  # type: ignore[return-value]  # three quartiles


def spread(name: str, dealers: Sequence[Json]) -> Spread:
    """The spread of some dealers' totals."""
    totals = [dealer["published"] for dealer in scored(dealers)]
    return Spread(
        name=name,
        dealers=len(dealers),
        scored=len(totals),
        vetoed=sum(map(has_veto, dealers)),
        mean=statistics.fmean(totals) if totals else None,
        five=five_numbers(totals),
    )


def spreads(source: Source, part: str) -> list[Spread]:
    """By region or peer_group, the best mean first."""
    by_name: dict[str, list[Json]] = {}
    for dealer in source.dealers:
        by_name.setdefault(dealer.get(part) or source.words["unnamed"], []).append(dealer)
    found = [spread(name, dealers) for name, dealers in by_name.items()]
    return sorted(found, key=lambda one: (one.mean is None, -(one.mean or 0.0), one.name))


def bands(source: Source) -> list[Band]:
    """The distribution of totals, from the band of the lowest to that of the highest."""
    done = scored(source.dealers)
    if not done:
        return []
    width = max(float(source.data["points"]) / BANDS, 1e-9)
    places = [int(dealer["published"] / width + 1e-9) for dealer in done]
    # a full mark closes the last band and does not open one of its own; a bonus may go beyond it
    places = [min(place, BANDS - 1) if dealer["published"] <= source.data["points"] else place
              for place, dealer in zip(places, done, strict=True)]  # fmt: skip
    counted: dict[int, Counter[str]] = {place: Counter() for place in range(min(places), max(places) + 1)}
    for place, dealer in zip(places, done, strict=True):
        counted[place][dealer["grade"]] += 1
    return [Band(place * width, (place + 1) * width, dict(grades)) for place, grades in counted.items()]


def grades(source: Source) -> list[tuple[str, int]]:
    """How many have each grade, in the scheme's order."""
    counted = Counter(dealer["grade"] for dealer in scored(source.dealers))
    named = [grade["grade"] for grade in source.definitions["grades"]]
    return [(grade, counted[grade]) for grade in named]


def worth(source: Source, dealer: Json) -> dict[str, float]:
    """What each of a dealer's items could earn: its points, scaled up where others of its group were left out (不适用).

    Items that were left out are not in it.
    """
    told = source.definitions["items"]
    found: dict[str, float] = {}
    for group in dealer.get("groups", ()):
        items = [item for item in dealer["items"] if item["group"] == group["name"]]
        counted = [item for item in items if is_number(item["score"])]
        held = sum(item["points"] for item in counted if not told[item["id"]]["bonus"])
        scale = group["points"] / held if len(counted) < len(items) and held else 1.0
        found |= {item["id"]: item["points"] * (1.0 if told[item["id"]]["bonus"] else scale) for item in counted}
    return found


def item_rates(source: Source) -> list[tuple[str, float]]:
    """The mean share of an item's points that was earned, in the order of the sheet; 不适用 does not count."""
    shares: dict[str, list[float]] = {name: [] for name in source.definitions["items"]}
    for dealer in scored(source.dealers):
        most = worth(source, dealer)
        for item in dealer["items"]:
            if most.get(item["id"]):
                shares[item["id"]].append(item["score"] / most[item["id"]])
    return [(source.name("items", item), statistics.fmean(mine)) for item, mine in shares.items() if mine]


def taken(source: Source) -> list[Taken]:
    """Vetoes and deductions by clause: vetoes first, then by how many were hit."""
    found: dict[tuple[str, str, int], Taken] = {}
    for key, dealer in zip(keys(source.dealers), source.dealers, strict=True):
        for item in dealer.get("items", ()):
            for kind, fired in (("veto", item["vetoes"]), ("deduction", item["deductions"])):
                for one in fired:
                    clause = source.clause(item["id"], one["number"])
                    scope = source.words[f"scope_{one['scope']}"] if one.get("scope") else ""
                    label = source.name("items", item["id"])
                    entry = found.setdefault((kind, item["id"], one["number"]), Taken(kind, label, clause, scope))
                    entry.who.append(key)
                    entry.points += one.get("points", 0.0)
    return sorted(found.values(), key=lambda one: (one.kind != "veto", -len(one.who)))


def problems(source: Source) -> list[Problem]:
    """The scheme's diagnoses that show for somebody, the commonest first."""
    found: dict[int, Problem] = {}
    for key, dealer in zip(keys(source.dealers), source.dealers, strict=True):
        for one in dealer.get("diagnoses", ()):
            entry = source.definitions["diagnoses"][one["number"] - 1]
            blank = Problem(source.problem(entry), source.name("indicators", entry["of"]), entry["way"],
                            entry["causes"], entry["measures"])  # fmt: skip
            found.setdefault(one["number"], blank).who.append(key)
    return sorted(found.values(), key=lambda one: -len(one.who))


def indicator_spreads(source: Source) -> list[IndicatorSpread]:
    """Every indicator with its quartiles and how many are off its guide, in the order of the scheme."""
    found = []
    dealers = [dealer for dealer in source.dealers if "indicators" in dealer]
    for name, entry in source.definitions["indicators"].items():
        values = [dealer["indicators"].get(name) for dealer in dealers]
        five = five_numbers([value for value in values if is_number(value)])
        words = Counter(dealer["judgements"].get(name) for dealer in dealers)
        judged = entry["low"] is not None or entry["high"] is not None
        found.append(
            IndicatorSpread(
                system=source.name("systems", entry["system"]) if entry["system"] else "",
                number=entry["id"],
                label=source.name("indicators", name),
                guide=guide(source, entry),
                known=sum(map(is_number, values)),
                five=tuple(figure(value, entry["type"]) for value in five[1:4]) if five else (),
                off=words["偏低"] + words["偏高"] if judged else None,
            )
        )
    return found


def guide(source: Source, entry: Json) -> str:
    """A guide in words: ≥ 110.00%, ≤ 10.00%, 0.80–1.20; nothing where there is none."""
    low, high = (figure(entry[bound], entry["type"]) for bound in ("low", "high"))
    if low and high:
        return f"{low}–{high}"
    return f"{source.words['at_least']} {low}" if low else f"{source.words['at_most']} {high}" if high else ""


def findings(source: Source) -> list[Said]:
    """Findings by code and field, errors first, then by how many they concern."""
    found: dict[tuple[str, str], Said] = {}
    for key, dealer in zip(keys(source.dealers), source.dealers, strict=True):
        for one in dealer["findings"]:
            label = source.name("fields", one["field"]) if one["field"] else ""
            blank = Said(one["severity"], one["code"], label, source.said(one)[0])
            entry = found.setdefault((one["code"], one["field"]), blank)
            entry.times += 1
            if key not in entry.who[-1:]:
                entry.who.append(key)
    return _by_severity(found.values())


def list_findings(source: Source) -> list[Said]:
    """Findings in headquarters' own lists, by code."""
    found: dict[str, Said] = {}
    for one in source.data.get("findings", ()):
        entry = found.setdefault(one["code"], Said(one["severity"], one["code"], "", source.said(one)[0]))
        entry.times += 1
    return _by_severity(found.values())


def _by_severity(found: Iterable[Said]) -> list[Said]:
    return sorted(found, key=lambda one: (_SEVERITIES.index(one.severity), -len(one.who), -one.times, one.code))


def return_counts(source: Source) -> list[tuple[str, int]]:
    """How many lines of the return list have each status that occurs, in the list's order of statuses."""
    found = Counter(line["status"] for line in source.data.get("returns", ()))
    return [(status, found[status]) for status in STATUSES if found[status]]


def returns_apart(source: Source) -> list[Json]:
    """The lines of the return list that say more than that a dealer was on time."""
    return [line for line in source.data.get("returns", ()) if line["status"] != ON_TIME]


def mean_by_month(source: Source) -> list[tuple[str, float, int]]:
    """Month, mean of the published totals, how many they are; this month included. Empty where no other is known."""
    totals: dict[str, list[float]] = {}
    for months in source.history.values():
        for past in months:
            if past.total is not None and past.month < source.data["month"]:
                totals.setdefault(past.month, []).append(past.total)
    if not totals:
        return []
    totals[source.data["month"]] = [dealer["published"] for dealer in scored(source.dealers)]
    return [(month, statistics.fmean(mine), len(mine)) for month, mine in sorted(totals.items()) if mine]


def last_of(source: Source, dealer: str) -> EarlierMonth | None:
    """A dealer's latest earlier month that has a rank."""
    earlier = [p for p in source.history.get(dealer, ()) if p.month < source.data["month"] and p.rank is not None]
    return max(earlier, key=lambda past: past.month, default=None)
