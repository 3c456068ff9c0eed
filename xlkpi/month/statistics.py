"""Statistics of a month, for every output: who belongs to which population, means, quartiles, grades, rates of items.

Each dealer stands in exactly one population: `ranked` (scored, with a place), `trial` (scored, on trial), `vetoed` (the
total was taken), `provisional` (something is open), `refused` (only files that could not be scored), `missing` (nothing
came). A figure
of all dealers is of the ranked ones, since only their totals are final and earned; `Spread.count` says of how many.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from xlkpi.issue import Dealer
from xlkpi.month.standing import Standing, positions
from xlkpi.values import State, Status


class Five(NamedTuple):
    """Lowest, quartiles as Excel's QUARTILE.INC interpolates them, highest."""

    low: float
    first: float
    middle: float
    third: float
    high: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Some figures: how many, their mean, and how they spread; None where there is no figure."""

    count: int
    mean: float | None
    five: Five | None


@dataclass(frozen=True, slots=True)
class Band:
    """Ranked dealers whose total lies from `low` to below `high` (the last band: to the end), by grade."""

    low: float
    high: float
    grades: Mapping[str, int]

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.grades.values())


@dataclass(frozen=True, slots=True)
class ItemRate:
    """An item over the ranked dealers: points earned ÷ points that applied, and to how many dealers it applied.

    `rate` is None where it applied to nobody. `vetoed` counts the dealers, ranked or not, whom it was vetoed.
    """

    item: str
    earned: float
    applied: float
    count: int
    vetoed: int

    @property
    def rate(self) -> float | None:
        """The share of the points that was earned."""
        return self.earned / self.applied if self.applied else None


@dataclass(frozen=True, slots=True)
class Population:
    """The dealers of a month, or of a region or peer group, each in one of six lists.

    `missing` is None where the roster is not known. `strays` counts refused files that are no dealer's, or that a
    dealer sent besides the one that counts.
    """

    name: str
    ranked: tuple[Standing, ...]
    trial: tuple[Standing, ...]
    vetoed: tuple[Standing, ...]
    provisional: tuple[Standing, ...]
    refused: tuple[Standing, ...]
    missing: tuple[Dealer, ...] | None
    strays: int = 0

    @property
    def assessed(self) -> tuple[Standing, ...]:
        """All that have a score: ranked by place, then the others in roster order."""
        return (*self.ranked, *self.unranked)

    @property
    def unranked(self) -> tuple[Standing, ...]:
        """Scored, but not in the ranking: dealers on trial, totally vetoed and provisional ones."""
        return (*self.trial, *self.vetoed, *self.provisional)

    @property
    def dealers(self) -> int:
        """How many dealers there are: the roster, where it is known, else those of whom anything came."""
        return len(self.assessed) + len(self.refused) + len(self.missing or ())

    @property
    def with_veto(self) -> int:
        """How many assessed dealers were vetoed an item, a group or the total."""
        return sum(row.has_veto for row in self.assessed)

    @property
    def totals(self) -> Spread:
        """The published totals of the ranked dealers, in points."""
        return spread([row.published for row in self.ranked])

    @property
    def grades(self) -> Counter[str]:
        """How many ranked dealers have each grade."""
        return Counter(row.grade for row in self.ranked)

    def counts(self) -> dict[str, int | None]:
        """How many dealers are in each population, and in all; None where it is not known."""
        return {
            "dealers": self.dealers,
            "ranked": len(self.ranked),
            "trial": len(self.trial),
            "vetoed": len(self.vetoed),
            "provisional": len(self.provisional),
            "refused": len(self.refused),
            "missing": None if self.missing is None else len(self.missing),
        }


def population(rows: Iterable[Standing], missing: Iterable[Dealer] | None = None, name: str = "") -> Population:
    """Put each dealer into its population.

    Args:
        rows: a month's standings, with ranks; a dealer may have refused files beside the one that counts.
        missing: dealers of the roster of whom nothing came; None where the roster is not known.
        name: what the dealers have in common.
    """
    listed = list(rows)
    assessed = [row for row in listed if row.status is not Status.REJECTED]
    absent = None if missing is None else tuple(missing)
    # a file that is disputed between two dealers counts for neither: who sent nothing else is missing
    have = {row.dealer.code for row in assessed} | {dealer.code for dealer in absent or ()}
    refused: dict[str, Standing] = {}
    for row in listed:
        if row.status is Status.REJECTED and row.dealer.code not in have and row.dealer.code and row.dealer.name:
            refused.setdefault(row.dealer.code, row)
    return Population(
        name=name,
        ranked=tuple(sorted((row for row in assessed if row.rank), key=lambda row: row.rank or 0)),
        trial=tuple(row for row in assessed if row.state is State.TRIAL),
        vetoed=tuple(row for row in assessed if row.state is State.VETOED),
        provisional=tuple(row for row in assessed if row.state is State.PROVISIONAL),
        refused=tuple(refused.values()),
        missing=absent,
        strays=len(listed) - len(assessed) - len(refused),
    )


def parts(whole: Population, part: Callable[[Dealer], str], unnamed: str) -> list[Population]:
    """The populations of regions or peer groups, the best mean first; dealers without one are called `unnamed`."""
    rows: dict[str, list[Standing]] = {}
    absent: dict[str, list[Dealer]] = {}
    for row in (*whole.assessed, *whole.refused):
        rows.setdefault(part(row.dealer) or unnamed, []).append(row)
    for dealer in whole.missing or ():
        absent.setdefault(part(dealer) or unnamed, []).append(dealer)
    known = whole.missing is not None
    populations = [
        population(rows.get(name, ()), absent.get(name, ()) if known else None, name)
        for name in dict.fromkeys((*rows, *absent))
    ]
    return sorted(populations, key=lambda part_: (part_.totals.mean is None, -(part_.totals.mean or 0.0), part_.name))


def places_within(rows: Iterable[Standing], part: Callable[[Dealer], str]) -> dict[str, tuple[int, int]]:
    """Each ranked dealer's place among those of its region or peer group, and how many they are, by code."""
    groups: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.rank and part(row.dealer):
            groups.setdefault(part(row.dealer), {})[row.dealer.code] = row.published
    return {code: (place, len(group)) for group in groups.values() for code, place in positions(group).items()}


def spread(figures: Sequence[float]) -> Spread:
    """How some figures spread."""
    return Spread(len(figures), statistics.fmean(figures) if figures else None, five_numbers(figures))


def five_numbers(figures: Sequence[float]) -> Five | None:
    """Lowest, quartiles (as Excel's QUARTILE.INC), highest; None where there is no figure."""
    if not figures:
        return None
    first, middle, third = (
        statistics.quantiles(figures, n=4, method="inclusive") if len(figures) > 1 else list(figures) * 3
    )
    return Five(min(figures), first, middle, third, max(figures))


def item_rates(whole: Population, items: Iterable[str]) -> list[ItemRate]:
    """Each item's rate, in the order given."""
    stood: dict[str, list[tuple[float, float]]] = {}
    vetoed: Counter[str] = Counter()
    for row in whole.ranked:
        for item in row.items:
            if item.applied:
                stood.setdefault(item.item, []).append((item.score or 0.0, item.applied))
    for row in whole.assessed:
        vetoed.update(item.item for item in row.items if item.vetoed)
    return [_rate(item, stood.get(item, ()), vetoed[item]) for item in items]


def _rate(item: str, stood: Sequence[tuple[float, float]], vetoed: int) -> ItemRate:
    return ItemRate(item, math.fsum(e for e, _ in stood), math.fsum(a for _, a in stood), len(stood), vetoed)


def bands(whole: Population, points: float, count: int) -> list[Band]:
    """The distribution of totals in so many equal bands of `points`, from nothing on.

    A full mark closes the last band and opens none of its own; what a bonus adds beyond it has bands of its own.
    """
    width = max(points / count, 1e-9)
    counted: dict[int, Counter[str]] = {place: Counter() for place in range(count)}
    for row in whole.ranked:
        place = int(row.published / width + 1e-9)
        place = min(place, count - 1) if row.published <= points else place
        for further in range(max(counted) + 1, place + 1):
            counted[further] = Counter()
        counted[place][row.grade] += 1
    return [Band(place * width, (place + 1) * width, dict(grades)) for place, grades in counted.items()]


def occupied(bands_: Sequence[Band]) -> Iterator[Band]:
    """Without the empty bands below the lowest and above the highest total."""
    filled = [number for number, band in enumerate(bands_) if band.count]
    yield from bands_[filled[0] : filled[-1] + 1] if filled else ()
