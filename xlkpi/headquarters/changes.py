"""变更: what changes of a dealer from a day on (a row each, beside the roster), and what of it holds in a month.

A dealer opens, closes, is merged into another, is on trial, gets another region, peer group, supervisor or name.
Without a row the roster's own cells hold for all time. A month takes the dealers that are open on any of its days, each
as it is on the last of them. What is not wholly understood, or cannot have been so, is a finding with its cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from xlkpi.findings import Finding
from xlkpi.headquarters.field_columns import cells_of_two, rows_of_roster
from xlkpi.headquarters.headings import CHANGES, NAMES, PEERS, REGIONS, SUPERVISORS, Changed, ListSpec
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.moments import moment_in
from xlkpi.headquarters.table import Files, Row, read_table
from xlkpi.headquarters.words import Codes, closed_up, folded, wording
from xlkpi.issue import Dealer, Merged
from xlkpi.values import days_in

_SPEC: Final = ListSpec(
    Origin("roster"),
    {"day": ("日期", "生效日期", "变更日期"), "item": ("项目", "变更项目"), "value": ("新值", "改为", "变更为"),
     "remark": ("说明", "备注", "remark", "note")},
    needed=("day", "item"), repeated=True, sheet=CHANGES, ignored=frozenset(NAMES),
)  # fmt: skip
APART: Final = frozenset({"日期", "项目"})
"""Headings by which a sheet of a roster is 变更 and not the roster."""
_FIRST, _LAST = date(1980, 1, 1), date(2099, 12, 31)
_ALWAYS: Final = date.min


_WORDS: Final = {
    Changed.OPENED: ("开业", "开店", "新开业", "正式开业"), Changed.REOPENED: ("重新开业", "恢复营业", "复业"),
    Changed.TRIAL: ("试运营", "试营业"),
    Changed.REGULAR: ("转正", "试运营结束", "结束试运营", "试营业结束", "正式运营"),
    Changed.CLOSED: ("关闭", "关店", "闭店", "关停", "停业", "歇业", "撤店", "退网"),
    Changed.MERGED: ("并入", "合并到"),
    Changed.REGION: REGIONS, Changed.PEERS: PEERS, Changed.SUPERVISOR: SUPERVISORS, Changed.NAME: NAMES,
}  # fmt: skip
_ITEMS: Final = {folded(word): item for item, words in _WORDS.items() for word in words}
_DETAILS: Final = (Changed.REGION, Changed.PEERS, Changed.SUPERVISOR, Changed.NAME)
_NOTHING_MORE: Final = frozenset(("", "是", "√", "yes"))
_ENDS: Final = frozenset(("否", "结束", "no"))
_NONE: Final = frozenset(("无", "-", "—", "/"))


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is understood: from `day` on `item` is `value` (of 并入 the other dealer's code; else blank where
    nothing more is to be said)."""

    day: date
    item: Changed
    value: str
    row: Row


class _State(StrEnum):
    """How a dealer is, in the words of findings."""

    ABSENT = "未开业"
    OPEN = "营业"
    BEFORE_OPENING = "试运营，还没有正式开业"
    TRIAL = "试运营"
    CLOSED = "关闭"


_OPEN: Final = frozenset((_State.OPEN, _State.BEFORE_OPENING, _State.TRIAL))
_TRIAL: Final = frozenset((_State.BEFORE_OPENING, _State.TRIAL))
_BECOMES: Final = {
    (Changed.OPENED, _State.ABSENT): _State.OPEN, (Changed.OPENED, _State.BEFORE_OPENING): _State.OPEN,
    (Changed.REOPENED, _State.CLOSED): _State.OPEN,
    (Changed.TRIAL, _State.ABSENT): _State.BEFORE_OPENING, (Changed.TRIAL, _State.OPEN): _State.TRIAL,
    (Changed.REGULAR, _State.TRIAL): _State.OPEN, (Changed.REGULAR, _State.BEFORE_OPENING): _State.OPEN,
    **{(item, state): _State.CLOSED for item in (Changed.CLOSED, Changed.MERGED) for state in _OPEN},
}  # fmt: skip
"""What a change makes of how a dealer was; what is not here cannot be."""
_ON_ONE_DAY: Final = {
    (Changed.OPENED, Changed.TRIAL): _State.TRIAL, (Changed.REOPENED, Changed.TRIAL): _State.TRIAL,
    (Changed.CLOSED, Changed.MERGED): _State.CLOSED,
}  # fmt: skip
"""What two changes of one day come to; others cannot be on one day."""


class _Span(NamedTuple):
    """A time: from a day on, to before another (None: still)."""

    begin: date
    end: date | None

    def meets(self, first: date, last: date) -> bool:
        """Whether any of these days lies in it."""
        return self.begin <= last and (self.end is None or self.end > first)


@dataclass(slots=True)
class _Life:
    """How a dealer is from which day on, the change by which it was merged into another, and the last change of a
    day."""

    steps: list[tuple[date, _State]] = field(default_factory=lambda: [(_ALWAYS, _State.OPEN)])
    merged: Change | None = None
    changes: dict[date, Change] = field(default_factory=dict)

    def spans(self, states: Set[_State]) -> list[_Span]:
        """The times in which it is in one of the states without a break."""
        spans: list[_Span] = []
        for (begin, state), after in zip(self.steps, [*self.steps[1:], None], strict=True):
            end = after[0] if after else None
            if state not in states or begin == end:
                continue
            goes_on = bool(spans) and spans[-1].end == begin
            spans.append(_Span(spans.pop().begin if goes_on else begin, end))
        return spans

    def is_open(self, day: date) -> bool:
        """Whether it is open on a day."""
        return any(span.meets(day, day) for span in self.spans(_OPEN))


@dataclass(frozen=True, slots=True)
class Changes:
    """What the sheet came to: each dealer's details in order of their days, and its life."""

    details: Mapping[str, Sequence[Change]]
    lives: Mapping[str, _Life]

    def in_month(self, roster: Mapping[str, Dealer], month: str) -> tuple[dict[str, Dealer], list[Finding]]:
        """The dealers of a month (YYYY-MM) as they are in it, in the roster's order; and who is left out, or is open
        for a part of it."""
        first = date(int(month[:4]), int(month[5:]), 1)
        last = first.replace(day=days_in(month))
        dealers: dict[str, Dealer] = {}
        findings = []
        for code, dealer in roster.items():
            life = self.lives.get(code, _Life())
            spans = [span for span in life.spans(_OPEN) if span.meets(first, last)]
            if not spans:
                day, why = _absence(life, last)
                findings.append(_at(life.changes[day].row, "XK-T122", dealer=code, month=month, why=why))
                continue
            end = spans[-1].end
            at = last if end is None or end > last else end - timedelta(days=1)
            known = self._on(dealer, at)
            trial = next((span.begin for span in life.spans(_TRIAL) if span.meets(at, at)), None)
            known = replace(
                known,
                since=_day(spans[-1].begin), opened=_day(spans[-1].begin) if spans[-1].begin > first else "",
                closed=_day(end) if end is not None and end <= last else "", trial=_day(trial) if trial else "",
                merged=tuple(self._merged_into(code, first, frozenset((code,)))),
            )  # fmt: skip
            dealers[code] = known
            if known.merged:
                merged_ones = "、".join(each.code for each in known.merged)
                findings.append(Finding("XK-T120", facts={"dealer": code, "others": merged_ones}))
            if known.part_said:
                day = spans[-1].begin if known.opened or end is None else end
                findings.append(_at(life.changes[day].row, "XK-T121", dealer=code, month=month, why=known.part_said))
        return dealers, findings

    def _on(self, dealer: Dealer, day: date) -> Dealer:
        """A dealer with its details as they are on a day."""
        for change in self.details.get(dealer.code, ()):
            if change.day <= day:
                part: dict[str, Any] = {_PARTS[change.item]: change.value}
                dealer = replace(dealer, **part)
        return dealer

    def _merged_into(self, code: str, first: date, followed: frozenset[str]) -> Iterator[Merged]:
        """Whose history a dealer goes on with in a month that begins on this day: those that were merged into it and
        report no longer, and those merged into these."""
        for other, life in self.lives.items():
            if life.merged is None or life.merged.value != code or life.merged.day > first or other in followed:
                continue
            since = next((span.begin for span in life.spans(_OPEN) if span.end == life.merged.day), _ALWAYS)
            yield Merged(other, _day(since), _day(life.merged.day))
            yield from self._merged_into(other, first, followed | {other})


def _at(row: Row, code: str, /, **facts: object) -> Finding:
    """A finding at a change's day."""
    return Finding(code, row.file, row.place("day"), facts=facts)


_PARTS: Final = {
    Changed.REGION: "region", Changed.PEERS: "peer_group", Changed.SUPERVISOR: "supervisor", Changed.NAME: "name",
}  # fmt: skip


def read_changes(
    paths: Files, roster: Mapping[str, Dealer], closed_ones: Mapping[str, Dealer], *, anyway: bool = False
) -> tuple[Changes, list[Finding]]:  # fmt: skip
    """The sheet 变更 of the roster's files; nothing where there is none.

    Args:
        paths: the roster's files.
        roster: everybody on the roster.
        closed_ones: those of whom a remark on the roster says that they are closed.
        anyway: headquarters insists that a list of another kind be read.
    """
    table = read_table(paths, _SPEC, anyway=anyway)
    findings = table.findings
    roster = {**closed_ones, **roster}
    codes = Codes.of(roster)
    by_dealer: dict[str, list[Change]] = {}
    for row in rows_of_roster(table, codes, roster, stranger="XK-T108"):
        change = _understood(row, codes, roster)
        if isinstance(change, Finding):
            findings.append(change)
        else:
            by_dealer.setdefault(row.code, []).append(change)
    once = {code: list(_once(changes, findings)) for code, changes in by_dealer.items()}
    details = {code: [change for change in changes if change.item in _DETAILS] for code, changes in once.items()}
    lived = {code: [change for change in changes if change.item not in _DETAILS] for code, changes in once.items()}
    lives = {code: _lived(changes, findings) for code, changes in lived.items()}
    wrong = dict(_against_mergers(lives, dict.fromkeys(closed_ones, _Life([(_ALWAYS, _State.CLOSED)]))))
    findings += wrong.values()
    for code in wrong:
        lives[code] = _lived([change for change in lived[code] if change.item is not Changed.MERGED], [])
    return Changes(details, lives), findings


def _understood(row: Row, codes: Codes, roster: Mapping[str, Dealer]) -> Change | Finding:
    """A row's day, item and value, or what of it is not understood."""
    cell = row.cells.get("day")
    words = wording(cell)
    moment = moment_in(cell) if cell is not None and not isinstance(cell.formula, str) else None
    if moment is None or moment.timed or moment.other or "day" in row.shared or not (
        _FIRST <= moment.at.date() <= _LAST
    ):  # fmt: skip
        formula = f"={cell.formula}" if cell is not None and isinstance(cell.formula, str) else ""
        return _wrong(row, "day", "XK-T105", formula or words.text or words.fault or "空白")
    words = wording(row.cells.get("item"))
    item = _ITEMS.get(folded(words.text))
    if item is None or "item" in row.shared:
        return _wrong(row, "item", "XK-T106", words.text or words.fault or "空白")
    words = wording(row.cells.get("value"))
    text = folded(words.text)
    if item is Changed.TRIAL and text in _ENDS:
        item, text = Changed.REGULAR, ""
    value: str | None = ""
    if words.fault or "value" in row.shared:
        value = None
    elif item in _DETAILS:
        value = ("" if text in _NONE and item is not Changed.NAME else closed_up(words.text)) if text else None
    elif item is Changed.MERGED:
        named = [code for code, dealer in roster.items() if text and folded(dealer.name) == text]
        value = codes.find(words.text) or (named[0] if len(named) == 1 else None)
    elif text not in _NOTHING_MORE and text != folded(item):
        value = None
    if value is None:
        return _wrong(row, "value", "XK-T107", words.text or words.fault or "空白", item=item, expected=_needed(item))
    return Change(moment.at.date(), item, value, row)


def _needed(item: Changed) -> str:
    if item is Changed.MERGED:
        return "名单上并入哪一家的代码"
    return f"新的{item}" if item in _DETAILS else "空着"


def _wrong(row: Row, part: str, code: str, content: str, **facts: object) -> Finding:
    return Finding(code, row.file, row.place(part), facts={"dealer": row.code, "found": content, **facts})


def _once(changes: Iterable[Change], findings: list[Finding]) -> Iterator[Change]:
    """The changes in order of their days. What is said twice of one day counts in neither row."""
    by_day: dict[tuple[date, int], list[Change]] = {}
    for change in changes:
        by_day.setdefault((change.day, _ORDER[change.item]), []).append(change)
    for (day, _), several in sorted(by_day.items(), key=lambda pair: pair[0]):
        if len(several) == 1:
            yield several[0]
            continue
        first, second = several[:2]
        facts = {
            "dealer": first.row.code, "day": day.isoformat(), "item": first.item,
            "cells": cells_of_two(first.row, second.row, "item"),
        }  # fmt: skip
        findings.append(Finding("XK-T109", second.row.file, second.row.place("item"), facts=facts))


_ORDER: Final = {item: number for number, item in enumerate(Changed)}


def _lived(changes: Sequence[Change], findings: list[Finding]) -> _Life:
    """A dealer's life by those of its changes that can have been so."""
    first = next((change.item for change in changes if change.item is not Changed.TRIAL), None)
    life = _Life([(_ALWAYS, _State.ABSENT if first is Changed.OPENED else _State.OPEN)])
    for change in changes:
        state = life.steps[-1][1]
        state_after = _BECOMES.get((change.item, state))
        if (today := life.changes.get(change.day)) is not None:
            state_after = _ON_ONE_DAY.get((today.item, change.item))
        if state_after is None:
            facts = {"dealer": change.row.code, "day": change.day.isoformat(), "item": change.item, "state": state}
            findings.append(Finding("XK-T117", change.row.file, change.row.place("item"), facts=facts))
            continue
        life.steps.append((change.day, state_after))
        life.changes[change.day] = change
        if change.item in (Changed.MERGED, Changed.REOPENED):
            life.merged = change if change.item is Changed.MERGED else None
    return life


def _against_mergers(lives: Mapping[str, _Life], closed_ones: Mapping[str, _Life]) -> Iterator[tuple[str, Finding]]:
    """Mergers that cannot be, by whose they are: in a circle, into oneself, into a dealer that is not open on that
    day."""
    mergers = {code: life.merged for code, life in lives.items() if life.merged is not None}
    into = {code: change.value for code, change in mergers.items()}
    for code, change in mergers.items():
        chain, other = [code], change.value
        while other not in chain and other in into:
            chain.append(other)
            other = into[other]
        facts = {"dealer": code, "other": change.value, "day": change.day.isoformat()}
        if other == code:
            facts["found"] = " → ".join((*chain, code))
            yield code, Finding("XK-T119", change.row.file, change.row.place("value"), facts=facts)
        elif not {**lives, **closed_ones}.get(change.value, _Life()).is_open(change.day):
            yield code, Finding("XK-T118", change.row.file, change.row.place("value"), facts=facts)


def _absence(life: _Life, last: date) -> tuple[date, str]:
    """Why a dealer is not of a month that ends on this day, and the day of the change that says so."""
    ends = [span.end for span in life.spans(_OPEN) if span.end is not None and span.end <= last]
    if not ends:
        begin = life.spans(_OPEN)[0].begin
        return begin, f"{_day(begin)} 才开业"
    merged = life.merged if life.merged is not None and life.merged.day == ends[-1] else None
    return ends[-1], f"{_day(ends[-1])} {f'并入 {merged.value}' if merged else '关闭'}"


def _day(day: date) -> str:
    return "" if day == _ALWAYS else day.isoformat()
