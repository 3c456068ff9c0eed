"""Completes results of 0.1.0 from what they hold: the points that applied, and an account of the losses.

Later ones keep both as they were read off the evaluated cells.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.account import Account, Level, Line
from xlkpi.values import VETOED, Absence

_LEVELS: Final[Mapping[str, Level]] = {"item": "item", "group": "group", "total": "total"}


class GroupShape(NamedTuple):
    """What decides the points that apply in a group: its points, whether its other items are scaled where one is
    不适用, and each item with its points and whether it is a bonus."""

    points: float
    rescales: bool
    items: Sequence[tuple[str, float, bool]]


class OlderLoss(NamedTuple):
    """A clause that cost points. `kind` is 否决 or 扣分; `points` what the clause deducts by itself."""

    item: str
    kind: str
    scope: str
    points: float
    clause: str
    inspection: str
    number: int = 0


def shapes_of(scheme: Scheme) -> list[GroupShape]:
    """The groups of a scheme."""
    return [
        GroupShape(
            number_value(group.points),
            scheme.treatment(group) == "rescale",
            [(item.name, number_value(item.points), item.bonus) for item in group.items],
        )
        for group in scheme.groups
    ]


def applied_points(groups: Iterable[GroupShape], statuses: Mapping[str, str]) -> dict[str, float]:
    """The points that each item could earn from a dealer, by the states of the dealer's items.

    An item that is 不适用 could earn none; where the group rescales, the others of the group carry its points.
    """
    left_out = Absence.NOT_APPLICABLE.value
    applied: dict[str, float] = {}
    for group in groups:
        base_items = [(item, points) for item, points, bonus in group.items if not bonus]
        applicable = math.fsum(points for item, points in base_items if statuses.get(item) != left_out)
        scaled = group.rescales and 0 < applicable < math.fsum(points for _, points in base_items)
        scale = group.points / applicable if scaled else 1.0
        for item, points, bonus in group.items:
            applied[item] = 0.0 if statuses.get(item) == left_out else points if bonus else points * scale
    return applied


def account_of_losses(losses: Iterable[OlderLoss], earnable: Mapping[str, float]) -> Account:
    """An account of losses alone, which does not add up: what the rules gave is not known.

    Args:
        losses: the clauses that fired, in the order of the scheme.
        earnable: the most that the clauses of each item can have taken: its points less what it had before vetoes.
    """
    remaining = dict(earnable)
    lines = []
    for loss in losses:
        if loss.kind == VETOED:
            scope = loss.scope or "item"
            lines.append(Line(_LEVELS[scope], "veto", 0.0, item=loss.item, clause=loss.number, scope=scope,
                              text=loss.clause, inspection=loss.inspection))  # fmt: skip
        else:
            lost = max(0.0, min(loss.points, remaining.get(loss.item, loss.points)))
            remaining[loss.item] = remaining.get(loss.item, loss.points) - lost
            lines.append(Line("item", "deduction", 0.0 - lost, item=loss.item, clause=loss.number,
                              nominal=loss.points, text=loss.clause, inspection=loss.inspection))  # fmt: skip
    return Account(tuple(lines))
