"""Telling: the sentences that explain a group, its gate, the bonus, the total and the grade.

What vetoed is named with its item and clause, so that the sheet that is signed gives a reason for every point. The
sentences of items and clauses stand beside their formulas in `judging.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from xlkpi.scheme import parts
from xlkpi.scheme.cells import (
    BEFORE_VETO,
    BONUS,
    CEILING,
    GRADE,
    PUBLISHED,
    STATUS,
    TOTAL,
    TOTAL_VETO,
    of_clause,
    of_field,
)
from xlkpi.scheme.formulary import Formulary, Origin
from xlkpi.scheme.formulas import MISSING, Text
from xlkpi.scheme.model import Group
from xlkpi.values import PROVISIONAL, VETO_OF, VETOED

REASONS: Final = {"group": parts.GROUP_VETOES, "total": parts.TOTAL_VETOES}
"""By a veto's scope the cells that list what fired in a group."""


class Telling(Formulary):
    """Sets the sentences; the formulas that they tell of are set already."""

    def run(self) -> None:
        """Set them all."""
        for index, group in enumerate(self.scheme.groups):
            origin: Origin = ("groups", index)
            for scope, part in REASONS.items():
                self._reasons(group, scope, part, origin)
            if group.gate:
                self._gate(group, origin)
            self._group(group, origin)
        self._bonus()
        self._total()
        self._grade()

    def _set_sentence(self, name: str, sentence: str, origin: Origin) -> None:
        self._set(of_field(name, parts.TRACE), sentence, origin, kind="text")

    def _reasons(self, group: Group, scope: str, part: parts.Part, origin: Origin) -> None:
        """What of this scope fired in the group: 学习成长第1条、关口. Only where something can fire."""
        fired = [
            (f'{of_clause(item.name, number)}="{VETOED}"', f"{item.label or item.name}第{number}条")
            for item in group.items
            for number, clause in enumerate(item.clauses, 1)
            if clause.otherwise and self.scheme.scope(clause) == scope
        ]
        if group.gate and group.gate.scope == scope:
            fired.append((f'{of_field(group.name, parts.GATE_CEILING)}="{VETOED}"', parts.GATE))
        if fired:
            listed = "&".join(f'IF({condition},{Text("、" + word)},"")' for condition, word in fired)
            self._set(of_field(group.name, part), f"MID({listed},2,999)", origin, kind="text")

    def _gate(self, group: Group, origin: Origin) -> None:
        name, gate = group.name, group.gate
        if gate is None:
            return
        earned, points = of_field(name, parts.SUBTOTAL), of_field(name, parts.POINTS)
        takes = VETO_OF[gate.scope]
        open_ = f'IF({of_field(name, parts.GATE_CEILING)}="{VETOED}","，未达到，{takes}","，因有未填，未定")'
        verdict = f'IF({of_field(name, parts.GATE)}="{VETOED}",{open_},"，达到")'
        share = f'TEXT(ROUND({earned}/{points},4),"0.00%")'
        sum_ = f'"细项合计 "&ROUND({earned},4)&" 分 ÷ 本组 "&{points}&" 分 = "&{share}&"，要求至少 {gate.at_least}"'
        self._set_sentence(of_field(name, parts.GATE), f"{sum_}&{verdict}", origin)

    def _group(self, group: Group, origin: Origin) -> None:
        """What became of the group's points."""
        name = group.name
        before, score, veto = (of_field(name, part) for part in (parts.BEFORE_VETO, parts.SCORE, parts.VETO))
        sentence = f'"合计 "&ROUND({score},4)&" 分"'
        if any(not item.bonus for item in group.items):
            sentence = f'IF({of_field(name, parts.SCALING)}=0,"整组不适用，未定",{sentence})'
        reason = of_field(name, parts.GROUP_VETOES)
        if reason in self.out.formulas:
            without = f'"（否决前 "&ROUND({before},4)&" 分）"'
            vetoed = f'"本组否决，得 0 分："&{reason}&{without}'
            undecided = f'"本组是否否决未定，暂按 0 分计"&{without}'
            sentence = f'IF({veto}="{VETOED}",{vetoed},IF({veto}="{MISSING}",{undecided},{sentence}))'
        self._set_sentence(name, sentence, origin)

    def _bonus(self) -> None:
        """Each bonus item's points, without those of vetoed groups, and the cap."""
        if BONUS not in self.out.formulas:
            return
        earnings = []
        for group in self.scheme.groups:
            veto = of_field(group.name, parts.VETO)
            for item in group.items:
                if item.bonus:
                    label = Text(f"＋{item.label or item.name} ")
                    earned = f"ROUND(N({of_field(item.name, parts.SCORE)}),4)"
                    void = f'IF({veto}="","",IF({veto}="{VETOED}","（本组否决，不计）","（本组未定，暂不计）"))'
                    earnings.append(f"{label}&{earned}&{void}")
        most = Text(f"；合计最多 {self.scheme.bonus_most} 分" if self.scheme.bonus_most else "")
        self._set_sentence(BONUS, f"MID({'&'.join(earnings)},2,999)&{most}", ("groups",))

    def _total(self) -> None:
        """What the total is the sum of, or what vetoed it; and the range where something is open."""
        added = [f"{Text(f'＋{g.name} ')}&ROUND({of_field(g.name, parts.SCORE)},4)" for g in self.scheme.groups]
        if BONUS in self.out.formulas:
            added.append(f'"＋{BONUS} "&ROUND({BONUS},4)')
        sentence = f"MID({'&'.join(added)},2,999)"
        reasons = [
            (group.name, of_field(group.name, parts.TOTAL_VETOES))
            for group in self.scheme.groups
            if of_field(group.name, parts.TOTAL_VETOES) in self.out.formulas
        ]
        if reasons:
            listed = _after_commas((name, f"{Text(f'{group} ')}&{name}") for group, name in reasons)
            undecided = f'"是否一票否决未定，暂按 0 分计；"&{sentence}'
            sentence = (
                f'IF({TOTAL_VETO}="{VETOED}","一票否决，总分归零："&{listed},'
                f'IF({TOTAL_VETO}="{MISSING}",{undecided},{sentence}))'
            )
        bounds = f'"；暂定：总分在 "&ROUND({TOTAL},1)&" 至 "&ROUND({CEILING},1)&" 之间（有未填、未检查或整组不适用）"'
        self._set_sentence(TOTAL, f'{sentence}&IF({STATUS}="{PROVISIONAL}",{bounds},"")', ("groups",))
        self._set_sentence(BEFORE_VETO, f'"没有否决时的总分："&ROUND({BEFORE_VETO},4)&" 分"', ("groups",))

    def _grade(self) -> None:
        lines = "，".join(f"{grade.name} ≥ {grade.at_least}" for grade in self.scheme.grades)
        rounding = f" 分，四舍五入到 {self.scheme.display_decimals} 位小数；等级和排名用这个数"
        self._set_sentence(PUBLISHED, f"ROUND({TOTAL},6)&{Text(rounding)}", ("groups",))
        grade_words = f'IF({STATUS}="{PROVISIONAL}","总分暂定，等级待定",{PUBLISHED}&" 分："&{GRADE})'
        self._set_sentence(GRADE, f"{grade_words}&{Text(f'（{lines}）' if lines else '')}", ("groups",))


def _after_commas(named: Iterable[tuple[str, str]]) -> str:
    """Texts one after the other with ；between them, without those whose cell is empty."""
    listed: Sequence[str] = [f'IF({name}="","","；"&{text})' for name, text in named]
    return f"MID({'&'.join(listed)},2,999)"
