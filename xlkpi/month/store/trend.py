"""Trends from the store, month by month: the totals, an item, a field or an indicator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from xlkpi.headquarters.joined import joined
from xlkpi.month.statistics import Spread, spread
from xlkpi.month.store.file import Store, StoreError
from xlkpi.month.store.query import definition_of, latest_month, ranked_ones, with_mergers
from xlkpi.scheme import parts
from xlkpi.scheme.cells import of_field
from xlkpi.scheme.model import Scheme
from xlkpi.values import months_between, months_earlier

By = Literal["all", "region", "peer_group", "dealer"]
Kind = Literal["total", "item", "figure"]
POINTS = "points"
"""The type of totals and items, beside the types of fields."""

_PART: Mapping[By, str] = {"all": "''", "region": "s.region", "peer_group": "s.peer_group", "dealer": "s.dealer"}


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One month of all dealers, or of a region, peer group or dealer: how its figures spread."""

    part: str
    month: str
    figures: Spread


@dataclass(frozen=True, slots=True)
class Trend:
    """A total, item, field or indicator over the months.

    `label` is what people call it, `unit` 分 for points, else the field's; `type` is "points" or the field's type.
    Totals and items are of the ranked dealers; fields and indicators of all assessed ones that have a number.
    """

    kind: Kind
    label: str
    unit: str
    type: str
    points: tuple[TrendPoint, ...]


def trend(store: Store, scheme: str, name: str = "", by: By = "all", kind: Kind | None = None) -> Trend:
    """Month by month, for all dealers, regions, peer groups or each dealer.

    Args:
        store: an open store.
        scheme: the scheme's name.
        name: an item, field or indicator; "" for the published total.
        by: what a line is of.
        kind: "item" or "figure" where both have the name; None takes the item first.

    Raises:
        StoreError: the store has no item, field or indicator of that name (XK-W040).
    """
    known = definition_of(store, scheme, latest_month(store, scheme))
    kind_ = _kind(store, scheme, known, name, kind)
    places = f"s.is_current AND {ranked_ones(store, 's.')}"  # what every mean of totals and items is of
    if kind_ == "total":
        source, figure, values = f"submissions s WHERE {places}", "s.published", []
    elif kind_ == "item":
        source = f"items i JOIN submissions s USING (submission) WHERE {places} AND i.item = ?"
        figure, values = "i.score", [name]
    else:
        source = "field_values v JOIN submissions s USING (submission) WHERE s.is_current AND v.name = ?"
        figure, values = "v.number", [name]
    query = (
        f"SELECT {_PART[by]}, s.month, list({figure} ORDER BY s.dealer) FROM {source} AND s.scheme = ? "  # noqa: S608 - names of our own tables and columns; values are parameters
        f"AND {figure} IS NOT NULL GROUP BY ALL ORDER BY 1, 2"
    )
    lines = [(part, month, figures) for part, month, figures in store.rows(query, [*values, scheme])]
    if by == "dealer":
        lines = _with_mergers(store, known, name, lines)
    return Trend(
        kind_, *_words(known, kind_, name), tuple(TrendPoint(part, month, spread(all_)) for part, month, all_ in lines)
    )


_Figures = list[tuple[str, str, list[float]]]
"""Figures by part and month."""


def _with_mergers(store: Store, known: Scheme, name: str, lines: _Figures) -> _Figures:
    """Each dealer's line with the months of those that were merged into it (`joined`)."""
    by_dealer: dict[str, dict[int, dict[str, float | str]]] = {}
    end = months_earlier(max((month for _, month, _ in lines), default="0001-01"), -1)
    for code, month, figures in lines:
        by_dealer.setdefault(code, {})[months_between(month, end)] = {name: figures[0]}
    codes = {code for code, *_ in lines}
    joined_lines: _Figures = []
    for code in sorted(codes):
        months, _ = joined(known, with_mergers(store, code), end, by_dealer)
        for ago, values in sorted(months.items(), reverse=True):
            if isinstance(figure := values.get(name), float):
                joined_lines.append((code, months_earlier(end, ago), [figure]))
    return joined_lines


def _kind(store: Store, scheme: str, known: Scheme, name: str, wanted: Kind | None) -> Kind:
    """What a name names: an item, or a field or indicator."""
    if not name:
        return "total"
    is_item = any(item.name == name for item in known.items)
    query = (
        "SELECT 1 FROM field_values v JOIN submissions s USING (submission) WHERE s.scheme = ? AND v.name = ? LIMIT 1"
    )
    is_figure = bool(store.rows(query, [scheme, name]))
    if is_item and wanted != "figure":
        return "item"
    if is_figure and wanted != "item":
        return "figure"
    items = [item.name for item in known.items]
    listed: Iterable[str] = [*known.fields, *known.indicators] if wanted == "figure" else items
    if wanted is None:
        listed = dict.fromkeys((*items, *known.fields, *known.indicators))
    raise StoreError("XK-W040", path=str(store.path), wanted=name, found="、".join(listed))


def _words(known: Scheme, kind: Kind, name: str) -> tuple[str, str, str]:
    """Label, unit and type."""
    if kind == "total":
        return "公布总分", "分", POINTS
    if kind == "item":
        label = next((item.label for item in known.items if item.name == name), "")
        return f"{label or name}（得分）", "分", POINTS
    if entry := known.entry(name):
        return entry.label or name, entry.unit, entry.type
    for field, entry in known.targets().items():
        label = entry.label or field
        if name == of_field(field, parts.COMPLETION):
            return f"{label}完成率", "", "rate"
        if name == of_field(field, parts.TARGET):
            return f"{label}目标", entry.unit, entry.type
    return name, "", "number"
