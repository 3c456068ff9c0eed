"""A second calculation of everything after base points and clauses, and schemes and months to try it on.

Base points and outcomes of clauses are taken from the evaluated cells: the rules have tests of their own. The rest is
reckoned here anew from the words of `docs/how-a-score-is-made.md`, without a formula and without the account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Group, Item, Scheme
from xlkpi.values import CellContent

Cell = Callable[[str], CellContent]
Key = tuple[str, str, str, str, int]
"""Of a line: level, kind, group, item, clause."""
MISSING, UNREADABLE, LEFT_OUT, VETO = "未填", "无法读取", "不适用", "否决"


def rounded(value: float, digits: int | None) -> float:
    """Half away from zero on the fifteen digits that people see; None: not at all."""
    if digits is None:
        return value
    return float(Decimal(f"{value:.15g}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


@dataclass(slots=True)
class Reckoned:
    """What a month comes to. `lines` has what each step added to the total; `scores` by item, `groups` by group."""

    lines: dict[Key, float] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    groups: dict[str, float] = field(default_factory=dict)
    bonus: float = 0.0
    total: float = 0.0
    published: float = 0.0
    provisional: bool = False
    vetoed: bool = False


@dataclass(slots=True)
class _Group:
    earned: float
    best: float
    score: float
    most: float
    verdict: str  # "", 否决, or ? where it may still be vetoed


def reckon(scheme: Scheme, cell: Cell) -> Reckoned:
    """Reckon a month of which the cells are known."""
    done = Reckoned()
    best: dict[str, float] = {}
    found = {group.name: _group(scheme, group, cell, done, best) for group in scheme.groups}
    total, most = sum(one.score for one in found.values()), sum(one.most for one in found.values())
    cap = number_value(scheme.bonus_most) if scheme.bonus_most else float("inf")
    granted = could_be = 0.0
    for group in scheme.groups:
        verdict = found[group.name].verdict
        for item in (item for item in group.items if item.bonus):
            granted += 0.0 if verdict else done.scores[item.name]
            could_be += 0.0 if verdict == VETO else best[item.name]
            if verdict:
                kind = "veto" if verdict == VETO else "open"
                done.lines["bonus", kind, group.name, item.name, 0] = -done.scores[item.name]
    done.bonus = min(cap, granted)
    done.lines["bonus", "cap", "", "", 0] = done.bonus - granted
    total, most = total + done.bonus, most + min(cap, could_be)
    verdict, lines = _verdict(scheme, "total", scheme.groups, cell, {n: (o.earned, o.best) for n, o in found.items()})
    for place, key in enumerate(lines):
        done.lines["total", *key] = -total if place == 0 else 0.0
    done.total = 0.0 if verdict else total
    done.published = rounded(done.total, scheme.display_decimals)
    done.lines["total", "rounding", "", "", 0] = done.published - done.total
    done.vetoed = verdict == VETO
    done.provisional = abs((0.0 if done.vetoed else most) - done.total) > 1e-9
    return done


def _group(scheme: Scheme, group: Group, cell: Cell, done: Reckoned, best: dict[str, float]) -> _Group:
    points = number_value(group.points)
    own = [item for item in group.items if not item.bonus]
    treatment = group.not_applicable or scheme.defaults.not_applicable
    held = sum(number_value(item.points) for item in own if cell(f"{item.name}_基础分") != LEFT_OUT)
    factor = 1.0 if treatment != "rescale" or not own else points / held if held else 0.0
    for item in group.items:
        scale = 1.0 if item.bonus else factor
        done.scores[item.name], best[item.name] = _item(scheme, group, item, cell, done, scale, treatment)
    earned = sum(done.scores[item.name] for item in own)
    most = points if factor == 0 else sum(best[item.name] for item in own)
    verdict, lines = _verdict(scheme, "group", [group], cell, {group.name: (earned, most)})
    if factor == 0:
        done.lines["group", "open", group.name, "", 0] = 0.0
    for place, key in enumerate(lines):
        done.lines["group", *key] = -earned if place == 0 else 0.0
    done.groups[group.name] = 0.0 if verdict else earned
    return _Group(earned, most, 0.0 if verdict else earned, 0.0 if verdict == VETO else most, verdict)


def _item(
    scheme: Scheme, group: Group, item: Item, cell: Cell, done: Reckoned, scale: float, treatment: str
) -> tuple[float, float]:
    """The item's score and the most that it could be; its lines are noted."""
    points, base = number_value(item.points), cell(f"{item.name}_基础分")
    outcomes = {n: cell(f"{item.name}_第{n}条") for n in range(1, len(item.clauses) + 1)}
    lost = {n: o for n, o in outcomes.items() if isinstance(o, float) and o > 0}
    vetoes = [
        n for n, clause in enumerate(item.clauses, 1)
        if clause.otherwise and scheme.scope(clause) == "item" and outcomes[n] == VETO
    ]  # fmt: skip

    def note(kind: str, added: float, clause: int = 0) -> None:
        done.lines["item", kind, group.name, item.name, clause] = added

    left = 0.0
    if isinstance(base, float):
        left = max(0.0, min(points, base))
        note("base", left)
    for number, deducts in lost.items():
        note("deduction", -min(left, deducts), number)
        left -= min(left, deducts)
    if not isinstance(base, float) and base != LEFT_OUT:
        is_open = True
    else:
        is_open = isinstance(base, float) and any(o in (MISSING, UNREADABLE) for o in outcomes.values())
    if is_open:
        note("open", -left)
        left = 0.0
    given = base == LEFT_OUT and treatment == "full" and not item.bonus
    if given:
        note("granted", points)
        left = points
    note("scaling", left * (scale - 1))
    scaled = left * scale
    for place, number in enumerate(vetoes):
        note("veto", -scaled if place == 0 else 0.0, number)
    score = 0.0 if vetoes else rounded(scaled, scheme.round_items)
    if not vetoes:
        note("rounding", score - scaled)
    if not is_open:
        return score, score
    could = max(0.0, (max(0.0, min(points, base)) if isinstance(base, float) else points) - sum(lost.values()))
    return score, 0.0 if vetoes else rounded(could * scale, scheme.round_items)


def _verdict(
    scheme: Scheme, scope: str, groups: Any, cell: Cell, earned: Mapping[str, tuple[float, float]]
) -> tuple[str, list[tuple[str, str, str, int]]]:
    """否决 where something of this scope fired, ? where it may; with the kinds and places of what did."""
    certain: list[tuple[str, str, str, int]] = []
    open_: list[tuple[str, str, str, int]] = []
    for group in groups:
        for item in group.items:
            for number, clause in enumerate(item.clauses, 1):
                if clause.otherwise and scheme.scope(clause) == scope:
                    outcome = cell(f"{item.name}_第{number}条")
                    if outcome == VETO:
                        certain.append(("veto", group.name, item.name, number))
                    elif outcome in (MISSING, UNREADABLE):
                        open_.append(("open", group.name, item.name, number))
        if group.gate and group.gate.scope == scope:
            least = number_value(group.gate.at_least) * number_value(group.points)
            now, could = (round(x - least, 9) < 0 for x in earned[group.name])
            if could:
                certain.append(("gate", group.name, "", 0))
            elif now:
                open_.append(("open", group.name, "", 0))
    return (VETO, certain) if certain else ("?", open_) if open_ else ("", [])


# ------------------------------------------------------------------ schemes and months at random

_SCORES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("proportional", {"of": "{f}"}), ("proportional", {"of": "{f}", "floor": "30%"}),
    ("threshold", {"of": "{f}", "full_at": "60%"}), ("lower", {"of": "{f}", "full_at": "10%", "zero_at": "90%"}),
    ("in-range", {"of": "{f}", "low": "0.3", "high": "0.6", "margin": "0.3"}),
    ("steps", {"of": "{f}", "bands": [{"at_least": "80%", "points": "{p}"}, {"at_least": "40%", "points": "1"}]}),
    ("checklist", {"of": ["{f}步一", "{f}步二"]}),
)  # fmt: skip


def random_scheme(seed: int) -> dict[str, Any]:
    """A scheme with everything that takes or gives points, mixed by chance."""
    chance = Random(seed)
    fields: dict[str, Any] = {}
    groups = [_random_group(chance, number, fields) for number in range(chance.randint(1, 3))]
    scheme = {
        "scheme": f"account-{seed}", "title": "计分", "en": "Account", "version": "1", "valid": {"from": "2026-01"},
        "defaults": {"veto": chance.choice(["item", "group", "total"]),
                     "not_applicable": chance.choice(["rescale", "full", "zero"])},
        "display_decimals": chance.choice([0, 1, 2]), "fields": fields, "groups": groups,
        "grades": [{"grade": "好", "at_least": "60"}, {"grade": "差", "at_least": "0"}],
    }  # fmt: skip
    if chance.random() < 0.4:
        scheme["round_items"] = chance.choice([0, 1, 2])
    if chance.random() < 0.5:
        scheme["bonus_most"] = chance.choice(["3", "5.5"])
    return scheme


def _random_group(chance: Random, number: int, fields: dict[str, Any]) -> dict[str, Any]:
    items = [_random_item(chance, f"项{number}{letter}", fields) for letter in "甲乙丙"[: chance.randint(1, 3)]]
    points = sum(float(item["points"]) for item in items)
    for letter in "丁戊"[: chance.choice([0, 0, 1, 2])]:
        name = f"项{number}{letter}"
        fields[f"{name}数"] = {"en": "x", "type": "count", "by": "headquarters", "not_applicable": True}
        items.append({
            "item": name, "points": "4", "bonus": True, "score": {"bonus": {"of": f"{name}数", "each": "1.5"}},
            "clauses": _random_clauses(chance, name, fields, most=1),
        })  # fmt: skip
    group: dict[str, Any] = {"group": f"组{number}", "points": f"{points:g}", "items": items}
    if chance.random() < 0.5:
        group["gate"] = {
            "at_least": chance.choice(["30%", "55.5%", "100%"]),
            "scope": chance.choice(["group", "total"]),
        }
    if chance.random() < 0.5:
        group["not_applicable"] = chance.choice(["rescale", "full", "zero"])
    return group


def _random_item(chance: Random, name: str, fields: dict[str, Any]) -> dict[str, Any]:
    points = chance.choice(["5", "10", "7.5", "33"])
    item: dict[str, Any] = {"item": name, "points": points, "clauses": _random_clauses(chance, name, fields)}
    if chance.random() < 0.75:
        rule, arguments = chance.choice(_SCORES)
        item["score"] = {rule: _filled(arguments, name, points)}
        if rule == "checklist":
            step = {"en": "x", "type": "choice", "by": "headquarters", "not_applicable": True}
            fields |= {f"{name}{part}": {**step, "words": {"有": "met", "无": "failed"}} for part in ("步一", "步二")}
        else:
            fields[name + "率"] = {"en": "x", "type": "rate", "by": "headquarters", "not_applicable": True}
            item["score"][rule]["of"] = name + "率"
    return item


def _filled(given: Any, name: str, points: str) -> Any:
    if isinstance(given, dict):
        return {key: _filled(value, name, points) for key, value in given.items()}
    if isinstance(given, list):
        return [_filled(value, name, points) for value in given]
    return given.replace("{f}", name).replace("{p}", points)


def _random_clauses(chance: Random, name: str, fields: dict[str, Any], most: int = 3) -> list[dict[str, Any]]:
    clauses = []
    for number in range(1, chance.randint(0, most) + 1):
        count, word = f"{name}次{number}", f"{name}词{number}"
        fields[count] = {"en": "x", "type": "count", "by": "headquarters", "not_applicable": True}
        fields[word] = {"en": "x", "type": "choice", "by": "headquarters", "not_applicable": True,
                        "words": {"好": "met", "坏": "failed"}}  # fmt: skip
        kinds: tuple[dict[str, Any], ...] = (
            {"each": count, "lose": chance.choice(["1", "2.5", "4"])},
            {"each": count, "lose": "3", "most": "6"},
            {"require": f"{count}<=1", "lose": "5"},
            {"require": word, "lose": "2"},
            {"require": word, "else": VETO},
            {"require": f"{count}<3", "else": VETO, "scope": chance.choice(["item", "group", "total"])},
        )
        clause = chance.choice(kinds)
        used = {clause.get("each") or str(clause["require"]).split("<")[0]}
        for spare in {count, word} - used:
            del fields[spare]
        clauses.append({"text": f"{name}的第{number}条", **clause})
    return clauses


def random_months(scheme: Scheme, seed: int, count: int) -> Iterator[dict[str, CellContent]]:
    """Months: most of them filled in, some with blanks, words and what does not apply."""
    chance = Random(seed)
    for _ in range(count):
        bad, out = chance.choice([(0.0, 0.0), (0.0, 0.3), (0.15, 0.15), (0.03, 0.6)])
        good = chance.random()
        month: dict[str, CellContent] = {}
        for name, entry in scheme.fields.items():
            draw = chance.random()
            if draw < bad:
                month[name] = chance.choice([None, UNREADABLE, MISSING])
            elif draw < bad + out:
                month[name] = LEFT_OUT
            elif entry.words:
                month[name] = list(entry.words)[chance.random() > good]
            elif entry.type == "rate":
                month[name] = chance.choice([chance.random(), 0.3, 0.4, 0.6, 0.9, 1.0, 0.0])
            else:
                month[name] = 0.0 if chance.random() < good else float(chance.randint(0, 5))
        yield month
